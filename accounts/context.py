"""What every page may show of the portal itself."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, str]:
    return {"organisation": settings.ORGANISATION}
