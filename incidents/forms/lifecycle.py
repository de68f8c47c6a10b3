"""Status, severity and details."""

from typing import Any

from django import forms

from accounts.models import Team
from accounts.text import NameField
from incidents.forms.base import RoomForm, long_words, words_why
from incidents.forms.fields import MomentField
from incidents.models import Incident, Service
from incidents.states import STEPS, TRANSITIONS, Status


class AcknowledgeForm(RoomForm):
    title, action = "Acknowledge", "Acknowledge"


class ChangeStatusForm(RoomForm):
    title, action = "Change status", "Change"
    status = forms.ChoiceField(choices=Status.choices, error_messages={"required": "Choose a status."})
    text = long_words("What is known now", max_length=2000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Offered: where the incident may go. Checked by the operation, which sees what has happened since.
        to = [s for s in TRANSITIONS[self.incident.status] if s in STEPS] if self.incident.is_open else []
        self.fields["status"].widget.choices = [(s.value, s.label) for s in to]


class CloseForm(RoomForm):
    title, action = "Close", "Close"


class ReopenForm(RoomForm):
    title, action = "Reopen the incident", "Reopen"
    intro = "It goes back to investigating, and an update is due at once."
    reason = words_why()


class CancelForm(RoomForm):
    title, action = "Cancel: it was no incident", "Cancel the incident"
    reason = words_why()


class MergeForm(RoomForm):
    title, action = "Merge into another incident", "Merge"
    intro = "This incident ends, and the work goes on in the other one. Both timelines say so."
    into_id = forms.TypedChoiceField(
        label="Incident",
        coerce=int,
        error_messages={"required": "Choose an incident.", "invalid_choice": "Choose one that is open."},
    )
    reason = words_why(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Incident.objects.open().visible_to(self.by).most_severe_first()
        others = others.filter(is_private=self.incident.is_private).exclude(pk=self.incident.pk)
        choices = [("", "Choose"), *((str(other.pk), f"{other}") for other in others[:200])]
        self.fields["into_id"].choices = choices  # type: ignore[attr-defined]


class ChangeSeverityForm(RoomForm):
    title, action = "Change severity", "Change"
    severity = forms.TypedChoiceField(coerce=int, error_messages={"required": "Choose a severity."})
    reason = words_why(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = list(enumerate(self.room.playbook.severities, 1))
        self.fields["severity"].choices = [(n, s.name) for n, s in self.levels]  # type: ignore[attr-defined]
        self.initial["severity"] = self.incident.severity

    @property
    def cards(self) -> list[dict[str, Any]]:
        chosen = str(self["severity"].value())
        respond = self.room.playbook.response_for
        return [
            {
                "level": n,
                "sign": min(n, 4),
                "severity": s,
                "response": respond(n).text,
                "checked": str(n) == chosen,
            }
            for n, s in self.levels
        ]


class ChangeCadenceForm(RoomForm):
    title, action = "Change the update cadence", "Change"
    intro = (
        "Everyone sees it on the timeline. Less often is for the commander, after the first hour; "
        "the update promised already stays due."
    )
    minutes = forms.IntegerField(
        label="Minutes between updates",
        min_value=5,
        max_value=24 * 60,
        error_messages={
            "required": "Enter a number of minutes.",
            "invalid": "Enter a number of minutes.",
            "min_value": "The cadence must be from 5 minutes to a day.",
            "max_value": "The cadence must be from 5 minutes to a day.",
        },
    )
    reason = words_why()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cadence = self.incident.cadence
        self.initial["minutes"] = int(cadence.total_seconds() // 60) if cadence else None


class ChangeDetailsForm(RoomForm):
    title = "Edit details"
    intro = "The timeline keeps what they were."
    title_ = NameField(label="What is happening", max_length=200)
    impact = long_words("Impact", max_length=2000, required=False)
    symptom = long_words("Symptom", max_length=2000, required=False)
    started_at = MomentField(
        label="Started", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="No team")
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = Service.objects.filter(archived_at=None) | Service.objects.filter(incidents=self.incident)
        self.fields["services"].queryset = kept.distinct()  # type: ignore[attr-defined]
        shown = ("impact", "symptom", "team", "started_at")
        self.initial = {name: getattr(self.incident, name) for name in shown}
        self.initial["title_"] = self.incident.title
        self.initial["services"] = [service.pk for service in self.incident.services.all()]

    def clean_started_at(self) -> Any:
        """The field shows minutes: left as it was, the seconds stay too."""
        typed, was = self.cleaned_data["started_at"], self.incident.started_at
        return was if typed == was.replace(second=0, microsecond=0) else typed

    def words(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        return said | {"title": said.pop("title_"), "services": list(said["services"])}
