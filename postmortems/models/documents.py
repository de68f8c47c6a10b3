"""A post-mortem, its versions, who reviews it, what was said about it, and its pictures."""

from uuid import uuid4

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.utils import timezone

from accounts.models import Role, User
from incidents.models import Access, Incident, TimelineEvent
from postmortems.states import DocumentStatus, RevisionKind, Verdict

#: Letters of a document that are searched: what PostgreSQL indexes has a limit of 1 MB.
SEARCHED = 200_000


class PostmortemQuerySet(models.QuerySet["Postmortem"]):
    def visible_to(self, user: User) -> "PostmortemQuerySet":
        """Those of incidents that ``user`` may know of."""
        granted = Access.objects.filter(incident=models.OuterRef("incident"), user=user)
        return self.filter(Q(incident__is_private=False) | models.Exists(granted))

    def kept(self) -> "PostmortemQuerySet":
        """Those that were not discarded."""
        return self.filter(discarded_at=None)

    def published(self) -> "PostmortemQuerySet":
        return self.kept().filter(status=DocumentStatus.PUBLISHED)

    def unpublished(self) -> "PostmortemQuerySet":
        return self.kept().exclude(status=DocumentStatus.PUBLISHED)


class Postmortem(models.Model):
    """What is written about an incident once it is over, as Markdown.

    ``text`` is the document as it stands and ``number`` the version that it is; ``last_number`` is the highest given
    to any version, those beside the document included. ``due_at`` is the runbook's deadline. ``published_number``
    is the version that was published; ``published_over`` holds the warnings that were published over, in words,
    and ``publish_reason`` why. A discarded document keeps everything and can be brought back.
    """

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="postmortem")
    title = models.CharField(max_length=250)
    status = models.CharField(max_length=10, choices=DocumentStatus, default=DocumentStatus.DRAFT)
    text = models.TextField(blank=True)
    number = models.PositiveIntegerField(default=0)
    last_number = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    review_requested_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_number = models.PositiveIntegerField(null=True, blank=True)
    published_over = models.JSONField(default=list, blank=True)
    publish_reason = models.CharField(max_length=500, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    discard_reason = models.CharField(max_length=500, blank=True)

    search = models.GeneratedField(
        expression=SearchVector("title", Left("text", SEARCHED), config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PostmortemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=DocumentStatus.values), name="postmortem_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=DocumentStatus.PUBLISHED) | Q(published_at__isnull=False),
                name="postmortem_published_when_published",
            ),
            models.CheckConstraint(
                condition=Q(last_number__gte=models.F("number")), name="postmortem_last_number"
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="postmortem_search"),
            models.Index(fields=["-created_at", "-id"], name="postmortem_newest"),
            models.Index(
                fields=["-published_at", "-id"],
                name="postmortem_published",
                condition=Q(status="published", discarded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Post-mortem of INC-{self.incident_id}"

    @property
    def is_published(self) -> bool:
        return self.status == DocumentStatus.PUBLISHED

    @property
    def is_discarded(self) -> bool:
        return self.discarded_at is not None

    @property
    def is_changed_since(self) -> bool:
        """Whether it was edited after it was published."""
        return self.is_published and self.number != self.published_number


class PostmortemRevision(models.Model):
    """A version: every text that anybody saved, as it was sent. Rows are added and never changed but for
    ``settled_number``, the version that took up or settled what was beside the document.

    ``base_number`` is the version that the writer began from; ``key`` names the save, so that one sent twice is one.
    """

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=RevisionKind)
    text = models.TextField(blank=True)
    base_number = models.PositiveIntegerField(default=0)
    settled_number = models.PositiveIntegerField(null=True, blank=True)
    saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)
    key = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "number"], name="postmortem_revision_number_once"),
            models.UniqueConstraint(fields=["postmortem", "key"], name="postmortem_revision_saved_once"),
            models.CheckConstraint(
                condition=Q(kind__in=RevisionKind.values), name="postmortem_revision_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of {self.postmortem_id}"


class ReviewerQuerySet(models.QuerySet["Reviewer"]):
    def able(self) -> "ReviewerQuerySet":
        """Those who may still work on the incident: a review of one who lost access is owed by nobody."""
        granted = Access.objects.filter(
            incident=models.OuterRef("postmortem__incident"), user=models.OuterRef("user")
        )
        seeing = Q(postmortem__incident__is_private=False) | models.Exists(granted)
        roles = (Role.RESPONDER, Role.ADMINISTRATOR)
        return self.filter(seeing, user__is_active=True, user__role__in=roles)

    def waiting(self) -> "ReviewerQuerySet":
        """Those who owe an answer now: not of a draft, nor of what was published or discarded meanwhile."""
        in_review = {"postmortem__status": DocumentStatus.IN_REVIEW, "postmortem__discarded_at": None}
        return self.able().filter(verdict=Verdict.WAITING, **in_review)


class Reviewer(models.Model):
    """Someone asked to read a post-mortem before it is published, and what they made of version ``number``.

    Asked again, they wait again (``verdict`` is ""); what they said of ``number`` stays until they answer.
    """

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default=Verdict.WAITING)
    said = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)

    objects = ReviewerQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "user"], name="reviewer_once"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="reviewer_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} reviews {self.postmortem_id}"


class Comment(models.Model):
    """Something said about a passage: ``quote`` is the passage as it stood in version ``number``, at letter
    ``start`` of it; "" for the whole document. ``answers`` is the comment that it replies to."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="comments")
    number = models.PositiveIntegerField()
    quote = models.TextField(max_length=2000, blank=True)
    start = models.PositiveIntegerField(default=0)
    text = models.TextField(max_length=5000)
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submission_key = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "submission_key"], name="comment_made_once")
        ]

    def __str__(self) -> str:
        return f"{self.made_by}: {self.text[:40]}"


class HiddenEvent(models.Model):
    """A timeline event that the document leaves out as noise; the record itself keeps it.

    With ``is_shown`` the other way round: one of a kind that is noise by itself, and is told all the same.
    """

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="hidden_events")
    event = models.ForeignKey(TimelineEvent, on_delete=models.PROTECT, related_name="+")
    is_shown = models.BooleanField(default=False)
    hidden_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["postmortem", "event"], name="hidden_event_once")]

    def __str__(self) -> str:
        return f"{self.event_id} is hidden in {self.postmortem_id}"


class Picture(models.Model):
    """An image in a document, as we encoded it: ``content`` is PNG, JPEG or WebP, ``width`` × ``height`` pixels."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="pictures")
    name = models.CharField(max_length=120, blank=True)
    content = models.BinaryField()
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "sha256"], name="picture_once")]

    def __str__(self) -> str:
        return self.name or str(self.pk)
