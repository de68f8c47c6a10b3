"""What every page knows of incidents."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from incidents.models import Incident


def open_count(request: HttpRequest) -> dict[str, object]:
    """``open_count``: how many open incidents the signed-in person may see; asked only where it is shown."""

    def count() -> int:
        user = getattr(request, "user", None)
        return Incident.objects.open().visible_to(user).count() if isinstance(user, User) else 0

    return {"open_count": SimpleLazyObject(count)}
