"""A service: its name, what it does, and whose it is."""

from django import forms

from accounts.models import Team
from accounts.text import NameField
from incidents.models import Service


class SaveServiceForm(forms.Form):
    name = NameField(label="Name", max_length=60, help_text="What people call it: Chat, Sign-in, API.")
    description = NameField(label="What it does", max_length=200, required=False)
    team = forms.ModelChoiceField(
        label="Team", queryset=Team.objects.all(), required=False, empty_label="No team"
    )

    @classmethod
    def of(cls, service: Service) -> "SaveServiceForm":
        """The form with what the service says now."""
        said = {"name": service.name, "description": service.description, "team": service.team_id}
        return cls(initial=said)
