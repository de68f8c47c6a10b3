"""Every write to runbooks: one function a verb, each in a transaction of its own."""

import hashlib
from pathlib import PurePosixPath

from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Team, User
from outbox.facts import publish as publish_fact
from runbooks import source as sources
from runbooks.models import Revision, Runbook, playbook_of
from runbooks.reader import ReaderError

RESERVED_SLUGS = {"new", "preview"}


class Refused(Exception):
    """The change cannot be made; the message says why, to the person who asked for it."""


class NothingChanged(Refused):
    """The source is the current revision, byte for byte."""


class AlreadyThere(Refused):
    """Another runbook already has exactly this source: ``runbook``."""

    def __init__(self, runbook: Runbook) -> None:
        super().__init__(f"This text is already published as “{runbook.title}”.")
        self.runbook = runbook


class PublishedMeanwhile(Refused):
    """Someone published since the author began: ``current`` is what they published."""

    def __init__(self, current: Revision) -> None:
        super().__init__(f"Revision {current.number} was published while you were editing.")
        self.current = current


@transaction.atomic
def create_runbook(
    source: bytes,
    *,
    by: User | None,
    filename: str = "",
    note: str = "",
    team: Team | None = None,
    for_incidents: bool = False,
) -> Revision:
    """A new runbook with ``source`` as its revision 1; the default when ``for_incidents`` or there is none yet.

    Raises :class:`runbooks.source.SourceRefused`, and :class:`AlreadyThere` on the same source twice, which
    is what a double submit is.
    """
    _check(source)
    _one_at_a_time()
    if twin := _with_source(source):
        raise AlreadyThere(twin)
    title = _title(source, filename)
    slug = _free_slug(PurePosixPath(filename).stem or title)
    runbook = Runbook.objects.create(title=title, slug=slug, team=team, created_by=by)
    revision = _add_revision(runbook, source, filename, note, by)
    if for_incidents or not Runbook.objects.filter(is_default=True).exists():
        _make_default(runbook)
    return revision


@transaction.atomic
def publish(
    runbook: Runbook,
    source: bytes,
    *,
    by: User | None,
    base: int | None = None,
    filename: str = "",
    note: str = "",
) -> Revision:
    """The next revision of ``runbook``. ``base`` is the number the author began from; None does not check it.

    Raises :class:`runbooks.source.SourceRefused`, :class:`NothingChanged`, :class:`PublishedMeanwhile`, and
    :class:`Refused` where the runbook is archived.
    """
    _check(source)
    runbook = _locked(runbook)
    if runbook.is_archived:
        raise Refused("This runbook is archived. Bring it back before you publish.")
    current = runbook.current
    if current is not None and bytes(current.source) == source:
        raise NothingChanged(f"Nothing changed: this is revision {current.number} as it stands.")
    if current is not None and base is not None and base != current.number:
        raise PublishedMeanwhile(current)
    return _add_revision(runbook, source, filename or (current.filename if current else ""), note, by)


@transaction.atomic
def set_default(runbook: Runbook, *, by: User) -> None:
    """Declare incidents with ``runbook`` from now on. Incidents under way keep the revision they have."""
    _one_at_a_time()
    runbook = _locked(runbook)
    if runbook.is_archived:
        raise Refused("This runbook is archived. Bring it back before you choose it.")
    _make_default(runbook)


@transaction.atomic
def assign_team(runbook: Runbook, team: Team | None, *, by: User) -> None:
    runbook = _locked(runbook)
    runbook.team = team
    runbook.save(update_fields=["team"])


@transaction.atomic
def archive(runbook: Runbook, *, by: User) -> None:
    """Take ``runbook`` out of the list; its revisions stay readable. Twice is once."""
    runbook = _locked(runbook)
    if runbook.is_default:
        raise Refused("Incidents are declared with this runbook. Choose another one for them first.")
    runbook.archived_at = runbook.archived_at or timezone.now()
    runbook.save(update_fields=["archived_at"])


@transaction.atomic
def unarchive(runbook: Runbook, *, by: User) -> None:
    runbook = _locked(runbook)
    runbook.archived_at = None
    runbook.save(update_fields=["archived_at"])


def _check(source: bytes) -> None:
    """Raise :class:`runbooks.source.SourceRefused` unless the source can be kept and read."""
    sources.check(source)
    try:
        playbook_of(source)
    except ReaderError as error:
        raise sources.SourceRefused(str(error)) from error


def _locked(runbook: Runbook) -> Runbook:
    # Not joined to its current revision: after a wait, PostgreSQL sees this row anew but not the other one.
    return Runbook.objects.select_for_update().get(pk=runbook.pk)


def _one_at_a_time() -> None:
    """Until the transaction ends, nobody else makes a runbook or chooses the default."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('runbooks'))")


def _with_source(source: bytes) -> Runbook | None:
    digest = hashlib.sha256(source).hexdigest()
    return Runbook.objects.active().filter(current__sha256=digest).first()


def _add_revision(runbook: Runbook, source: bytes, filename: str, note: str, by: User | None) -> Revision:
    """The next revision, made current; the title follows the document's own."""
    revision = Revision.objects.create(
        runbook=runbook,
        number=(runbook.current.number if runbook.current else 0) + 1,
        source=source,
        sha256=hashlib.sha256(source).hexdigest(),
        filename=filename,
        note=note,
        published_by=by,
    )
    runbook.title = _title(source, filename)
    runbook.current = revision
    runbook.save(update_fields=["title", "current"])
    publish_fact("runbook_published", runbook_id=runbook.pk, revision_id=revision.pk)
    return revision


def _make_default(runbook: Runbook) -> None:
    Runbook.objects.filter(is_default=True).exclude(pk=runbook.pk).update(is_default=False)
    runbook.is_default = True
    runbook.save(update_fields=["is_default"])


def _title(source: bytes, filename: str) -> str:
    """What the document calls itself, else its file name in words."""
    stem = PurePosixPath(filename).stem.replace("-", " ").replace("_", " ").strip()
    return (playbook_of(source).title.strip() or stem.capitalize() or "Untitled runbook")[:200]


def _free_slug(words: str) -> str:
    """A slug that nobody has: the words', else "runbook", with a number where it is taken."""
    stem = slugify(words)[:70].strip("-") or "runbook"
    taken = set(Runbook.objects.filter(slug__startswith=stem).values_list("slug", flat=True)) | RESERVED_SLUGS
    candidates = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)
