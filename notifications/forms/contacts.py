"""Who answers for a contact, and the calendars that may say it."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.forms import EmailField
from accounts.models import Team, User
from accounts.text import NameField
from incidents.forms.fields import WordsField
from notifications import outgoing
from notifications.calendars import MAX_BYTES
from notifications.models import ContactBinding, OnCallCalendar
from notifications.oncall import over_https

KINDS = {"user": User, "team": Team, "calendar": OnCallCalendar}


class BindForm(forms.Form):
    """``who`` is "" for the runbook's own words, "address", or a kind and its number, as "team:3"."""

    who = forms.ChoiceField(
        label="Who answers", required=False, error_messages={"invalid_choice": "Choose from the list."}
    )
    address = EmailField(label="E-mail address", required=False, help_text="Only for “An e-mail address”.")

    def __init__(self, data: Any = None, *, binding: ContactBinding | None) -> None:
        super().__init__(data, initial=_chosen(binding))
        people = User.objects.filter(is_active=True)
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            ("", "As the runbook says"),
            ("On call by a calendar", _choices("calendar", OnCallCalendar.objects.defer("source"))),
            ("People", _choices("user", people)),
            ("Teams", _choices("team", Team.objects.all())),
            ("address", "An e-mail address"),
        ]
        self.fields["address"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("who") == "address" and not said.get("address") and "address" not in self.errors:
            self.add_error("address", "Enter the address.")
        return said

    def words(self) -> dict[str, Any]:
        """What ``contacts.bind`` is told; empty where the runbook's words are to count."""
        who = self.cleaned_data["who"]
        if who == "address":
            return {"address": self.cleaned_data["address"]}
        kind, _, number = who.partition(":")
        return {kind: KINDS[kind]._default_manager.get(pk=number)} if kind else {}


def _choices(kind: str, things: Any) -> list[tuple[str, str]]:
    return [(f"{kind}:{thing.pk}", str(thing)) for thing in things]


def _chosen(binding: ContactBinding | None) -> dict[str, str]:
    if binding is None:
        return {}
    for kind in KINDS:
        if number := getattr(binding, f"{kind}_id"):
            return {"who": f"{kind}:{number}"}
    return {"who": "address", "address": binding.address}


class CalendarForm(forms.Form):
    """An on-call calendar, by its address or as a file; with ``kept``, neither leaves it as it is."""

    name = NameField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    url = WordsField(
        label="Address",
        max_length=2000,
        required=False,
        help_text="Of an iCalendar (.ics), as https:// or webcal://. It is read every 15 minutes.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    file = forms.FileField(
        label="Or a file", required=False, widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"})
    )

    def __init__(self, *args: Any, kept: OnCallCalendar | None = None, **kwargs: Any) -> None:
        if kept:
            kwargs["initial"] = {"name": kept.name, "url": kept.url}
        super().__init__(*args, **kwargs)
        self.kept = kept

    def clean_url(self) -> str:
        url = over_https(self.cleaned_data["url"].strip())
        if url and url != (self.kept.url if self.kept else ""):
            try:
                outgoing.check_url(url)
            except outgoing.OutgoingError as error:
                raise forms.ValidationError(str(error), code="url") from None
        return url

    def clean_file(self) -> bytes:
        """Its bytes; one that is too large is not even read."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                "The calendar is larger than 2 MB. Export the rota alone.", code="size"
            )
        return file.read() if file else b""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        given = said.get("url") or said.get("file") or (self.kept and self.kept.source)
        if not given and not self.errors:
            self.add_error("url", "Give the calendar's address, or its file.")
        return said

    def words(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"name": said["name"], "url": said["url"], "source": said["file"]}
