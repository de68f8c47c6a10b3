"""What people write into the timeline."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.forms.base import KeyField, RoomForm, long_words
from incidents.forms.fields import WordsField
from incidents.forms.moments import SaidAtField
from incidents.models import TimelineEvent
from incidents.states import Kind

URL_LENGTH = 2000


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
    text = long_words(
        "What it should say", max_length=10_000, error_messages={"required": "Write what it should say."}
    )
    occurred_at = SaidAtField(label="When it happened", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

        if isinstance(self.about, TimelineEvent):
            at = timezone.localtime(self.about.occurred_at)
            self.initial = {"text": self.about.text, "occurred_at": f"{at:%Y-%m-%d %H:%M}"}
            kind = self.about.data.get("kind", self.about.kind)
            self.fields["text"].required = kind not in (Kind.COMMAND_RUN, Kind.LINK_ADDED)

    def clean_occurred_at(self) -> Any:
        """The field shows minutes: left as it was, the seconds stay too."""
        typed = self.cleaned_data["occurred_at"]
        was = self.about.occurred_at if isinstance(self.about, TimelineEvent) else None
        return None if was and typed == was.replace(second=0, microsecond=0) else typed
