"""A line of a document that shall be an action item."""

from typing import Any
from uuid import UUID, uuid5

from django import forms
from django.core.exceptions import ValidationError

from incidents.forms.fields import WordsField
from incidents.models import Incident
from postmortems.lines import Line, read_line
from postmortems.owners import People, owners_for

_LINES = UUID("0c1b9c3e-8f7e-4a7b-9a55-0f2a7f3d6e10")


class FromLineForm(forms.Form):
    """``key`` makes the same line sent twice one item; without one, the line itself does, in its incident."""

    line = WordsField(label="Line", max_length=2000, error_messages={"required": "The line is empty."})
    key = forms.UUIDField(required=False, error_messages={"invalid": "The key is no UUID."})

    def __init__(self, data: Any = None, *, incident: Incident) -> None:
        super().__init__(data)
        self.incident = incident
        self.read = Line()

    def clean_line(self) -> str:
        line: str = self.cleaned_data["line"]
        self.read = read_line(line, People(owners_for(self.incident)))
        if self.read.errors:
            raise ValidationError(self.read.errors)
        return line

    def reasons(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]

    def words(self) -> dict[str, Any]:
        read = self.read
        key = self.cleaned_data["key"] or uuid5(_LINES, f"{self.incident.pk}/{self.cleaned_data['line']}")
        return {
            "title": read.title,
            "owner": read.owner,
            "due_on": read.due_on,
            "priority": read.priority,
            "kind": read.kind,
            "key": key,
        }
