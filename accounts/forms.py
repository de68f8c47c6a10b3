"""The shape of what people type about themselves and each other."""

from datetime import date
from typing import Any, cast
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import QueryDict

from accounts.calendars import is_country
from accounts.models import Role, Team, User
from accounts.text import NameField

LEAD_HINT = "Hears of action items and post-mortems of the team that stay overdue after two reminders."
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


class ZoneField(forms.CharField):
    """An IANA time zone in its own spelling; a city alone is enough where only one zone has it."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"list": "zones", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(
            **{"label": "Time zone", "max_length": 64, **kwargs}, widget=forms.TextInput(attrs=attrs)
        )

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        typed = text.replace(" ", "_").casefold()
        zones = {zone.casefold(): zone for zone in available_timezones()}
        by_city = [zone for key, zone in zones.items() if "/" in key and key.rsplit("/", 1)[1] == typed]
        if typed in zones:
            return zones[typed]
        if len(by_city) == 1:
            return by_city[0]
        raise ValidationError("There is no such time zone. Choose one from the list, such as Europe/Lisbon.")


class SettingsForm(forms.Form):
    name = NameField(label="Your name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    timezone = ZoneField(
        help_text="Times are shown in it. Type a city, such as Lisbon, and choose from the list.",
    )


class TeamForm(forms.Form):
    name = NameField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DAYS_OFF = 200


class DaysField(forms.CharField):
    """Days, one a line, as 2026-12-24."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def clean(self, value: Any) -> list[date]:
        words = super().clean(value).replace(",", " ").split()
        if len(words) > MOST_DAYS_OFF:
            raise ValidationError(f"Keep it to {MOST_DAYS_OFF} days.")
        return [self._day(word) for word in words]

    def _day(self, word: str) -> date:
        try:
            day = date.fromisoformat(word)
        except ValueError:
            day = date.min
        if not 2000 <= day.year < 2200:
            raise ValidationError(f"Write each day like 2026-12-24, one a line: “{word[:20]}” is none.")
        return day


class WorkingCalendarForm(forms.Form):
    """When a team works: what "next business day" means for its incidents."""

    timezone = ZoneField()
    workdays = forms.TypedMultipleChoiceField(
        label="Works on",
        coerce=int,
        choices=[(str(n), day) for n, day in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose one day at least.",
            "invalid_choice": "Choose from the days shown.",
        },
    )
    opens_at = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes_at = forms.TimeField(label="Until", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    holidays = forms.CharField(
        label="Public holidays of",
        required=False,
        max_length=12,
        help_text="A country and, if you like, a part of it: DE, DE-BY, US, GB-SCT. Empty for none.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    days_off = DaysField(label="Further days off", required=False, help_text="One a line, like 2026-12-24.")

    @classmethod
    def of(cls, team: Team) -> "WorkingCalendarForm":
        return cls(
            initial={
                "timezone": team.timezone,
                "workdays": [str(day) for day in team.workdays],
                "opens_at": team.opens_at,
                "closes_at": team.closes_at,
                "holidays": team.holidays,
                "days_off": "\n".join(day.isoformat() for day in team.days_off),
            }
        )

    def clean_holidays(self) -> str:
        code: str = self.cleaned_data["holidays"].strip().upper()
        if not is_country(code):
            raise ValidationError("There are no public holidays known by this name. Try DE, DE-BY or US.")
        return code

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("opens_at") and said.get("closes_at") and said["opens_at"] >= said["closes_at"]:
            self.add_error("closes_at", "It must be later than the hour of opening.")
        return said

    def words(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        return said | {"timezone_name": said.pop("timezone")}


class AddMemberForm(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose a person")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(teams=team)
        cast("forms.ModelChoiceField[User]", self.fields["user"]).queryset = people


class LeadForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Who leads the team",
        required=False,
        empty_label="Nobody",
        help_text=LEAD_HINT,
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team) -> None:
        super().__init__(data, initial={"user": team.lead_id}, auto_id="lead-%s")
        people = team.members.filter(is_active=True)
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
