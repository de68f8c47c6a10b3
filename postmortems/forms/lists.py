"""The forms of many action items at once: a bulk change, and a file that is brought in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from accounts.models import User
from incidents.forms.base import KeyField, PersonField
from incidents.forms.fields import UNREADABLE
from postmortems.forms.items import DayField, ItemForm
from postmortems.sheets.reading import LONGEST, decode
from postmortems.states import ITEM_OPEN, Priority

#: Bytes of a file: its characters may take several each.
LARGEST_FILE = 4 * 1024 * 1024
AS_IT_IS = "Leave as it is"


class BulkChangeForm(ItemForm):
    """``chosen`` are numbers, from the boxes of a list; what is left empty stays as it is."""

    owner = PersonField(label="Owner", required=False, empty_label=AS_IT_IS)
    due_on = DayField(label="Due", required=False)
    priority = forms.TypedChoiceField(
        choices=[("", AS_IT_IS), *Priority.choices], coerce=int, empty_value=None, required=False
    )
    status = forms.ChoiceField(
        choices=[("", AS_IT_IS), *((s.value, s.label) for s in ITEM_OPEN)],
        required=False,
        error_messages={
            "invalid_choice": "Finishing and dropping need words of their own: do it on each item."
        },
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="bulk-%s")
        self.fields["owner"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def chosen(self) -> list[int]:
        """The numbers of the items, as far as they are numbers."""
        said = self.data.getlist("chosen") if isinstance(self.data, QueryDict) else []
        return [
            int(number) for number in said if number.isascii() and number.isdecimal() and len(number) < 16
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.chosen():
            self.add_error(None, "Choose the action items first: tick their boxes.")
        elif not self.errors and not any(value for value in said.values()):
            self.add_error(None, "Choose what to change.")
        return said


class ImportItemsForm(ItemForm):
    """A file, or the text of one. ``agreed`` comes with the plan that was shown."""

    key = KeyField()
    file = forms.FileField(
        label="CSV file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    text = forms.CharField(
        label="Or paste it",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
    )
    agreed = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        file: UploadedFile[bytes] | None = said.get("file")
        if file:
            said["text"] = self._read(file)
        text = said.get("text") or ""
        if not text.strip() and not self.errors:
            self.add_error("text", "Choose a file, or paste its text.")
        elif len(text) > LONGEST:
            self.add_error("text", f"Keep it to {LONGEST:,} characters; it has {len(text):,}.")
        elif "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            self.add_error("text", UNREADABLE)
        return said

    def show(self, text: str) -> None:
        """Have ``text``, wherever it came from, in the form when it is shown again."""
        data: Any = self.data
        self.data = data = data.copy()
        data["text"] = text

    def _read(self, file: "UploadedFile[bytes]") -> str:
        try:
            if (file.size or 0) > LARGEST_FILE:
                raise ValueError("The file is too large: 4 MB is the most.")
            return decode(file.read())
        except ValueError as error:
            self.add_error("file", ValidationError(str(error)))
            return ""
