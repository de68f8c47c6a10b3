"""Action items: what was promised, by whom, for when, and everything that became of it."""

from datetime import date

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, User
from incidents.models import Access, Incident
from postmortems.models.documents import Postmortem
from postmortems.states import ITEM_OPEN, ItemChange, ItemKind, ItemStatus, Priority, is_item_open


def owner_is_there() -> Q:
    """Whether an item's owner is active and may know of its incident; false where it has none."""
    granted = Access.objects.filter(incident=models.OuterRef("incident"), user=models.OuterRef("owner"))
    sees = Q(incident=None) | Q(incident__is_private=False) | Q(models.Exists(granted))
    return Q(owner__is_active=True) & sees


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def visible_to(self, user: User) -> "ActionItemQuerySet":
        """Those of no incident, and those of incidents that ``user`` may know of."""
        granted = Access.objects.filter(incident=models.OuterRef("incident"), user=user)
        return self.filter(Q(incident=None) | Q(incident__is_private=False) | models.Exists(granted))

    def open(self) -> "ActionItemQuerySet":
        return self.filter(status__in=ITEM_OPEN)

    def closed(self) -> "ActionItemQuerySet":
        return self.exclude(status__in=ITEM_OPEN)

    def overdue(self, today: date) -> "ActionItemQuerySet":
        """Open, and due before ``today`` (the reader's day)."""
        return self.open().filter(due_on__lt=today)

    def due_between(self, first: date, last: date) -> "ActionItemQuerySet":
        """Open, and due from ``first`` to ``last``, both included."""
        return self.open().filter(due_on__range=(first, last))

    def loose(self) -> "ActionItemQuerySet":
        """Open, without a date or without an owner who could be reminded: nobody, somebody whose account is closed,
        or somebody who may no longer know of the incident."""
        return self.open().filter(Q(owner=None) | Q(due_on=None) | ~owner_is_there())

    def with_owner_there(self) -> "ActionItemQuerySet":
        """Each with ``owner_there``: whether its owner, if it has one, is active and may know of its incident."""
        return self.annotate(owner_there=models.Case(models.When(owner_is_there(), then=True), default=False))

    def to_decide(self) -> "ActionItemQuerySet":
        """Open, and somebody asked that it not be done."""
        return self.open().filter(drop_proposed_by__isnull=False)

    def soonest_first(self) -> "ActionItemQuerySet":
        """Open ones as they are worked: the most overdue first, those without a date last."""
        return self.order_by("due_on", "priority", "id")


class ActionItem(models.Model):
    """ACT-12: one thing to change so that it does not happen again.

    ``due_on`` is a day, in the owner's own time zone. It may belong to an incident, and to the post-mortem in which it
    was promised; without either it stands on its own. ``drop_proposed_by`` asked that it not be done; a second person
    decides. ``evidence`` is what shows that it is done, ``drop_reason`` why it is not to be.
    """

    title = models.CharField(max_length=300)
    details = models.TextField(max_length=5000, blank=True)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="action_items"
    )
    postmortem = models.ForeignKey(
        Postmortem, null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items"
    )
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="action_items"
    )
    due_on = models.DateField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    kind = models.CharField(max_length=8, choices=ItemKind, blank=True)
    status = models.CharField(max_length=11, choices=ItemStatus, default=ItemStatus.OPEN)
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.TextField(max_length=2000, blank=True)
    drop_proposed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drop_proposed_at = models.DateTimeField(null=True, blank=True)
    drop_reason = models.TextField(max_length=2000, blank=True)
    submission_key = models.UUIDField(null=True, blank=True)

    search = models.GeneratedField(
        expression=SearchVector("title", "details", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="item_status_known"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="item_priority_known"),
            models.CheckConstraint(condition=Q(kind__in=["", *ItemKind.values]), name="item_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=[str(s) for s in ITEM_OPEN], closed_at=None)
                | (~Q(status__in=[str(s) for s in ITEM_OPEN]) & Q(closed_at__isnull=False)),
                name="item_closed_when_closed",
            ),
            models.CheckConstraint(
                condition=~Q(status=ItemStatus.DONE) | ~Q(evidence=""), name="item_done_with_evidence"
            ),
            models.CheckConstraint(
                condition=~Q(status=ItemStatus.DROPPED) | ~Q(drop_reason=""), name="item_dropped_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(status=ItemStatus.DROPPED)
                | (
                    Q(drop_proposed_by__isnull=False, closed_by__isnull=False)
                    & ~Q(closed_by=models.F("drop_proposed_by"))
                ),
                name="item_dropped_by_a_second",
            ),
            models.UniqueConstraint(fields=["added_by", "submission_key"], name="item_added_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "priority", "id"],
                name="item_open",
                condition=Q(status__in=[str(s) for s in ITEM_OPEN]),
            ),
            models.Index(
                fields=["owner", "due_on", "id"],
                name="item_open_of_owner",
                condition=Q(status__in=[str(s) for s in ITEM_OPEN]),
            ),
            models.Index(
                fields=["-closed_at", "-id"], name="item_closed", condition=Q(closed_at__isnull=False)
            ),
            models.Index(fields=["added_at"], name="item_added"),
            GinIndex(fields=["search"], name="item_search"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"ACT-{self.pk}"

    @property
    def is_open(self) -> bool:
        return is_item_open(self.status)

    @property
    def is_loose(self) -> bool:
        """Open, without an owner or a date."""
        return self.is_open and (self.owner_id is None or self.due_on is None)


class ActionItemLink(models.Model):
    """Where else it is tracked: an issue, a pull request."""

    item = models.ForeignKey(ActionItem, on_delete=models.CASCADE, related_name="links")
    url = models.CharField(max_length=2000)
    title = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "url"], name="item_link_once")]

    def __str__(self) -> str:
        return self.title or self.url


class ItemEvent(models.Model):
    """What became of an action item: every change, with what it was before. Rows are only ever added.

    ``data`` holds ``{"due_on": ["2026-11-20", "2026-11-27"]}``: the old and the new value of each field.
    """

    item = models.ForeignKey(ActionItem, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=14, choices=ItemChange)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ItemChange.values), name="item_event_kind_known")
        ]

    def __str__(self) -> str:
        return f"ACT-{self.item_id} {self.kind}"
