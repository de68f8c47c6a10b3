"""Runbooks and their revisions. A revision is what was published, byte for byte, for ever."""

from dataclasses import dataclass, field
from functools import lru_cache

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from runbooks.fallback import EffectivePlaybook, effective
from runbooks.playbook import Playbook
from runbooks.reader import read
from runbooks.source import text_of


class RunbookQuerySet(models.QuerySet["Runbook"]):
    def active(self) -> "RunbookQuerySet":
        return self.filter(archived_at=None)

    def archived(self) -> "RunbookQuerySet":
        return self.filter(archived_at__isnull=False)

    def default(self) -> "Runbook | None":
        """The runbook that incidents use, with its current revision; None while there is none."""
        return self.filter(is_default=True).select_related("current").first()

    def listed(self) -> "RunbookQuerySet":
        """All that a list shows, without the sources themselves."""
        people = self.select_related("team", "current__published_by").defer("current__source")
        return people.order_by("-is_default", "title", "id")


class Runbook(models.Model):
    """A document the team works by. ``current`` is its newest revision; None only while it is being made.

    ``is_default`` marks the one that incidents are declared with. It is archived, never deleted: incidents
    stay pinned to its revisions.
    """

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    is_default = models.BooleanField(default=False)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="runbooks")
    current = models.ForeignKey(
        "Revision", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = RunbookQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="runbook_one_default"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(archived_at=None), name="runbook_default_not_archived"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Revision(models.Model):
    """One published text of a runbook: ``source`` is its exact bytes, ``filename`` the name it came under.

    A database trigger refuses UPDATE, DELETE and TRUNCATE. ``published_by`` is None where a command did it.
    """

    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    source = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["runbook", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return f"{self.runbook_id} revision {self.number}"

    @property
    def playbook(self) -> Playbook:
        """What the reader understands of this revision; read once per process."""
        return _playbook(_Known(self.sha256, self))

    @property
    def effective(self) -> EffectivePlaybook:
        """The same with nothing missing: what it does not say comes from the starter."""
        return _effective(_Known(self.sha256, self))

    @property
    def text(self) -> str:
        """The source to show. What is not UTF-8 shows as U+FFFD; :attr:`source` has it as it came."""
        return text_of(bytes(self.source))


@lru_cache(maxsize=128)  # each keeps its source, of 1 MB at most: all active runbooks are read to declare
def playbook_of(source: bytes) -> Playbook:
    return read(source)


@dataclass(frozen=True, slots=True)
class _Known:
    """A revision by the hash of its source, which itself is asked for only where nobody has read it yet."""

    sha256: str
    revision: Revision = field(compare=False)


@lru_cache(maxsize=128)
def _playbook(known: _Known) -> Playbook:
    return playbook_of(bytes(known.revision.source))


@lru_cache(maxsize=128)
def _effective(known: _Known) -> EffectivePlaybook:
    return effective(_playbook(known))
