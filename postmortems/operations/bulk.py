"""One change to many action items."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import User
from incidents.operations import Refused
from postmortems.models import ActionItem
from postmortems.operations import items
from postmortems.states import ITEM_OPEN

#: How many at most: each is a transaction of its own, and somebody waits for all of them.
MOST = 500


@dataclass
class Outcome:
    """What became of each: those ``changed``, how many were so ``already``, and why others were ``refused``."""

    changed: list[ActionItem] = field(default_factory=list)
    already: list[ActionItem] = field(default_factory=list)
    refused: list[tuple[ActionItem, str]] = field(default_factory=list)


def bulk_change(
    item_ids: Iterable[int],
    *,
    by: User,
    owner: User | None = None,
    due_on: date | None = None,
    priority: int | None = None,
    status: str = "",
) -> Outcome:
    """Give those of ``item_ids`` that ``by`` may see another owner, date, priority or open status, whichever is said.

    Each item is a transaction of its own, so that one that is refused keeps no other from changing and no incident
    stays locked; the same again changes nothing. Raises ``Refused`` for what cannot be done to many at once.
    """
    if status and status not in ITEM_OPEN:
        raise Refused("Finishing and dropping need words of their own: do it on each item.")
    said = {"owner": owner, "due_on": due_on, "priority": priority}
    changes = {name: value for name, value in said.items() if value is not None}
    if not changes and not status:
        raise Refused("Choose what to change.")
    found = ActionItem.objects.visible_to(by).filter(pk__in=list(item_ids)).order_by("pk")
    if len(chosen := list(found[: MOST + 1])) > MOST:
        raise Refused(f"Change {MOST} at once at most.")
    outcome = Outcome()
    for item in chosen:
        _change_one(item, changes, status, by, outcome)
    return outcome


def _change_one(item: ActionItem, changes: dict[str, Any], status: str, by: User, outcome: Outcome) -> None:
    try:
        with transaction.atomic():
            changed = items.change_item(item.pk, by=by, **changes) if changes else item
            changed = items.start(item.pk, by=by, status=status) if status else changed
    except Refused as refused:
        outcome.refused.append((item, str(refused)))
        return
    same = changed.changed_at == item.changed_at
    (outcome.already if same else outcome.changed).append(changed)
