"""Posting a status update: from a template of the runbook, or in one's own words."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from incidents.forms.base import KeyField, RoomForm
from incidents.forms.fields import WordsField
from incidents.forms.moments import PromiseField
from incidents.messages import Message, leftovers, suggested, template_named

LONGEST = 10_000
#: The template that is none: the words are one's own.
FREE = "-"


class PostUpdateForm(RoomForm):
    """``template`` is a title, or ``FREE``. The blanks become fields; ``text`` holds words edited freely.

    ``tag`` is the status tag that the author saw: if the status has moved since, the words are shown again.
    """

    title, action = "Post an update", "Post update"
    key = KeyField()
    template = WordsField(max_length=300, required=False, widget=forms.HiddenInput)
    tag = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)
    text = WordsField(
        label="Message", max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    next_due_at = PromiseField(label="Next update", required=False)
    as_it_is = forms.BooleanField(label="Post it as it is", required=False)

    def __init__(self, *args: Any, template: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.data.get("template", "") if self.is_bound else template
        self.is_free = asked == FREE or bool(self.is_bound and self.data.get("free"))
        found = template_named(self.room, asked) or (None if self.is_bound or asked else suggested(self.room))
        self.message = Message(found, self.room) if found else None
        self.is_free = self.is_free or self.message is None
        self.initial["template"] = found.title if found else FREE
        self.initial["tag"] = self.message.tag_now if self.message and self.message.tag else ""
        for blank in self.message.blanks if self.message else ():
            self.fields[blank.name] = self._field(blank)
        self.open_blanks: list[str] = []

    @staticmethod
    def _field(blank: Any) -> forms.Field:
        attrs = {"data-fill": blank.name}
        if blank.choices:
            choices = [("", "Choose"), *((choice, choice) for choice in blank.choices)]
            select = forms.Select(attrs=attrs)
            return forms.ChoiceField(
                label=blank.label, choices=choices, required=False, initial=blank.value, widget=select
            )
        return WordsField(
            label=blank.label,
            max_length=2000,
            required=False,
            initial=blank.value,
            widget=forms.TextInput(attrs),
        )

    @property
    def templates(self) -> list[tuple[str, bool]]:
        """The titles to choose from, and which one this is."""
        chosen = self.message.template.title if self.message else FREE
        titles = [template.title for template in self.room.playbook.templates]
        return [(title, title == chosen) for title in dict.fromkeys(titles)]

    @property
    def blank_fields(self) -> list[forms.BoundField]:
        return [self[blank.name] for blank in self.message.blanks] if self.message else []

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """The preview: words, blanks with what stands in their fields, and the tag."""
        return [
            {
                "text": piece.text,
                "blank": piece.blank,
                "is_tag": piece.is_tag,
                "value": (str(self[piece.blank.name].value() or "").strip() or piece.text)
                if piece.blank
                else "",
            }
            for piece in (self.message.pieces if self.message else ())
        ]

    def composed(self) -> str:
        """The words as the fields make them."""
        if not self.message:
            return str(self["text"].value() or "")
        return self.message.filled({b.name: str(self[b.name].value() or "") for b in self.message.blanks})

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_free:
            self._check_text(said)
        elif self.message:
            said["text"] = self.message.filled({b.name: said.get(b.name, "") for b in self.message.blanks})
            if len(said["text"]) > LONGEST:
                self.add_error(None, f"Keep it to {LONGEST:,} characters.")
        if not self.errors:
            self._check_blanks(said)
        return said

    def _check_text(self, said: dict[str, Any]) -> None:
        if "text" in said and not said["text"]:
            self.add_error("text", "Write the message first.")

    def _check_blanks(self, said: dict[str, Any]) -> None:
        self.open_blanks = leftovers(said["text"], self.room.playbook.templates)
        if self.open_blanks and not said.get("as_it_is"):
            blanks = ", ".join(self.open_blanks)
            raise ValidationError(f"Not filled in yet: {blanks}.", code="blanks")

    def moved(self) -> bool:
        """Whether the status has moved on since the author saw the tag."""
        shown = self.cleaned_data["tag"]
        return bool(self.message and self.message.tag and not self.is_free and shown != self.message.tag_now)

    def words(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "text": said["text"],
            "template": self.message.template.title if self.message else "",
            "next_due_at": said["next_due_at"],
            "key": said["key"],
        }
