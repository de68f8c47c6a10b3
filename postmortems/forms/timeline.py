"""Correcting a timeline when it is all over: times are those of the incident, not of today."""

from typing import Any

from django import forms
from django.utils import timezone

from incidents.forms.base import KeyField
from incidents.forms.fields import WordsField
from incidents.forms.moments import RecalledAtField
from incidents.models import Incident, TimelineEvent
from incidents.states import Kind

LONGEST = 10_000
WITHOUT_WORDS = (Kind.COMMAND_RUN, Kind.LINK_ADDED)


class AddEventForm(forms.Form):
    """What nobody wrote down at the time."""

    key = KeyField()
    occurred_at = RecalledAtField(
        label="When it happened", error_messages={"required": "Say when it happened, such as 02:14."}
    )
    text = WordsField(
        label="What happened",
        max_length=LONGEST,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    kind = forms.ChoiceField(
        label="What it is",
        choices=[(Kind.NOTE_ADDED, "Note"), (Kind.DECISION_MADE, "Decision")],
        initial=Kind.NOTE_ADDED,
        error_messages={"required": "Choose a kind.", "invalid_choice": "Choose a kind."},
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["occurred_at"].incident = incident  # type: ignore[attr-defined]

    def words(self) -> dict[str, Any]:
        return self.cleaned_data | {"kind": Kind(self.cleaned_data["kind"])}


class CorrectTimelineForm(forms.Form):
    occurred_at = RecalledAtField(label="When it happened", required=False)
    text = WordsField(
        label="What it should say",
        max_length=LONGEST,
        error_messages={"required": "Write what it should say."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, event: TimelineEvent, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        at = timezone.localtime(event.occurred_at)
        self.initial = {"text": event.text, "occurred_at": f"{at:%Y-%m-%d %H:%M}"}
        self.fields["text"].required = event.data.get("kind", event.kind) not in WITHOUT_WORDS
        self.fields["occurred_at"].incident = incident  # type: ignore[attr-defined]

    def clean_occurred_at(self) -> Any:
        """The field shows minutes: left as it was, the seconds stay too."""
        typed = self.cleaned_data["occurred_at"]
        return None if typed == self.event.occurred_at.replace(second=0, microsecond=0) else typed
