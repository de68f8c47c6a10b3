"""Whether this process can serve, and whether the engine runs: for load balancers, containers and monitoring."""

from django.db import Error, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import public
from notifications.figures import complaints, figures


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 `ok` while the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return _plain("the database does not answer", 503)
    return _plain("ok")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 `ok` while all is well with the engine too, else 503 with one sentence a line. Names nobody."""
    try:
        said = complaints(figures())
    except Error:
        return _plain("the database does not answer in time", 503)
    return _plain("\n".join(said), 503) if said else _plain("ok")


def _plain(text: str, status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status, headers=headers)
