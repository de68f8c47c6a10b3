"""The shape of what people type about themselves and each other."""

from typing import Any, cast
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import QueryDict

from accounts.models import Role, Team, User
from accounts.text import NameField

PASSWORD_HINT = "At least 10 characters. A few words that only you would put together are best."


class EmailField(forms.EmailField):
    """An address, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"})
        )
        super().__init__(**{"label": "Email", "max_length": 254, **kwargs})

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).lower()


def _password_input(autocomplete: str = "new-password") -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete, "data-reveal": True})


class PersonForm(forms.Form):
    """A person makes their account: the first one, or one they were invited to."""

    name = NameField(label="Your name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = EmailField(help_text="You sign in with it.")
    password = forms.CharField(strip=False, max_length=256, widget=_password_input(), help_text=PASSWORD_HINT)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if password := data.get("password"):
            person = User(name=data.get("name", ""), email=data.get("email", ""))
            try:
                validate_password(password, person)
            except ValidationError as weak:
                self.add_error("password", weak)
        return data


class SetUpForm(PersonForm):
    """The first administrator."""


class JoinForm(PersonForm):
    """Someone who was invited; with ``email``, the invitation is for that address alone."""

    def __init__(self, data: QueryDict | None = None, *, email: str = "") -> None:
        super().__init__(data, initial={"email": email})
        if email:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "The invitation is for this address."


class InviteForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices, initial=Role.RESPONDER)
    email = EmailField(
        required=False,
        help_text="Then only this address can use the link.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="None")


class ChangeRoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class SettingsForm(forms.Form):
    name = NameField(label="Your name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    timezone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="Times are shown in it. Type a city, such as Lisbon, and choose from the list.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_timezone(self) -> str:
        """The zone's own spelling; a city alone is enough where only one zone has it."""
        typed = self.cleaned_data["timezone"].replace(" ", "_").casefold()
        zones = {zone.casefold(): zone for zone in available_timezones()}
        by_city = [zone for key, zone in zones.items() if "/" in key and key.rsplit("/", 1)[1] == typed]
        if typed in zones:
            return zones[typed]
        if len(by_city) == 1:
            return by_city[0]
        raise ValidationError("There is no such time zone. Choose one from the list, such as Europe/Lisbon.")


class TeamForm(forms.Form):
    name = NameField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class AddMemberForm(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose a person")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(teams=team)
        cast("forms.ModelChoiceField[User]", self.fields["user"]).queryset = people


class SignInForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "spellcheck": "false"}
        )
        _label(self.fields["password"], "Password", "", "current-password")


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        _label(self.fields["oldpassword"], "Current password", "", "current-password")
        _label(self.fields["password1"], "New password", PASSWORD_HINT, "new-password")


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "spellcheck": "false"}
        )


class ChooseNewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        _label(self.fields["password1"], "New password", PASSWORD_HINT, "new-password")


class ResetTokenForm(allauth_forms.UserTokenForm):
    """Checks the token of a password link; nobody gets in with one made before they were deactivated."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean()  # type: ignore[no-untyped-call]
        if self.reset_user and not self.reset_user.is_active:
            raise ValidationError("This account is not active.")
        return data


def _label(field: forms.Field, label: str, hint: str, autocomplete: str) -> None:
    # Hashing a long password costs nothing more, but nobody types so much.
    field.validators.append(MaxLengthValidator(256))
    field.label, field.help_text, field.widget = label, hint, _password_input(autocomplete)
