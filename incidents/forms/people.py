"""Who does what, and who may see."""

from typing import Any

from django import forms

from accounts.models import User
from incidents.forms.base import PersonField, RoomForm, people_for


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
    def button(self) -> str:
        return self.heading

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
