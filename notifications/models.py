"""Clocks (what is due), stages (what fired), notices (what is said), deliveries (what was sent, to whom, how)."""

from datetime import time, timedelta
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Team, User
from incidents.models import Incident
from notifications.reminders.models import ReminderStage
from runbooks.models import Runbook


class ClockKind(models.TextChoices):
    UPDATE = "update", "Status update"
    ACKNOWLEDGE = "acknowledge", "Acknowledgement"
    SILENCE = "silence", "Silence"


class ClockQuerySet(models.QuerySet["Clock"]):
    def armed(self) -> "ClockQuerySet":
        return self.filter(is_armed=True)


class Clock(models.Model):
    """One thing that an incident owes. ``due_at`` is the promise; ``fires_at`` is when to look next.

    ``interval`` is the time between the promise and the one before it (for an acknowledgement: between two
    contacts asked). While ``snoozed_until`` is ahead no stage fires; the promise itself never moves.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=12, choices=ClockKind)
    is_armed = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    interval = models.DurationField()
    fires_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_for = models.DurationField(default=timedelta)
    snoozes_in_row = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "kind"], name="clock_once"),
            models.CheckConstraint(condition=Q(kind__in=ClockKind.values), name="clock_kind_known"),
        ]
        indexes = [models.Index(fields=["fires_at", "id"], name="clock_waiting", condition=Q(is_armed=True))]

    def __str__(self) -> str:
        return f"{self.kind} of INC-{self.incident_id}, due {self.due_at:%F %T}"


class Stage(models.Model):
    """One stage of one due time, fired: the row that proves that it happens once.

    ``is_folded`` stages were passed over because a later one had already come when somebody looked.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="stages")
    due_at = models.DateTimeField()
    name = models.CharField(max_length=16)
    fired_at = models.DateTimeField(default=timezone.now)
    is_folded = models.BooleanField(default=False)
    asks_contact = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "due_at", "name"], name="stage_once_per_due_time")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.clock_id}"


class Urgency(models.TextChoices):
    """How much it may disturb. A page wakes people; a nudge asks now; a reminder can wait for the morning."""

    PAGE = "page", "Page"
    NUDGE = "nudge", "Nudge"
    REMINDER = "reminder", "Reminder"


class Notice(models.Model):
    """What is said, once, to however many people: the words, and the one click that deals with it.

    ``clock`` and ``due_at`` say what it is about: when that promise has been kept or changed, what has not
    been sent yet is not sent any more. A notice without a clock stands until ``expires_at``. ``reminder`` is the
    same of an action item or a post-mortem. A reminder that ``is_pressing`` has its mail at once, others each morning.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    urgency = models.CharField(max_length=8, choices=Urgency)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    clock = models.ForeignKey(Clock, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    stage = models.OneToOneField(
        Stage, null=True, blank=True, on_delete=models.SET_NULL, related_name="notice"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    reminder = models.ForeignKey(
        ReminderStage, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    is_pressing = models.BooleanField(default=False)
    title = models.CharField(max_length=250)
    text = models.TextField()
    path = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody chose to page about it: whom they page may know as much as the page says."""
        return self.urgency == Urgency.PAGE and self.clock_id is None and self.stage_id is None

    @property
    def is_discreet(self) -> bool:
        """Whether it goes to people who may know no more of its private incident than it says."""
        return self.is_by_hand and self.incident is not None and self.incident.is_private


class Channel(models.TextChoices):
    INBOX = "inbox", "Inbox"
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"
    APPRISE = "apprise", "Other service"


class Destination(models.Model):
    """Where messages can go besides the inbox: one person's or one team's.

    ``address`` is an e-mail address, a webhook's URL, or an Apprise URL; ``secret`` signs webhooks.
    ``disabled_reason`` is set when the far side said for good that it wants no more. Since ``enabled_at`` it is
    judged by what came of what was sent.
    """

    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="destinations"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="destinations"
    )
    channel = models.CharField(max_length=8, choices=Channel)
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=2000)
    secret = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    enabled_at = models.DateTimeField(default=timezone.now)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(user=None) & Q(team__isnull=False)) | (Q(user__isnull=False) & Q(team=None)),
                name="destination_of_one",
            )
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Waiting"
    LEASED = "leased", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    SUPERSEDED = "superseded", "No longer needed"
    EXPIRED = "expired", "Too late to send"


WAITING = (DeliveryState.PENDING, DeliveryState.LEASED)


#: How the dedupe key of a test begins.
TRIAL = "test:"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def parked(self) -> "DeliveryQuerySet":
        """Failed after the last try, and not yet looked at by anyone. What became of a test was said to who asked."""
        failed = self.filter(state=DeliveryState.FAILED, settled_by=None)
        return failed.exclude(dedupe_key__startswith=TRIAL)

    def in_inbox_of(self, user: User) -> "DeliveryQuerySet":
        return self.filter(recipient=user, channel=Channel.INBOX)


class Delivery(models.Model):
    """One notice to one recipient by one channel. Its id is the Message-ID, webhook-id and idempotency key.

    Claimed with a lease and a token; whoever settles it must still hold that token. ``lease_sender`` is who
    claimed it, as senders.py numbers them. Marked sent only after the far side accepted it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    destination = models.ForeignKey(
        Destination, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=2000, blank=True)
    dedupe_key = models.CharField(max_length=300, unique=True)
    is_urgent = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_sender = models.IntegerField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | (~Q(state=DeliveryState.SENT) & Q(sent_at=None)),
                name="delivery_sent_when_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["is_urgent", "next_attempt_at"],
                name="delivery_waiting",
                condition=Q(state__in=["pending", "leased"]),
            ),
            models.Index(
                fields=["recipient", "-created_at"], name="delivery_inbox", condition=Q(channel="inbox")
            ),
            models.Index(
                fields=["-created_at"], name="delivery_failed", condition=Q(state="failed", settled_by=None)
            ),
            models.Index(fields=["-created_at", "id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient_id or self.address}: {self.state}"

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_trial(self) -> bool:
        return self.dedupe_key.startswith(TRIAL)

    @property
    def is_parked(self) -> bool:
        """As :meth:`DeliveryQuerySet.parked` has it."""
        return self.state == DeliveryState.FAILED and self.settled_by_id is None and not self.is_trial


class DeliveryAttempt(models.Model):
    """One try, and how it ended. ``code`` is what the far side answered, in its own numbers."""

    class Outcome(models.TextChoices):
        SENT = "sent", "Accepted"
        RETRY = "retry", "To be tried again"
        REFUSED = "refused", "Refused for good"
        LOST = "lost", "Lease lost: possibly sent twice"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome)
    code = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["started_at", "id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}: {self.outcome}"


class Preferences(models.Model):
    """How one person wants to hear: e-mail or not by urgency, quiet hours, and the morning's digest.

    Quiet hours hold reminders back, and nudges of a mild incident; never a page, and never a SEV1 or SEV2 nudge
    to someone who holds a role in it. Hours are wall-clock times in the person's own zone.
    """

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    email_nudges = models.BooleanField(default=True)
    email_reminders = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField(default=time(8))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preferences_quiet_hours_whole",
            )
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user}"


class DestinationUse(models.Model):
    """That a destination is used for notices of an urgency; one without any row is used for none."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="uses")
    urgency = models.CharField(max_length=8, choices=Urgency)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["destination", "urgency"], name="destination_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.destination} for {self.urgency}"


class OnCallCalendar(models.Model):
    """Who is on call, from an iCalendar at ``url`` or uploaded as ``source``; each event names a person.

    ``source`` is the last copy that could be read: a calendar server that is down leaves it in force.
    """

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=2000, blank=True)
    source = models.BinaryField(default=bytes)
    fetched_at = models.DateTimeField(null=True, blank=True)
    fetch_after = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ContactBinding(models.Model):
    """Who answers for an escalation contact of a runbook: a person, a team, an address, or whoever is on call.

    ``role`` is the contact's role as the runbook writes it, compared without regard to case, so that a new
    revision keeps its bindings.
    """

    runbook = models.ForeignKey(Runbook, on_delete=models.CASCADE, related_name="bindings")
    role = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # Whom a contact is to reach must not be forgotten along with a team.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="bindings")
    address = models.EmailField(blank=True)
    calendar = models.ForeignKey(
        OnCallCalendar, null=True, blank=True, on_delete=models.CASCADE, related_name="bindings"
    )

    class Meta:
        verbose_name_plural = "escalation contacts"
        constraints = [
            models.UniqueConstraint("runbook", Lower("role"), name="binding_once"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None, address="", calendar=None)
                | Q(user=None, team__isnull=False, address="", calendar=None)
                | (Q(user=None, team=None, calendar=None) & ~Q(address=""))
                | Q(user=None, team=None, address="", calendar__isnull=False),
                name="binding_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.user or self.team or self.calendar or self.address}"


class Page(models.Model):
    """One call for one contact. Its link acknowledges this page alone, once, without signing in.

    Only a hash of the link's token is kept.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="pages")
    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="page")
    role = models.CharField(max_length=200)
    contact = models.CharField(max_length=500, blank=True)
    paged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paged_at = models.DateTimeField(default=timezone.now)
    token_hash = models.CharField(max_length=64, unique=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submission_key = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "submission_key"], name="paged_once")]

    def __str__(self) -> str:
        return f"{self.role} paged about INC-{self.incident_id}"


class Heartbeat(models.Model):
    """That a part of the portal lives: written by the worker each time it looks at what is due."""

    name = models.CharField(max_length=60, primary_key=True)
    seen_at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%F %T}"


class Digest(models.Model):
    """The reminders that one person gets in one mail, on the morning of ``day`` in their own zone.

    ``gathered_at`` is set in the transaction that makes the mail's delivery: from then on it is that row which
    is sent, and tried again.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    due_at = models.DateTimeField()
    gathered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="digest_waiting", condition=Q(gathered_at=None))
        ]

    def __str__(self) -> str:
        return f"Digest of {self.user_id} for {self.day}"


class DigestEntry(models.Model):
    """A reminder that waits for the morning's mail."""

    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="entries")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "notice"], name="digested_once")]

    def __str__(self) -> str:
        return f"{self.notice_id} in {self.digest_id}"
