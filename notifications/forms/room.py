"""The forms that notifications add to an incident's room."""

from typing import Any

from django import forms

from incidents.calling import number_of
from incidents.forms.base import KeyField, RoomForm, words_why
from incidents.forms.fields import WordsField
from notifications.clocks import SNOOZE_MINUTES
from notifications.contacts import reach
from runbooks.playbook import Contact


class SnoozeForm(RoomForm):
    title, action = "Snooze nudges", "Snooze"
    intro = (
        "For whoever holds a role. It is on the timeline, and holds reminders of the next update back; "
        "when that update is due does not change."
    )
    minutes = forms.TypedChoiceField(
        label="For how long",
        coerce=int,
        choices=[(str(minutes), f"{minutes} minutes") for minutes in SNOOZE_MINUTES],
        error_messages={
            "required": "Choose how long.",
            "invalid_choice": "Snooze for 5, 10, 15 or 30 minutes.",
        },
    )
    reason = words_why("Reason, needed from the second time in a row", required=False)


class PageForm(RoomForm):
    action = "Page now"
    text = WordsField(label="What do you need?", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    role = forms.CharField(widget=forms.HiddenInput, max_length=300)
    key = KeyField()

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.fields["text"].error_messages["required"] = "Say what you need."
        self.initial.update(role=contact.role, text=self._suggested())

    def _suggested(self) -> str:
        incident = self.incident
        if incident.is_private:
            return f"Please help with {incident.reference}."
        said = [incident.title, incident.impact, "Please join"]
        return "\n".join(f"{line.rstrip('.')}." for line in said if line)[:1000]

    @property
    def heading(self) -> str:
        return f"Page {self.contact.role}"

    @property
    def note(self) -> str:
        """Who will be paged; or whom to call, where nobody can be from here."""
        people = reach(self.contact, self.incident)
        if not people:
            return f"Nobody can be paged from here for this contact. Call {number_of(self.contact)}."
        who = ", ".join(person.name for person in people)
        secret = " They learn its number and your words, no more." if self.incident.is_private else ""
        return f"Pages {who}, with a link that acknowledges from a phone.{secret}"
