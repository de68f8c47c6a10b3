"""Incidents, their checklists, and the timeline that nothing may rewrite."""

from datetime import datetime, timedelta

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Team, User
from incidents.states import OPEN, STEPS, Kind, Nature, Status, is_open
from runbooks.models import Revision

SOON_SECONDS = 300
PRESENCE_LIFETIME = timedelta(seconds=45)


class Service(models.Model):
    """What breaks."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="services")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="service_name_unique_in_any_case")]

    def __str__(self) -> str:
        return self.name


#: Another text as soon as somebody, a team, a service or a runbook is called something else.
NAMES = RawSQL(
    """md5(concat_ws(chr(10),
    (SELECT string_agg(concat_ws(chr(9), id, name), chr(10) ORDER BY id) FROM accounts_user),
    (SELECT string_agg(concat_ws(chr(9), id, name), chr(10) ORDER BY id) FROM accounts_team),
    (SELECT string_agg(concat_ws(chr(9), id, name), chr(10) ORDER BY id) FROM incidents_service),
    (SELECT string_agg(concat_ws(chr(9), id, title, slug, current_id, archived_at), chr(10) ORDER BY id)
        FROM runbooks_runbook)))""",
    [],
    models.CharField(),
)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> "IncidentQuerySet":
        return self.filter(status__in=OPEN)

    def ended(self) -> "IncidentQuerySet":
        return self.exclude(status__in=OPEN)

    def visible_to(self, user: User | int) -> "IncidentQuerySet":
        """What ``user`` may know of: all that is not private, and the private ones they were added to."""
        granted = Access.objects.filter(incident=models.OuterRef("pk"), user=user)
        return self.filter(Q(is_private=False) | models.Exists(granted))

    def most_severe_first(self) -> "IncidentQuerySet":
        return self.order_by("severity", "-declared_at", "-id")

    def with_people(self) -> "IncidentQuerySet":
        return self.select_related(
            "declared_by", "acknowledged_by", "commander", "communications_lead", "scribe", "team"
        )

    def for_room(self) -> "IncidentQuerySet":
        """With what every part of a room needs, and ``names``: what stands for all names that rooms show."""
        related = self.with_people().select_related("revision__runbook", "merged_into")
        return related.defer("search", "merged_into__search", "revision__source").annotate(names=NAMES)


class Incident(models.Model):
    """One incident, INC-42, from declared to closed.

    ``severity`` is the level, 1 the most severe; ``severity_name`` is what the runbook calls it. Counters and
    the last word are kept in the row, written by the operation that changes them, so that the board reads
    one table. ``event_seq`` numbers the timeline without gaps; ``chain_head`` is the hash of its last event.
    """

    title = models.CharField(max_length=200)
    impact = models.TextField(max_length=2000, blank=True)
    symptom = models.TextField(max_length=2000, blank=True)
    severity = models.PositiveSmallIntegerField()
    severity_name = models.CharField(max_length=80)
    status = models.CharField(max_length=16, choices=Status, default=Status.INVESTIGATING)
    is_private = models.BooleanField(default=False)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents")
    services = models.ManyToManyField(Service, blank=True, related_name="incidents")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="incidents")
    channel_name = models.CharField(max_length=80, blank=True)

    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(default=timezone.now)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    identified_at = models.DateTimeField(null=True, blank=True)
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )

    commander = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    communications_lead = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    scribe = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    nature = models.CharField(max_length=14, choices=Nature, default=Nature.LIVE)
    cadence = models.DurationField(null=True, blank=True)
    acknowledge_due_at = models.DateTimeField(null=True, blank=True)
    last_update_at = models.DateTimeField(null=True, blank=True)
    next_update_due_at = models.DateTimeField(null=True, blank=True)
    steps_done = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    last_word = models.CharField(max_length=300, blank=True)
    last_word_by = models.CharField(max_length=80, blank=True)
    last_word_at = models.DateTimeField(null=True, blank=True)
    event_seq = models.PositiveIntegerField(default=0)
    chain_head = models.CharField(max_length=64, blank=True)
    submission_key = models.UUIDField(null=True, blank=True)

    search = models.GeneratedField(
        expression=SearchVector("title", "symptom", "impact", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="incident_status_known"),
            models.CheckConstraint(condition=Q(nature__in=Nature.values), name="incident_nature_known"),
            models.CheckConstraint(condition=Q(severity__gte=1), name="incident_severity_positive"),
            models.CheckConstraint(
                condition=Q(status=Status.MERGED, merged_into__isnull=False)
                | (~Q(status=Status.MERGED) & Q(merged_into=None)),
                name="incident_merged_into_another",
            ),
            models.UniqueConstraint(fields=["declared_by", "submission_key"], name="incident_declared_once"),
        ]
        indexes = [
            models.Index(
                fields=["severity", "-declared_at", "-id"],
                name="incident_open",
                condition=Q(status__in=[str(s) for s in OPEN]),
            ),
            models.Index(fields=["-declared_at", "-id"], name="incident_declared"),
            models.Index(fields=["-ended_at"], name="incident_ended", condition=Q(ended_at__isnull=False)),
            GinIndex(fields=["search"], name="incident_search"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"INC-{self.pk}"

    @property
    def is_open(self) -> bool:
        return is_open(self.status)

    @property
    def level(self) -> int:
        """The severity for signs and colours, which know four levels."""
        return min(self.severity, 4)

    @property
    def is_quiet(self) -> bool:
        """Whether it nudges nobody."""
        return self.nature != Nature.LIVE

    @property
    def update_interval(self) -> timedelta | None:
        """How often stakeholders hear news now; while it is only watched, half as often. None: no updates owed."""
        return self.cadence * 2 if self.cadence and self.status == Status.MONITORING else self.cadence

    @property
    def step_index(self) -> int:
        """Where the status stands among the four steps; 3 once the incident has ended."""
        return STEPS.index(Status(self.status)) if self.status in STEPS else len(STEPS) - 1

    @property
    def due_state(self) -> str:
        """How the next status update stands now: "ok", "soon" (5 minutes), "late", or "none"."""
        return due_state_at(self.next_update_due_at) if self.is_open else "none"

    @property
    def acknowledge_state(self) -> str:
        """How its acknowledgement stands: "ok", "soon", "late", or "none" once somebody has, or none is owed."""
        return due_state_at(self.acknowledge_due_at) if self.is_open and not self.acknowledged_at else "none"


def due_state_at(due_at: datetime | None) -> str:
    """How something due at ``due_at`` stands now: "ok", "soon" (5 minutes), "late", or "none" where nothing is."""
    if due_at is None:
        return "none"
    left = (due_at - timezone.now()).total_seconds()
    return "late" if left < 0 else "soon" if left <= SOON_SECONDS else "ok"


class Access(models.Model):
    """Someone who may know of a private incident."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="access")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="access_once")]

    def __str__(self) -> str:
        return f"{self.user} may see {self.incident_id}"


class Checklist(models.Model):
    """A checklist or a containment branch of the pinned runbook, as one incident works it.

    A branch is asked only while it is chosen and not abandoned; at most one is, at a time.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="checklists")
    title = models.CharField(max_length=300)
    phase = models.CharField(max_length=300, blank=True)
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField(default=0)
    is_branch = models.BooleanField(default=False)
    chosen_at = models.DateTimeField(null=True, blank=True)
    chosen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    abandoned_at = models.DateTimeField(null=True, blank=True)
    abandoned_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    abandon_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                name="checklist_one_branch_chosen",
                condition=Q(is_branch=True, chosen_at__isnull=False, abandoned_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_chosen(self) -> bool:
        return self.chosen_at is not None and self.abandoned_at is None


class StepQuerySet(models.QuerySet["Step"]):
    def asked(self) -> "StepQuerySet":
        """Tasks and questions that count: of checklists, and of the chosen branch."""
        chosen = Q(checklist__chosen_at__isnull=False, checklist__abandoned_at=None)
        return self.filter(Q(checklist__is_branch=False) | chosen, kind__in=Step.COUNTED)

    def settled(self) -> "StepQuerySet":
        return self.filter(Q(done_at__isnull=False) | Q(skipped_at__isnull=False))


class Step(models.Model):
    """One line of a checklist: a task to tick, a question to answer, words, or a command to copy.

    A question is done when it has an answer; a command is done when someone logged that it was run.
    """

    class StepKind(models.TextChoices):
        TASK = "task"
        QUESTION = "question"
        INSTRUCTION = "instruction"
        COMMAND = "command"

    COUNTED = (StepKind.TASK, StepKind.QUESTION)

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps")
    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind)
    text = models.TextField(blank=True)
    command = models.TextField(blank=True)
    line = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    assigned_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    skipped_at = models.DateTimeField(null=True, blank=True)
    skipped_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    skip_reason = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(skipped_at=None), name="step_done_or_skipped"
            ),
            models.CheckConstraint(condition=~Q(text="") | ~Q(command=""), name="step_says_something"),
        ]

    def __str__(self) -> str:
        return self.text or self.command

    @property
    def is_settled(self) -> bool:
        return self.done_at is not None or self.skipped_at is not None


class TimelineEvent(models.Model):
    """What happened, when it happened (``occurred_at``) and when it was written (``recorded_at``).

    Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE. ``text`` is Markdown; ``data`` holds what the
    kind needs, with names as they were. ``commitment`` is the SHA-256 of ``salt`` and the canonical content;
    ``hash`` links it to the event before, so the chain verifies even where a content has been redacted.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=24, choices=Kind)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    submission_key = models.UUIDField(null=True, blank=True)
    salt = models.CharField(max_length=32)
    commitment = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="event_seq_once"),
            models.UniqueConstraint(fields=["incident", "submission_key"], name="event_submitted_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="event_kind_known"),
        ]
        indexes = [
            models.Index(fields=["incident", "-occurred_at", "-seq"], name="event_by_time"),
            # Few of many: figures read those of a period.
            models.Index(
                fields=["recorded_at"], name="event_updates", condition=Q(kind="status_update_posted")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}/{self.seq} {self.kind}"


class PresenceQuerySet(models.QuerySet["Presence"]):
    def fresh(self) -> "PresenceQuerySet":
        """Those who are there now, as far as anybody knows."""
        return self.filter(seen_at__gt=timezone.now() - PRESENCE_LIFETIME)

    def stale(self) -> "PresenceQuerySet":
        return self.filter(seen_at__lte=timezone.now() - PRESENCE_LIFETIME)


class Presence(models.Model):
    """Someone looking at an incident's room; fresh while ``seen_at`` keeps moving."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.incident_id}"


def elapsed(incident: Incident, until: datetime | None = None) -> float:
    """Seconds from the start of the incident until its end, or until now while it is open."""
    end = until or incident.ended_at or timezone.now()
    return max(0.0, (end - incident.started_at).total_seconds())
