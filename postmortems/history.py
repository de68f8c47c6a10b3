"""The versions of a document as they are listed: those that one person saved within an hour are one entry."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from postmortems.models import Postmortem, PostmortemRevision
from postmortems.states import IN_DOCUMENT, RevisionKind

#: Versions looked at for the short list beside the document, and entries of it.
RECENT, SHORT = 200, 6
_EVERYDAY = (RevisionKind.SAVED, RevisionKind.MERGED)


@dataclass(frozen=True, slots=True)
class Entry:
    """Versions of one person and one hour, newest first."""

    versions: list[PostmortemRevision]

    @property
    def last(self) -> PostmortemRevision:
        return self.versions[0]

    @property
    def first(self) -> PostmortemRevision:
        return self.versions[-1]

    @property
    def where(self) -> str:
        """The sections that were written in, in the order in which they were."""
        names = dict.fromkeys(version.note for version in reversed(self.versions) if version.note)
        return ", ".join(list(names)[:3]) + (" …" if len(names) > 3 else "")


def listed(postmortem: Postmortem) -> QuerySet[PostmortemRevision]:
    """Every version, newest first, without its text."""
    return postmortem.revisions.select_related("saved_by").defer("text").order_by("-number")


def recent(postmortem: Postmortem) -> list[Entry]:
    """The last entries of what is or was the document."""
    return entries(listed(postmortem).filter(kind__in=IN_DOCUMENT)[:RECENT])[:SHORT]


def conflicts(postmortem: Postmortem) -> QuerySet[PostmortemRevision]:
    """What waits beside the document until someone settles it, oldest first."""
    return listed(postmortem).filter(kind=RevisionKind.CONFLICT, settled_number=None).order_by("number")


def entries(versions: Iterable[PostmortemRevision]) -> list[Entry]:
    found: list[Entry] = []
    for version in versions:
        if found and _belong_together(found[-1].first, version):
            found[-1].versions.append(version)
        else:
            found.append(Entry([version]))
    return found


def _belong_together(later: PostmortemRevision, earlier: PostmortemRevision) -> bool:
    return (
        later.kind in _EVERYDAY
        and earlier.kind in _EVERYDAY
        and later.saved_by_id == earlier.saved_by_id
        and _hour(later) == _hour(earlier)
    )


def _hour(version: PostmortemRevision) -> str:
    return f"{timezone.localtime(version.saved_at):%Y-%m-%d %H %z}"
