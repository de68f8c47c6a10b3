"""Working the checklists and the containment branches."""

from typing import Any
from uuid import UUID, uuid5

from django import forms

from incidents.forms.base import KeyField, PersonField, RoomForm, long_words, people_for, words_why
from incidents.forms.fields import WordsField
from incidents.models import Step
from incidents.sentences import cause

_RUNS = UUID("6a2e6f0e-9a55-4d0c-93c8-2c1d6f4f1f52")


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
    text = long_words("How it went", max_length=5000, required=False)

    def words(self) -> dict[str, Any]:
        return {**self.cleaned_data, "done": True}


class SkipStepForm(_StepForm):
    title, action = "Skip the step", "Skip it"
    reason = words_why()


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
    reason = words_why("Why it changes, for the timeline", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.room.chosen
        self.fields["reason"].required = chosen is not None and chosen.checklist != self.about

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
    reason = words_why("What speaks against it, for the timeline")

    @property
    def heading(self) -> str:
        return f"Not the cause: {cause(str(self.about))}"
