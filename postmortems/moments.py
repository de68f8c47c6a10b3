"""Times in documents: in the organisation's zone, for a document reads the same to everyone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def local(moment: datetime) -> datetime:
    """``moment`` on the organisation's clocks."""
    return moment.astimezone(ZoneInfo(settings.ORGANISATION_TIMEZONE))


def moment_in_words(moment: datetime) -> str:
    """As "2026-11-10 13:22 CET"."""
    return f"{local(moment):%Y-%m-%d %H:%M %Z}"


def zone_in_words(abbreviations: set[str]) -> str:
    """As "Europe/Lisbon (WET)"; without the abbreviation where the clocks were changed in between."""
    name, one = settings.ORGANISATION_TIMEZONE, next(iter(abbreviations), "")
    return name if len(abbreviations) != 1 or one == name else f"{name} ({one})"
