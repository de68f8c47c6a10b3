"""What the forms of a room have in common. Each is named after its operation, its fields after its words."""

from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from accounts.models import Role, User
from incidents.forms.fields import WordsField
from incidents.models import Checklist, Incident, Step, TimelineEvent
from incidents.operations import Refused, SaidBefore
from incidents.room import Room

OUTDATED = "This form is too old. Send it again."


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

    @property
    def button(self) -> str:
        return self.action

    def put(self, **values: str) -> None:
        """Put ``values`` among what was typed, for when the form is shown again."""
        data: Any = self.data
        self.data = data = data.copy()
        for name, value in values.items():
            data[name] = value

    def refuse(self, refusal: Refused) -> None:
        """Say why; where the key has made something else already, the next try gets one of its own."""
        self.add_error(None, str(refusal))
        if isinstance(refusal, SaidBefore):
            self.put(key=str(uuid4()))

    def words(self) -> dict[str, Any]:
        """What the operation is told."""
        return dict(self.cleaned_data)


def words_why(label: str = "Reason, for the timeline", **options: Any) -> WordsField:
    options.setdefault("error_messages", {"required": "Say why."})
    return WordsField(label=label, max_length=500, **options)


def long_words(label: str, **options: Any) -> WordsField:
    return WordsField(label=label, widget=forms.Textarea(attrs={"rows": 3}), **options)


class KeyField(forms.UUIDField):
    """Makes a double submit one."""

    def __init__(self) -> None:
        errors = {"required": OUTDATED, "invalid": OUTDATED}
        super().__init__(widget=forms.HiddenInput, initial=uuid4, error_messages=errors)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
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
