"""The one clock that decides what is due: the database's, whatever the hosts around it think the time is."""

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class DatabaseNow(Func):
    """The database's time in a query. ``allclear_now()`` is ``clock_timestamp()``, unless a session has set
    ``allclear.now``, as tests do to move time."""

    function = "allclear_now"
    output_field = DateTimeField()


def now() -> datetime:
    """The database's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT allclear_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment
