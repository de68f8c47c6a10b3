"""How somebody wants to hear, and where messages may go besides."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.text import NameField
from incidents.forms.fields import WordsField
from notifications import outgoing
from notifications.models import Channel, Preferences, Urgency

USES = [
    (Urgency.PAGE.value, "Pages"),
    (Urgency.NUDGE.value, "Nudges"),
    (Urgency.REMINDER.value, "Reminders"),
]
CHANNELS = [
    (Channel.WEBHOOK.value, "Webhook"),
    (Channel.APPRISE.value, "Slack, Teams, ntfy, SMS … (Apprise URL)"),
    (Channel.EMAIL.value, "Another e-mail address"),
]
NO_TIME = "Enter a time, such as 22:00."


class WallTimeField(forms.TimeField):
    """A time of day, to the minute."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        errors = {"invalid": NO_TIME, "required": NO_TIME}
        super().__init__(input_formats=["%H:%M", "%H:%M:%S"], widget=widget, error_messages=errors, **options)


class PreferencesForm(forms.Form):
    email_nudges = forms.BooleanField(label="Nudges", required=False)
    email_reminders = forms.BooleanField(label="Reminders, in one mail each morning", required=False)
    digest_at = WallTimeField(label="The morning’s mail comes at")
    quiet_from = WallTimeField(label="Quiet from", required=False)
    quiet_until = WallTimeField(label="Quiet until", required=False)

    @classmethod
    def of(cls, kept: Preferences) -> "PreferencesForm":
        return cls(initial={name: getattr(kept, name) for name in cls.base_fields})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        starts, ends = said.get("quiet_from"), said.get("quiet_until")
        if "quiet_from" in self.errors or "quiet_until" in self.errors:
            return said
        if (starts is None) != (ends is None):
            empty = "quiet_from" if starts is None else "quiet_until"
            self.add_error(empty, "Enter both times, or neither for no quiet hours.")
        elif starts is not None and starts == ends:
            self.add_error("quiet_until", "Enter another time than the one they begin at.")
        return said


class UsesForm(forms.Form):
    """For which urgencies a destination is used; none is a pause."""

    uses = forms.MultipleChoiceField(
        label="Used for", choices=USES, required=False, widget=forms.CheckboxSelectMultiple
    )


class AddDestinationForm(UsesForm):
    channel = forms.ChoiceField(
        label="Kind", choices=CHANNELS, error_messages={"invalid_choice": "Choose one of the kinds shown."}
    )
    name = NameField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    address = WordsField(
        label="Address",
        max_length=2000,
        help_text="https://… for a webhook, an Apprise URL such as ntfy://…, or an e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"uses": [Urgency.PAGE.value, Urgency.NUDGE.value]}, auto_id="add-%s")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if address := said.get("address"):
            try:
                _check(said.get("channel"), address)
            except (ValidationError, outgoing.OutgoingError) as error:
                self.add_error(
                    "address", error.messages if isinstance(error, ValidationError) else str(error)
                )
        return said


def _check(channel: str | None, address: str) -> None:
    """What is asked again at every send is asked now, where somebody can still mend it."""
    if channel == Channel.EMAIL:
        if len(address) > 254:
            raise ValidationError("This is too long for an e-mail address.")
        validate_email(address)
    elif channel == Channel.WEBHOOK:
        outgoing.check_url(address)
    elif channel == Channel.APPRISE:
        from notifications import apprise_urls  # a hundred services, which few processes ever need

        apprise_urls.check(address)
