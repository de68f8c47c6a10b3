"""People, the teams they are in, and how they come in."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

INVITATION_LIFETIME = timedelta(days=7)


class Role(models.TextChoices):
    """What a person may do. A viewer reads; a responder works incidents; an administrator also runs the portal."""

    VIEWER = "viewer", "Viewer"
    RESPONDER = "responder", "Responder"
    ADMINISTRATOR = "administrator", "Administrator"


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person with an account, known by e-mail.

    ``timezone`` is an IANA name. Sessions belong to a ``session_epoch``: counting it up ends them all.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=16, choices=Role, default=Role.RESPONDER)
    timezone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone they chose; UTC where this machine's data does not know it any more."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")

    @property
    def may_respond(self) -> bool:
        return self.is_active and self.role in (Role.RESPONDER, Role.ADMINISTRATOR)

    @property
    def may_administer(self) -> bool:
        return self.is_active and self.role == Role.ADMINISTRATOR

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django's own, with the epoch beside the password; it is what both the hash and its fall-backs for
        # rotated secret keys are made with.
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()


def monday_to_friday() -> list[int]:
    return [0, 1, 2, 3, 4]


class Team(models.Model):
    """A group of people; an incident and a service may belong to one. Its ``lead``, one of its members, hears of
    what stays undone. Its working calendar says what "next business day" means: ``workdays`` with Monday as 0,
    ``holidays`` a country ("DE", "DE-BY") or ""."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=60, unique=True)
    members = models.ManyToManyField(User, related_name="teams", blank=True)
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="teams_led")

    timezone = models.CharField(max_length=64, default="UTC")
    workdays = ArrayField(models.PositiveSmallIntegerField(), default=monday_to_friday, size=7)
    opens_at = models.TimeField(default=time(9))
    closes_at = models.TimeField(default=time(17))
    holidays = models.CharField(max_length=12, blank=True)
    days_off = ArrayField(models.DateField(), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_unique_in_any_case")]

    def __str__(self) -> str:
        return self.name


class Setup(models.Model):
    """The one-time token that makes the first administrator. At most one row; only the token's hash is kept."""

    token_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="setup_one_row")]


def _a_week_from_now() -> datetime:
    return timezone.now() + INVITATION_LIFETIME


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Those whose link still works."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets one person in, once. Only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.RESPONDER)
    email = models.EmailField(blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=_a_week_from_now)
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(used_at=None, used_by=None)
                | models.Q(used_at__isnull=False, used_by__isnull=False),
                name="invitation_used_by_someone",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.revoked_at is None and self.expires_at > timezone.now()
