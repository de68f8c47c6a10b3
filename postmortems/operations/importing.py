"""Bringing in a CSV file of action items that somebody has seen the plan of, and agreed to."""

from uuid import UUID, uuid5

from django.db import transaction

from accounts.models import User
from incidents.operations import Refused, hold
from postmortems.models import ActionItem
from postmortems.operations import items
from postmortems.sheets.planning import Change, Plan, plan
from postmortems.states import ItemStatus


class PlanChanged(Refused):
    """Somebody changed an item after the plan was shown."""

    def __init__(self) -> None:
        super().__init__("Something changed since you looked. Look again at what would happen now.")


@transaction.atomic
def import_items(text: str, *, by: User, agreed: str, key: UUID) -> Plan:
    """Do all that ``text`` says, or nothing. ``agreed`` is the digest of the plan that was shown; the same ``key``
    again adds nothing twice. Raises ``Refused``; ``PlanChanged`` where it would do something else by now."""
    if not by.may_respond:
        raise Refused("You may not import action items.")
    _hold_all(plan(text, by=by), by)
    planned = plan(text, by=by)
    if _is_done(planned, by, key):
        return planned
    if planned.digest() != agreed or not planned.may_go:
        raise PlanChanged
    for change in planned.changes:
        try:
            _apply(change, by, key)
        except Refused as refused:
            raise Refused(f"Line {change.line}: {refused} Nothing was imported.") from refused
    return planned


def _hold_all(planned: Plan, by: User) -> None:
    """Lock the incidents, then the items, each in the order of their numbers, so that two imports cannot deadlock."""
    for incident_id in sorted({change.incident.pk for change in planned.changes if change.incident}):
        hold(incident_id, by=None)
    changed = [change.item.pk for change in planned.changed if change.item]
    list(ActionItem.objects.select_for_update(of=("self",)).filter(pk__in=changed).order_by("pk").only("pk"))


def _is_done(planned: Plan, by: User, key: UUID) -> bool:
    """Whether nothing is left to do, or this form added its items already."""
    if not planned.changes and not planned.problems:
        return True
    keys = [_key_of(change, key) for change in planned.added]
    return bool(keys) and ActionItem.objects.filter(added_by=by, submission_key__in=keys).exists()


def _key_of(change: Change, key: UUID) -> UUID:
    return uuid5(key, str(change.line))


def _apply(change: Change, by: User, key: UUID) -> None:
    said, links = change.meaning, change.meaning.links
    if change.item is None:
        item = items.add_item(
            by=by, incident=change.incident, links=links or (), key=_key_of(change, key), **said.fields
        )
    else:
        item = items.change_item(change.item.pk, by=by, **said.fields) if said.fields else change.item
        if links is not None:
            _apply_links(item, links, by)
    if said.status == ItemStatus.DONE:
        items.mark_done(item.pk, by=by, evidence=said.evidence)
    elif said.status:
        items.start(item.pk, by=by, status=said.status)


def _apply_links(item: ActionItem, links: list[str], by: User) -> None:
    have = {link.url: link for link in item.links.all()}
    for url, link in have.items():
        if url not in links:
            items.remove_link(item.pk, link.pk, by=by)
    for url in links:
        if url not in have:
            items.add_link(item.pk, url, by=by)
