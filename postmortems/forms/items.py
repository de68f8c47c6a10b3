"""The forms of one action item, each named after its operation."""

from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import Team, User
from accounts.text import NameField
from incidents.forms.base import KeyField, PersonField, long_words, words_why
from incidents.forms.fields import WordsField
from incidents.models import Incident
from incidents.operations import Refused, SaidBefore
from incidents.search import reference_in
from postmortems.evidence import ASK, is_evidence, is_web_address
from postmortems.lines import EARLIEST, LATEST, LONGEST
from postmortems.models import ActionItem
from postmortems.owners import owners_for
from postmortems.permissions import can_add_item
from postmortems.states import ItemKind, ItemStatus, Priority

NO_INCIDENT = "There is no such incident. Write it as INC-42, or leave it empty."


class DayField(forms.DateField):
    """A day, as the browser's own field sends it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        errors = {"invalid": "Enter a day as 2026-12-01."}
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], error_messages=errors, **options)

    def to_python(self, value: Any) -> date | None:
        day: date | None = super().to_python(str(value)[:40] if value else None)
        if day and not EARLIEST <= day <= LATEST:
            raise ValidationError("Enter a day that is not so far away.", code="far")
        return day


def title_field() -> NameField:
    return NameField(
        label="What should change", max_length=LONGEST, error_messages={"required": "Say what should change."}
    )


def priority_field(**options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(choices=Priority.choices, coerce=int, initial=Priority.MEDIUM, **options)


class ItemForm(forms.Form):
    """What the forms have in common: ``heading`` and ``button`` are their own."""

    heading: ClassVar[str] = ""
    button: ClassVar[str] = "Save"
    #: How it stands in a row of the board.
    row: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.removesuffix('Form').lower()}-%s")
        super().__init__(*args, **kwargs)

    def refuse(self, refusal: Refused) -> None:
        """Say why; where the key has made something else already, the next try gets one of its own."""
        self.add_error(None, str(refusal))
        if isinstance(refusal, SaidBefore):
            data: Any = self.data
            self.data = data = data.copy()
            data["key"] = str(uuid4())

    def words(self) -> dict[str, Any]:
        """What the operation is told."""
        return dict(self.cleaned_data)


class RowForm(ItemForm):
    """What is changed in its place in a list."""

    row = "_item_row_form"
    title = title_field()
    owner = PersonField(label="Owner", required=False, empty_label="Nobody")
    due_on = DayField(label="Due", required=False)
    priority = priority_field()

    def __init__(self, data: Any = None, *, item: ActionItem) -> None:
        said = {name: getattr(item, name) for name in self.base_fields}
        super().__init__(data, initial=said | {"owner": item.owner_id}, auto_id=f"item-{item.pk}-%s")
        self.item = item
        able = owners_for(item.incident)
        # Whoever owns it now stays a choice, also when they could not be chosen any more.
        kept = User.objects.filter(Q(pk__in=able.values("pk")) | Q(pk=item.owner_id or 0))
        self.fields["owner"].queryset = kept.order_by("name", "pk")  # type: ignore[attr-defined]


class ChangeItemForm(RowForm):
    heading, row = "Change the action item", ""
    kind = forms.ChoiceField(choices=[("", "—"), *ItemKind.choices], required=False)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="No team")
    details = long_words("Details", max_length=5000, required=False)

    def __init__(self, data: Any = None, *, item: ActionItem) -> None:
        super().__init__(data, item=item)
        self.initial["team"] = item.team_id


class AddItemForm(ItemForm):
    """``incident`` is asked for only where the page is about none."""

    heading = "Add an action item"
    button = "Add"
    key = KeyField()
    title = title_field()
    owner = PersonField(label="Owner", required=False, empty_label="Nobody yet")
    due_on = DayField(label="Due", required=False)
    priority = priority_field(required=False, empty_value=Priority.MEDIUM)
    kind = forms.ChoiceField(choices=[("", "—"), *ItemKind.choices], required=False)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="The incident’s")
    incident = WordsField(label="Incident", max_length=30, required=False, help_text="As INC-42")
    details = long_words("Details", max_length=5000, required=False)
    link = WordsField(
        label="Issue or pull request", max_length=2000, required=False, help_text="Its web address"
    )

    def __init__(
        self,
        data: Any = None,
        *,
        by: User,
        about: Incident | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial or {})
        self.by, self.about = by, about
        self.fields["owner"].queryset = owners_for(about).order_by("name", "pk")  # type: ignore[attr-defined]
        if about:
            del self.fields["incident"]
        else:
            self.fields["team"].empty_label = "No team"  # type: ignore[attr-defined]

    def clean_incident(self) -> Incident | None:
        said = self.cleaned_data["incident"]
        if not said:
            return None
        found = Incident.objects.visible_to(self.by).filter(pk=reference_in(said) or 0).first()
        if found is None or not can_add_item(self.by, found):
            raise ValidationError(NO_INCIDENT, code="incident")
        return found

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        return _address(link) if link else ""

    def words(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        link = said.pop("link")
        return said | {"incident": self.about or said.get("incident"), "links": [link] if link else []}


class ChangeItemStatusForm(ItemForm):
    """Open statuses by themselves; done with ``evidence``; won't do with a ``reason``, which asks a second person."""

    row = "_item_row_words"
    status = forms.ChoiceField(
        choices=ItemStatus.choices,
        error_messages={"required": "Choose a status.", "invalid_choice": "Choose a status."},
    )
    evidence = long_words("What shows that it is done", max_length=2000, required=False)
    reason = words_why("Why it should not be done", required=False)

    def __init__(self, data: Any = None, *, item: ActionItem, status: str = "") -> None:
        first = status if status in ItemStatus.values else item.status
        super().__init__(data, initial={"status": first}, auto_id=f"item-{item.pk}-%s")
        self.item = item

    @property
    def asked(self) -> str:
        """The status that this form is about, as it was chosen."""
        return str(self["status"].value() or "")

    @property
    def needs(self) -> str:
        """The field of words that this status needs."""
        return {"done": "evidence", "dropped": "reason"}.get(self.asked, "")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("status") == ItemStatus.DONE and "evidence" in said and not is_evidence(said["evidence"]):
            self.add_error("evidence", ASK)
        if said.get("status") == ItemStatus.DROPPED and not said.get("reason") and "reason" in said:
            self.add_error("reason", "Say why it should not be done.")
        return said


class ReopenItemForm(ItemForm):
    heading, button = "Reopen the action item", "Reopen"
    reason = words_why("Why it is reopened")


class DecideDropForm(ItemForm):
    decision = forms.ChoiceField(choices=[("drop", "Drop it"), ("keep", "Keep it")])
    text = WordsField(label="Say something to it", max_length=500, required=False)


class AddItemLinkForm(ItemForm):
    heading, button = "Add a link", "Add"
    url = WordsField(label="Address", max_length=2000, error_messages={"required": "Paste an address."})
    text = WordsField(label="What it is", max_length=200, required=False)

    def clean_url(self) -> str:
        return _address(self.cleaned_data["url"])


def _address(text: str) -> str:
    if not is_web_address(text):
        raise ValidationError("Paste an address that begins with https://.", code="address")
    return text
