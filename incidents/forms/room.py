"""What the room asks for. Each form is named after its operation, and its fields after the operation's words."""

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Role, Team, User
from accounts.text import NameField
from incidents.forms.fields import MomentField, WordsField
from incidents.forms.moments import SaidAtField
from incidents.models import Checklist, Incident, Service, Step, TimelineEvent
from incidents.room import Room
from incidents.sentences import cause
from incidents.states import Kind, Status

OUTDATED = "This form is too old. Send it again."
URL_LENGTH = 2000
_RUNS = UUID("6a2e6f0e-9a55-4d0c-93c8-2c1d6f4f1f52")


class RoomForm(forms.Form):
    """``title`` and ``action`` name the form and its button; ``about`` is the step, checklist or event it is for."""

    title: ClassVar[str] = ""
    action: ClassVar[str] = "Save"
    intro: ClassVar[str] = ""

    def __init__(
        self,
        data: Any = None,
        *,
        room: Room,
        by: User,
        about: Step | Checklist | TimelineEvent | User | None = None,
    ) -> None:
        self.room, self.incident, self.by, self.about = room, room.incident, by, about
        super().__init__(data, auto_id=f"{type(self).__name__.removesuffix('Form').lower()}-%s")

    @property
    def heading(self) -> str:
        return self.title

    def words(self) -> dict[str, Any]:
        """What the operation is told."""
        return dict(self.cleaned_data)


def _reason(label: str = "Reason, for the timeline", **options: Any) -> WordsField:
    options.setdefault("error_messages", {"required": "Say why."})
    return WordsField(label=label, max_length=500, **options)


def _long(label: str, **options: Any) -> WordsField:
    return WordsField(label=label, widget=forms.Textarea(attrs={"rows": 3}), **options)


class KeyField(forms.UUIDField):
    """Makes a double submit one."""

    def __init__(self) -> None:
        errors = {"required": OUTDATED, "invalid": OUTDATED}
        super().__init__(widget=forms.HiddenInput, initial=uuid4, error_messages=errors)


class PersonField(forms.ModelChoiceField):
    def __init__(self, **options: Any) -> None:
        errors = {"required": "Choose a person.", "invalid_choice": "Choose one of the people shown."}
        super().__init__(User.objects.none(), error_messages=errors, **{"label": "Person", **options})


def people_for(incident: Incident, *, able: bool = True) -> QuerySet[User]:
    """Active people who may know of ``incident``; with ``able``, those who may also work on it."""
    people = User.objects.filter(is_active=True)
    if able:
        people = people.filter(role__in=(Role.RESPONDER, Role.ADMINISTRATOR))
    if incident.is_private:
        people = people.filter(pk__in=incident.access.values("user"))
    return people.order_by("name", "pk")


class AcknowledgeForm(RoomForm):
    title, action = "Acknowledge", "Acknowledge"


class ChangeStatusForm(RoomForm):
    title, action = "Change status", "Change"
    status = forms.ChoiceField(choices=Status.choices, error_messages={"required": "Choose a status."})
    text = _long("What is known now", max_length=2000, required=False)


class CloseForm(RoomForm):
    title, action = "Close", "Close"


class ReopenForm(RoomForm):
    title, action = "Reopen the incident", "Reopen"
    intro = "It goes back to investigating, and an update is due at once."
    reason = _reason()


class CancelForm(RoomForm):
    title, action = "Cancel: it was no incident", "Cancel the incident"
    reason = _reason()


class MergeForm(RoomForm):
    title, action = "Merge into another incident", "Merge"
    intro = "This incident ends, and the work goes on in the other one. Both timelines say so."
    into_id = forms.TypedChoiceField(
        label="Incident",
        coerce=int,
        error_messages={"required": "Choose an incident.", "invalid_choice": "Choose one that is open."},
    )
    reason = _reason(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Incident.objects.open().visible_to(self.by).most_severe_first()
        others = others.filter(is_private=self.incident.is_private).exclude(pk=self.incident.pk)
        choices = [("", "Choose"), *((str(other.pk), f"{other}") for other in others[:200])]
        self.fields["into_id"].choices = choices  # type: ignore[attr-defined]


class ChangeSeverityForm(RoomForm):
    title, action = "Change severity", "Change"
    severity = forms.TypedChoiceField(coerce=int, error_messages={"required": "Choose a severity."})
    reason = _reason(required=False)

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


class ChangeDetailsForm(RoomForm):
    title = "Edit details"
    intro = "The timeline keeps what they were."
    title_ = NameField(label="What is happening", max_length=200)
    impact = _long("Impact", max_length=2000, required=False)
    symptom = _long("Symptom", max_length=2000, required=False)
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


class ChangePrivacyForm(RoomForm):
    private = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda v: v == "yes", widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["private"] = "no" if self.incident.is_private else "yes"

    @property
    def heading(self) -> str:
        return "Open to everyone" if self.incident.is_private else "Make private"

    @property
    def note(self) -> str:
        if self.incident.is_private:
            return "Everyone who can sign in will see this incident and its whole timeline."
        return (
            "Only you, whoever declared it and whoever has a role will see it; add others afterwards. "
            "For everyone else it no longer exists, administrators included."
        )


class AssignRoleForm(RoomForm):
    action = "Hand over"
    to = PersonField(required=False, empty_label="Nobody")

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.holder = next(holder for holder in self.room.holders if holder.role.value == role)
        self.fields["to"].queryset = people_for(self.incident)  # type: ignore[attr-defined]
        self.initial["to"] = self.by.pk if self.holder.user is None else None

    @property
    def heading(self) -> str:
        return self.holder.role.label

    @property
    def note(self) -> str:
        return f"Now: {self.holder.user.name}." if self.holder.user else "Nobody yet."


class TakeRoleForm(RoomForm):
    action = "Take it"

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def words(self) -> dict[str, Any]:
        return {"to": self.by}


class GrantAccessForm(RoomForm):
    title, action = "Add someone", "Add"
    to = PersonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(is_active=True).exclude(pk__in=self.incident.access.values("user"))
        self.fields["to"].queryset = others.order_by("name", "pk")  # type: ignore[attr-defined]


class RevokeAccessForm(RoomForm):
    title, action = "Take access back", "Remove"


class AdoptRevisionForm(RoomForm):
    title, action = "Adopt the newest runbook", "Adopt it"


class SetStepDoneForm(RoomForm):
    title, action = "Tick", "Tick"
    done = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda v: v == "yes")


class _StepForm(RoomForm):
    @property
    def note(self) -> str:
        return str(self.about)[:300]


class FinishStepForm(_StepForm):
    title, action = "Done, with a note", "Tick it"
    text = _long("How it went", max_length=5000, required=False)

    def words(self) -> dict[str, Any]:
        return {**self.cleaned_data, "done": True}


class SkipStepForm(_StepForm):
    title, action = "Skip the step", "Skip it"
    reason = _reason()


class AssignStepForm(_StepForm):
    title, action = "Assign the step", "Assign"
    to = PersonField(required=False, empty_label="Nobody")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people_for(self.incident)  # type: ignore[attr-defined]
        self.initial["to"] = self.about.assigned_to_id if isinstance(self.about, Step) else None


class AddStepForm(RoomForm):
    title, action = "Add a step", "Add"
    key = KeyField()
    text = WordsField(label="What is to be done", max_length=1000, error_messages={"required": "Say what."})

    @property
    def note(self) -> str:
        return f"To “{self.about}”."


class AnswerQuestionForm(RoomForm):
    title, action = "Answer", "Save"
    answer = WordsField(max_length=2000, required=False)


class LogCommandForm(RoomForm):
    """``seen`` is the number of the last run that the sender saw: sent twice from one page, it is one run."""

    title, action = "Log that it was run", "I ran this"
    seen = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    text = WordsField(max_length=5000, required=False)

    def words(self) -> dict[str, Any]:
        step = self.about.pk if self.about else 0
        name = f"{self.incident.pk}/{step}/{self.by.pk}/{self.cleaned_data['seen'] or 0}"
        return {"text": self.cleaned_data["text"], "key": uuid5(_RUNS, name)}


class ChooseBranchForm(RoomForm):
    action = "Follow this cause"
    reason = _reason("Why it changes, for the timeline", required=False)

    @property
    def heading(self) -> str:
        return f"Suspect “{cause(str(self.about))}” instead"

    @property
    def note(self) -> str:
        chosen = self.room.chosen
        return (
            f"“{cause(str(chosen.checklist))}” is given up; what was done there stays on record."
            if chosen
            else ""
        )


class AbandonBranchForm(RoomForm):
    action = "Give it up"
    reason = _reason("What speaks against it, for the timeline")

    @property
    def heading(self) -> str:
        return f"Not the cause: {cause(str(self.about))}"


def _url_in(text: str) -> tuple[str, str]:
    """The first web address in ``text``, and the words around it. Raises ValidationError without one."""
    match = re.search(r"https?://\S+", text, re.IGNORECASE)
    if not match:
        raise ValidationError("Paste an address that begins with https://.", code="address")
    url = match[0].rstrip(".,;)")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host or len(url) > URL_LENGTH:
        raise ValidationError("That is not the address of a page.", code="address")
    return url, " ".join(text.replace(url, " ").split()).strip(" :-–")


class AddLinkForm(RoomForm):
    title, action = "Add a link", "Add"
    key = KeyField()
    url = WordsField(label="Address", max_length=URL_LENGTH, error_messages={"required": "Paste an address."})
    text = WordsField(label="What it is", max_length=300, required=False)

    def clean_url(self) -> str:
        return _url_in(self.cleaned_data["url"])[0]


class AddNoteForm(RoomForm):
    """The composer: a note, a decision, a command that was run, or a link, with when it happened."""

    action = "Add"
    KINDS = (("note", "Note"), ("decision", "Decision"), ("command", "Command"), ("link", "Link"))
    key = KeyField()
    text = WordsField(
        label="Add to the timeline",
        max_length=10_000,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "What did you see, decide or do?"}),
    )
    kind = forms.ChoiceField(choices=KINDS, initial="note", error_messages={"required": "Choose a kind."})
    occurred_at = SaidAtField(label="Time", required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("kind") == "link" and said.get("text"):
            try:
                said["url"], said["text"] = _url_in(said["text"])
            except ValidationError as error:
                self.add_error("text", error)
        return said

    def told(self) -> tuple[str, dict[str, Any]]:
        """The operation that keeps it, and what that is told."""
        said = dict(self.cleaned_data)
        kind, text = said.pop("kind"), said.pop("text")
        if kind == "command":
            return "log_command", said | {"step_id": None, "command": text}
        if kind == "link":
            return "add_link", said | {"text": text[:300]}
        note = Kind.DECISION_MADE if kind == "decision" else Kind.NOTE_ADDED
        return "add_note", said | {"text": text, "kind": note}


class CorrectEventForm(RoomForm):
    title, action = "Correct this entry", "Correct"
    intro = "Both stay readable: the correction stands, and what it corrects is folded under it."
    text = _long("What it should say", max_length=10_000, required=False)
    occurred_at = SaidAtField(label="When it happened", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

        if isinstance(self.about, TimelineEvent):
            at = timezone.localtime(self.about.occurred_at)
            self.initial = {"text": self.about.text, "occurred_at": f"{at:%Y-%m-%d %H:%M}"}

    def clean_occurred_at(self) -> Any:
        """The field shows minutes: left as it was, the seconds stay too."""
        typed = self.cleaned_data["occurred_at"]
        was = self.about.occurred_at if isinstance(self.about, TimelineEvent) else None
        return None if was and typed == was.replace(second=0, microsecond=0) else typed
