"""The declaration: three fields are required, the rest can wait."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django import forms

from accounts.text import NameField
from incidents.forms.fields import MomentField, WordsField
from incidents.operations import Declaration
from incidents.options import Options, playbook_of
from incidents.states import Nature
from runbooks.models import Revision

Choices = list[tuple[str, str]]

OUTDATED = "This form was open for too long, or came from elsewhere. Check it and send it again."


class DeclareForm(forms.Form):
    """``key`` makes a double submit one incident; ``cards`` is the runbook whose severities were shown."""

    key = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"required": OUTDATED, "invalid": OUTDATED}
    )
    cards = forms.CharField(required=False, widget=forms.HiddenInput)
    title = NameField(
        max_length=200,
        error_messages={
            "required": "Enter a title, such as “Chat not working”",
            "max_length": "Keep the title to %(limit_value)d characters; it has %(show_value)d",
        },
    )
    severity = forms.TypedChoiceField(
        coerce=int,
        error_messages={
            "required": "Choose a severity",
            "invalid_choice": "Choose one of these severities",
        },
    )
    impact = WordsField(
        max_length=2000,
        error_messages={"required": "Say what users can no longer do. “Not known yet” will do"},
    )
    symptom = WordsField(max_length=2000, required=False)
    cause = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "Choose one of the runbook's causes"}
    )
    started_at = MomentField(required=False)
    services = forms.TypedMultipleChoiceField(
        required=False,
        empty_value=[],
        error_messages={"invalid_choice": "Choose from the services shown"},
    )
    team = forms.TypedChoiceField(
        required=False, empty_value=None, error_messages={"invalid_choice": "Choose from the teams shown"}
    )
    runbook = forms.TypedChoiceField(
        required=False, empty_value=None, error_messages={"invalid_choice": "Choose from the runbooks shown"}
    )
    is_private = forms.BooleanField(required=False)
    nature = forms.ChoiceField(
        required=False,
        choices=[
            (Nature.LIVE.value, "It is happening now"),
            (Nature.DRILL.value, "Practice: nudges nobody"),
            (Nature.RETROSPECTIVE.value, "It is over: written up afterwards"),
        ],
        error_messages={"invalid_choice": "Choose one of these"},
    )
    ended_at = MomentField(required=False)

    def __init__(self, data: Any = None, *, options: Options) -> None:
        super().__init__(data, initial={"key": uuid4()})
        self.options = options
        team = self._offer("team", lambda: options.teams)
        self._offer("services", lambda: options.services)
        self.followed = options.runbook_for(self._offer("runbook", lambda: options.runbooks), team)
        self.playbook = playbook_of(self.followed)
        levels = [(str(level), s.name) for level, s in enumerate(self.playbook.severities, 1)]
        self._choices("severity", levels)
        causes = [(b.title[:300], b.title[:300]) for b in self.playbook.branches]
        self._choices("cause", [("", "Not known yet"), *causes])

    def _offer(self, name: str, things: Callable[[], list[Any]]) -> Any:
        """Let one of ``things()`` be chosen, which are read where they are shown or one is chosen; return what was,
        before all is validated: the scale depends on it."""

        @cache
        def by_key() -> dict[str, Any]:
            return {str(thing.pk): thing for thing in things()}

        self._choices(name, cache(lambda: [(key, str(thing)) for key, thing in by_key().items()]))
        self.fields[name].coerce = lambda key: by_key()[key]  # type: ignore[attr-defined]
        chosen = self.data.get(name)
        return by_key().get(chosen) if chosen else None

    def _choices(self, name: str, choices: Choices | Callable[[], Choices]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_cards(self) -> str:
        """Refuse a severity that was chosen from another runbook's scale."""
        shown = next((r for r in self.options.runbooks if str(r.pk) == self.cleaned_data["cards"]), None)
        if shown and playbook_of(shown).severities != self.playbook.severities:
            title = self.followed.title if self.followed else "the starter runbook"
            raise forms.ValidationError(
                f"The severities and causes are now those of {title}. Check your choice.", code="cards"
            )
        return str(self.cleaned_data["cards"])

    def clean_nature(self) -> str:
        return self.cleaned_data["nature"] or Nature.LIVE.value

    def clean(self) -> dict[str, Any]:
        """An end is for what is over, and comes after the start."""
        said = super().clean() or self.cleaned_data
        ended_at, started_at = said.get("ended_at"), said.get("started_at")
        if not ended_at or "started_at" in self.errors:
            return said
        if said.get("nature") != Nature.RETROSPECTIVE:
            self.add_error(
                "ended_at", "Only what is written up afterwards has ended already. Leave this empty"
            )
        elif not started_at:
            self.add_error("started_at", "Say when it started as well")
        elif ended_at < started_at:
            self.add_error("ended_at", "It cannot have ended before it started")
        return said

    def renew(self) -> None:
        """Give the form a key of its own: the one that it came with has declared something else."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["key"] = str(uuid4())  # type: ignore[index]

    @property
    def revision(self) -> Revision | None:
        """What the incident will be pinned to; None where there is no runbook yet."""
        return self.followed.current if self.followed else None

    @property
    def key_to_send(self) -> UUID | str:
        """The key for the page: as it came, unless it cannot be used."""
        unusable = self.is_bound and "key" in self.errors
        return uuid4() if unusable else self["key"].value()

    def declaration(self) -> Declaration:
        said = self.cleaned_data
        return Declaration(
            title=said["title"],
            severity=said["severity"],
            impact=said["impact"],
            symptom=said["symptom"],
            cause=said["cause"],
            started_at=said["started_at"],
            team=said["team"],
            services=said["services"],
            is_private=said["is_private"],
            nature=said["nature"],
            ended_at=said["ended_at"],
        )
