"""Times as people type them in a hurry: "02:14", "yesterday 23:50", "45 min"."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.forms.fields import MomentField
from incidents.models import Incident

_CLOCK = re.compile(
    r"(?:(?P<day>.+?)(?:[\s,]+|(?<=\d)T))?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::\d\d)?$", re.IGNORECASE
)
_DAYS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%d.%m.%Y", "%d/%m/%Y")
_SPAN = re.compile(
    r"(?:in\s+)?\+?\s*(?P<number>\d{1,4})\s*(?P<unit>m|min|mins|minutes?|h|hrs?|hours?)$", re.IGNORECASE
)
_MIDNIGHT = 6  # hours after midnight during which "23:50" means the evening before


def _parse(text: str, today: date) -> tuple[datetime, bool]:
    """The wall time that ``text`` means, and whether it named a day."""
    match = _CLOCK.match(text)
    if not match or int(match["hour"]) > 23 or int(match["minute"]) > 59:
        raise ValueError(text)
    named = (match["day"] or "").strip(" ,").lower()
    day = _day(named, today)
    return datetime(day.year, day.month, day.day, int(match["hour"]), int(match["minute"])), bool(named)


def _day(named: str, today: date) -> date:
    if named in ("", "today", "at"):
        return today
    if named == "yesterday":
        return today - timedelta(days=1)
    for form in _DAYS:
        for text in (named, f"{named} {today.year}"):
            try:
                return datetime.strptime(text, form).date()
            except ValueError:
                continue
    raise ValueError(named)


class SaidAtField(MomentField):
    """When something happened, in the reader's zone: "02:14", "yesterday 23:50", "2026-11-12 02:14".

    Empty means now. Shortly after midnight a late hour is the evening before. A time to come is refused.
    """

    def _parsed(self, text: str) -> datetime:
        now = timezone.localtime().replace(tzinfo=None)
        if text.lower() == "now":
            return now
        try:
            wall, named = _parse(text[:40], now.date())
        except ValueError:
            raise ValidationError(
                "Enter a time such as 02:14, yesterday 23:50 or 2026-11-12 02:14.", code="invalid"
            ) from None
        if not 2000 <= wall.year < 9999:
            raise ValidationError("Enter a year from 2000 on.", code="invalid")
        if not named and wall > now + timedelta(minutes=1):
            if now.hour >= _MIDNIGHT:
                raise ValidationError(
                    f"{wall:%H:%M} is still to come. For the day before, write “yesterday {wall:%H:%M}”.",
                    code="future",
                )
            wall -= timedelta(days=1)
        return wall


class PromiseField(MomentField):
    """A time to come: "45 min", "2 h", or the next "04:30" on the clock; None when it was left empty."""

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        moment = self._after(text) or self._in_zone(self._parsed(text))
        if moment <= timezone.now():
            raise ValidationError("Promise a time that is still to come.", code="past")
        if moment > timezone.now() + timedelta(days=30):
            raise ValidationError("Promise a time within 30 days.", code="far")
        return moment

    def _after(self, text: str) -> datetime | None:
        if not (match := _SPAN.match(text[:40])):
            return None
        minutes = int(match["number"]) * (60 if match["unit"].lower().startswith("h") else 1)
        return timezone.now() + timedelta(minutes=minutes)

    def _parsed(self, text: str) -> datetime:
        now = timezone.localtime().replace(tzinfo=None)
        try:
            wall, named = _parse(text[:40], now.date())
        except ValueError:
            raise ValidationError(
                "Enter a time such as 04:30, or how long it will be: 45 min.", code="invalid"
            ) from None
        if not 2000 <= wall.year < 9999:
            raise ValidationError("Promise a time within 30 days.", code="invalid")
        return wall + timedelta(days=1) if not named and wall <= now else wall


class RecalledAtField(SaidAtField):
    """When something happened in ``incident``, recalled afterwards: "02:14" is of the day that fits it best.

    That is the day on which the time falls within the incident, else the one on which it comes nearest to it.
    """

    incident: Incident

    def _parsed(self, text: str) -> datetime:
        try:
            wall, named = _parse(text[:40], date(2000, 1, 1))
        except ValueError:
            return super()._parsed(text)
        return super()._parsed(text) if named else self._nearest(wall)

    def _nearest(self, wall: datetime) -> datetime:
        begin = timezone.localtime(self.incident.started_at).replace(tzinfo=None)
        end = timezone.localtime(self.incident.ended_at or timezone.now()).replace(tzinfo=None)
        days = [begin.date() + timedelta(days=n) for n in range(-1, min(40, (end - begin).days + 3))]
        tried = [datetime.combine(day, wall.time()) for day in days]
        return min(tried, key=lambda moment: max(begin - moment, moment - end, timedelta(0)))
