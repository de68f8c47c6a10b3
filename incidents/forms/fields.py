"""Fields for what people type: kept as typed, and refused with words where it cannot be stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.text import normalised

UNREADABLE = "This contains characters that cannot be stored. Type it again."
EARLIEST_YEAR = 2000


def _storable(text: str) -> None:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError(UNREADABLE, code="characters")


class WordsField(forms.CharField):
    """Text in people's own words: NFC, and one kind of line end."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)
        self.error_messages["too_long"] = f"Keep it to {max_length:,} characters."
        # Django's own check of the length speaks of "this value"; ours is in to_python.
        self.validators = []

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        _storable(text)
        text = normalised(text.replace("\r\n", "\n").replace("\r", "\n"))
        if self.max_length and len(text) > self.max_length:
            raise ValidationError(
                f"Keep it to {self.max_length:,} characters; it has {len(text):,}.", code="too_long"
            )
        return text


class MomentField(forms.Field):
    """A date and time of the reader's zone, from a ``datetime-local`` input; None when it was left empty.

    Where the clocks went back, the first of the two moments is meant; where they went forward over it, the
    time did not exist and is refused. So is a time to come.
    """

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        moment = self._in_zone(self._parsed(text))
        if moment > timezone.now() + timedelta(minutes=1):
            raise ValidationError("That time is in the future.", code="future")
        return moment

    def _parsed(self, text: str) -> datetime:
        try:
            parsed = datetime.fromisoformat(text[:40])
        except ValueError:
            parsed = None
        if parsed is None or parsed.tzinfo or not EARLIEST_YEAR <= parsed.year < 9999:
            raise ValidationError("Enter a date and a time, such as 2026-11-12 02:09.", code="invalid")
        return parsed

    def _in_zone(self, wall: datetime) -> datetime:
        zone = timezone.get_current_timezone()
        moment = wall.replace(tzinfo=zone, fold=0)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
            raise ValidationError(
                f"{wall:%H:%M} did not exist on {wall.day} {wall:%B}: the clocks went forward over it.",
                code="gap",
            )
        return moment
