"""A clock for each action item and post-mortem that somebody is still to be reminded of, and the stages that were."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from postmortems.models import ActionItem, Postmortem


class ReminderKind(models.TextChoices):
    ITEM = "item", "Action item"
    LOOSE = "loose", "Action item without an owner or a date"
    POSTMORTEM = "postmortem", "Post-mortem"


class ReminderClockQuerySet(models.QuerySet["ReminderClock"]):
    def armed(self) -> "ReminderClockQuerySet":
        return self.filter(is_armed=True)


class ReminderClock(models.Model):
    """What ``person`` is reminded of, in their own time zone. ``fires_at`` is when to look next.

    ``due_at`` is the promise: a post-mortem's deadline, or an action item's day as midnight UTC; of what has no
    owner or date it is the day since when. Stages whose time had come before ``since`` were never owed.
    """

    item = models.OneToOneField(
        ActionItem, null=True, blank=True, on_delete=models.CASCADE, related_name="reminder"
    )
    postmortem = models.OneToOneField(
        Postmortem, null=True, blank=True, on_delete=models.CASCADE, related_name="reminder"
    )
    kind = models.CharField(max_length=10, choices=ReminderKind)
    is_armed = models.BooleanField(default=True)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    since = models.DateTimeField()
    fires_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = ReminderClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False, postmortem=None) | Q(item=None, postmortem__isnull=False),
                name="reminder_of_one",
            ),
            models.CheckConstraint(condition=Q(kind__in=ReminderKind.values), name="reminder_kind_known"),
        ]
        indexes = [
            models.Index(fields=["fires_at", "id"], name="reminder_waiting", condition=Q(is_armed=True))
        ]

    def __str__(self) -> str:
        about = f"ACT-{self.item_id}" if self.item_id else f"post-mortem {self.postmortem_id}"
        return f"Reminder of {about}, due {self.due_at:%F %T}"


class ReminderStage(models.Model):
    """One reminder of one due time, to ``person``: the row that proves that it is said once.

    ``is_folded`` stages were passed over because a later one had already come when somebody looked.
    """

    clock = models.ForeignKey(ReminderClock, on_delete=models.CASCADE, related_name="stages")
    due_at = models.DateTimeField()
    name = models.CharField(max_length=16)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    fired_at = models.DateTimeField(default=timezone.now)
    is_folded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "due_at", "name"], name="reminded_once_per_due_time")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.clock_id}"
