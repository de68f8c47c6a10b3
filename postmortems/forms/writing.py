"""The shape of what the editor sends. Whatever is wrong with it, the text is read, so that it can be shown again."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from incidents.operations import Refused
from postmortems.encoding import MOST_BYTES, Encoded, PictureRefused, encode
from postmortems.operations.writing import check

_LARGEST_NUMBER = 2_000_000_000


class DocumentField(forms.CharField):
    """Markdown as it was typed, with one kind of line end: a browser sends every one as CRLF."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, **options)
        self.validators = []  # what cannot be stored is told with its line

    def to_python(self, value: Any) -> str:
        return str(value or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        try:
            check(value)
        except Refused as refused:
            raise ValidationError(str(refused), code="text") from None


class NumberField(forms.Field):
    """The number of a version; 0, which none has, for anything else: a bad one must not stand in the way of a save."""

    def to_python(self, value: Any) -> int:
        digits = str(value or "")
        number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 11 else 0
        return number if number <= _LARGEST_NUMBER else 0


class LooseKeyField(forms.Field):
    """Makes a double submit one, where it is there."""

    def to_python(self, value: Any) -> UUID | None:
        try:
            return UUID(str(value)[:40]) if value else None
        except ValueError:
            return None


def name_of(uploaded: object) -> str:
    """What a file that was sent is called; "" for none."""
    return str(getattr(uploaded, "name", None) or "")


class PictureField(forms.FileField):
    """A file that is a picture: what becomes of it is :class:`Encoded`."""

    def clean(self, data: Any, initial: Any = None) -> Encoded | None:
        uploaded: UploadedFile[Any] | None = super().clean(data, initial)
        if not uploaded:
            return None
        try:
            return encode(uploaded.read(MOST_BYTES + 1))
        except PictureRefused as refused:
            raise ValidationError(str(refused), code="picture") from None


class TextForm(forms.Form):
    """A text, the version that it was written from, and the key of its save."""

    text = DocumentField()
    base = NumberField(required=False)
    key = LooseKeyField(required=False)

    @property
    def typed(self) -> str:
        """The text, whatever is wrong with it."""
        return DocumentField().to_python(self.data.get("text"))

    def refuse(self, refusal: Refused) -> None:
        self.add_error(None, str(refusal))

    @property
    def problems(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class WriteForm(TextForm):
    """The document, with a picture to go to its end."""

    picture = PictureField(required=False, allow_empty_file=True)


class PictureForm(forms.Form):
    picture = PictureField(error_messages={"required": "Choose a picture."}, allow_empty_file=True)


class SettleForm(TextForm):
    """What a conflict becomes: the text, or one side wherever both differ."""

    keep = forms.ChoiceField(choices=[("theirs", ""), ("mine", "")], required=False)


class InsertForm(forms.Form):
    """Events and fields of the record to insert, and the section at whose end."""

    events = forms.TypedMultipleChoiceField(coerce=int, required=False)
    fields_ = forms.MultipleChoiceField(required=False)
    linked = forms.BooleanField(required=False)
    where = NumberField(required=False)
    base = NumberField(required=False)

    def __init__(self, *args: Any, events: list[int], fields: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("events", events), ("fields_", fields)):
            choices: Any = self.fields[name]
            choices.choices = [(each, each) for each in known]
            choices.error_messages["invalid_choice"] = "Choose among those shown."
