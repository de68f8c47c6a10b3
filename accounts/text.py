"""Names as people type them, made safe to show beside other people's names."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError

# Zero-width characters, and those that change the direction of what follows them.
INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
MARKS_PER_LETTER = 4
#: How many accents in a row are sorted: sorting takes the square of their number, and nobody writes so many.
MARKS_SORTED = 30


def normalised(value: str) -> str:
    """``value`` in NFC, in a time that grows with its length; of a tower of accents the lowest stay."""
    return unicodedata.normalize("NFC", value if value.isascii() else _lower_towers(value, MARKS_SORTED))


def clean_name(value: str) -> str:
    """``value`` in NFC, on one line, without invisible characters and without towers of accents.

    Raises ValidationError for characters that cannot be stored.
    """
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise ValidationError(
            "This contains characters that cannot be stored. Type it again.", code="characters"
        )
    value = INVISIBLE.sub("", normalised(value))
    value = "".join(" " if unicodedata.category(c).startswith("C") else c for c in value)
    return " ".join(_lower_towers(value, MARKS_PER_LETTER).split())


def _lower_towers(value: str, most: int) -> str:
    kept, marks = [], 0
    for character in value:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= most:
            kept.append(character)
    return "".join(kept)


class NameField(forms.CharField):
    """A name of a person or a team; see ``clean_name``."""

    def to_python(self, value: object) -> str:
        return clean_name(super().to_python(value) or "")
