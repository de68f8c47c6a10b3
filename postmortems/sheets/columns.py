"""The columns of the file, and what each says of an item."""

from collections.abc import Callable

from django.utils import timezone

from postmortems.models import ActionItem
from postmortems.states import ItemKind, ItemStatus, Priority

#: In their order. ``id`` to ``links`` are read back; the others are for reading.
COLUMNS: dict[str, Callable[[ActionItem], str]] = {
    "id": lambda item: item.reference,
    "title": lambda item: item.title,
    "status": lambda item: status_word(item.status),
    "owner": lambda item: item.owner.name if item.owner else "",
    "due": lambda item: item.due_on.isoformat() if item.due_on else "",
    "priority": lambda item: Priority(item.priority).label,
    "kind": lambda item: ItemKind(item.kind).label if item.kind else "",
    "team": lambda item: item.team.name if item.team else "",
    "incident": lambda item: f"INC-{item.incident_id}" if item.incident_id else "",
    "details": lambda item: item.details,
    "links": lambda item: "\n".join(link.url for link in item.links.all()),
    "evidence": lambda item: item.drop_reason if item.status == ItemStatus.DROPPED else item.evidence,
    "added": lambda item: f"{timezone.localtime(item.added_at):%Y-%m-%d}",
    "closed": lambda item: f"{timezone.localtime(item.closed_at):%Y-%m-%d}" if item.closed_at else "",
}
READ_ONLY = ("added", "closed")
READ = tuple(name for name in COLUMNS if name not in READ_ONLY)


def status_word(status: str) -> str:
    """Without a typographic apostrophe: it is typed on keyboards, and found by searches."""
    return ItemStatus(status).label.replace("’", "'")


STATUSES = {status_word(status).lower(): status for status in ItemStatus}
PRIORITIES = {priority.label.lower(): priority for priority in Priority}
KINDS = {kind.label.lower(): kind for kind in ItemKind}
