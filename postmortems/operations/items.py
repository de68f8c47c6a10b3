"""Every write to an action item, one function a verb.

Each locks the item's incident first, where it has one, then the item; checks the rule, changes it, adds to its
history and publishes ``action_item_changed``, in one transaction. That it was added, done, dropped or reopened is
on the incident's timeline too. A rule that says no raises ``Refused`` with words for the person who asked.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team, User
from incidents.models import Incident
from incidents.operations import Refused, SaidBefore, hold, note_afterwards
from incidents.permissions import can_see
from incidents.states import Kind, Status
from outbox.facts import publish
from postmortems.evidence import ASK, is_evidence, is_web_address
from postmortems.models import ActionItem, ActionItemLink, ItemEvent, Postmortem
from postmortems.permissions import can_add_item, can_change_item
from postmortems.states import ITEM_OPEN, ItemChange, ItemStatus, Priority

#: What ``change_item`` may change, in the order in which its history tells it.
FIELDS = ("title", "details", "owner", "due_on", "priority", "kind", "team")
MOST_LINKS = 20
DROP_FIELDS = ("drop_proposed_by", "drop_proposed_at", "drop_reason")


def add_item(
    *,
    by: User,
    title: str,
    owner: User | None = None,
    due_on: date | None = None,
    priority: int = Priority.MEDIUM,
    kind: str = "",
    incident: Incident | None = None,
    postmortem: Postmortem | None = None,
    team: Team | None = None,
    details: str = "",
    links: Iterable[str] = (),
    key: UUID | None = None,
) -> ActionItem:
    """Promise something: on its own, for an incident, or in a post-mortem (and so for its incident).

    The same person and ``key`` again get the item already added, also when both arrive at once. Raises ``Refused``;
    ``SaidBefore`` where ``key`` came with other words before.
    """
    incident = postmortem.incident if postmortem else incident
    item = ActionItem(
        title=title, details=details, owner=owner, due_on=due_on, priority=priority, kind=kind,
        incident=incident, postmortem=postmortem, team=team or (incident.team if incident else None),
        added_by=by, submission_key=key,
    )  # fmt: skip
    if before := _added_before(item):
        return before
    try:
        return _add(item, list(links), by)
    except IntegrityError:
        # The other half of a double submit committed first: its item is the answer to both.
        if before := _added_before(item):
            return before
        raise


def _added_before(item: ActionItem) -> ActionItem | None:
    same = ActionItem.objects.filter(added_by=item.added_by, submission_key=item.submission_key)
    before = same.first() if item.submission_key else None
    if before is None:
        return None
    said = before.events.get(kind=ItemChange.ADDED).data
    if before.incident_id != item.incident_id or said != differences(_nothing(), said_of(item)):
        raise SaidBefore
    return before


@transaction.atomic
def _add(item: ActionItem, links: list[str], by: User) -> ActionItem:
    incident = item.incident
    if incident:
        item.incident = incident = hold(incident.pk, by=by)
    if not can_add_item(by, incident):
        raise Refused("You may not add action items.")
    if not item.title:
        raise Refused("Say what should change.")
    _check_owner(item)
    item.save(force_insert=True)
    for url in links:
        _link(item, url, by=by)
    _record(item, ItemChange.ADDED, by=by, data=differences(_nothing(), said_of(item)))
    _tell(item, Kind.ACTION_ITEM_ADDED, by=by)
    return item


@transaction.atomic
def change_item(item_id: int, *, by: User, **changes: Any) -> ActionItem:
    """Change any of ``FIELDS``; what is the same already is no change. Both the old and the new stay on record."""
    item = _hold(item_id, by)
    before = said_of(item)
    for name, value in changes.items():
        if name not in FIELDS:
            raise TypeError(name)
        setattr(item, name, value)
    data = differences(before, said_of(item))
    if not data:
        return item
    if not item.title:
        raise Refused("Say what should change.")
    if any(name in data and before[name] for name in ("owner", "due_on")):
        _must_be_open(item)  # whose it was, and when it was due, when it was closed
    if "owner" in data:
        _check_owner(item)
    _record(item, ItemChange.CHANGED, by=by, data=data, changed=tuple(changes))
    return item


@transaction.atomic
def start(item_id: int, *, by: User, status: str = ItemStatus.IN_PROGRESS) -> ActionItem:
    """Move an open item among open, in progress and in review."""
    item = _hold_open(item_id, by)
    if status not in ITEM_OPEN:
        raise Refused("That needs more words.")
    if status == item.status:
        return item
    data = {"status": [item.status, str(status)]}
    item.status = status
    _record(item, ItemChange.STARTED, by=by, data=data, changed=("status",))
    return item


@transaction.atomic
def mark_done(item_id: int, *, by: User, evidence: str) -> ActionItem:
    """It is done: ``evidence`` is a link, or a sentence that could be checked."""
    item = _hold(item_id, by)
    if item.status == ItemStatus.DONE and item.evidence == evidence:
        return item
    _must_be_open(item)
    if not is_evidence(evidence):
        raise Refused(ASK)
    data = {"status": [item.status, ItemStatus.DONE.value]}
    item.evidence = evidence
    _forget_proposal(item)
    _close(item, ItemStatus.DONE, by)
    _record(
        item, ItemChange.DONE, by=by, text=evidence, data=data, changed=("evidence", *DROP_FIELDS, *_CLOSING)
    )
    _tell(item, Kind.ACTION_ITEM_DONE, by=by, text=evidence)
    return item


@transaction.atomic
def propose_drop(item_id: int, *, by: User, reason: str) -> ActionItem:
    """Ask that it not be done, and say why. It stays open, and is reminded of, until a second person agrees."""
    item = _hold_open(item_id, by)
    if not reason:
        raise Refused("Say why it should not be done.")
    asked = item.drop_proposed_by
    if asked and asked != by:
        raise Refused(f"{asked.name} asked for that already. Confirm it, or keep the item.")
    if asked and item.drop_reason == reason:
        return item
    item.drop_proposed_by, item.drop_proposed_at, item.drop_reason = by, timezone.now(), reason
    _record(item, ItemChange.DROP_PROPOSED, by=by, text=reason, changed=DROP_FIELDS)
    return item


@transaction.atomic
def decide_drop(item_id: int, *, by: User, agree: bool, said: str = "") -> ActionItem:
    """Answer somebody who asked that it not be done. Only a second person may agree; keeping it is for anyone,
    whoever asked included."""
    item = _hold_open(item_id, by)
    asked = item.drop_proposed_by
    if asked is None:
        raise Refused("Nobody asks that it be dropped any more.")
    if not agree:
        _forget_proposal(item)
        _record(item, ItemChange.DROP_REFUSED, by=by, text=said, changed=DROP_FIELDS)
        return item
    if asked == by:
        raise Refused("Somebody else must agree: you asked for it.")
    if not by.may_respond:
        raise Refused("Only responders may agree to that.")
    data = {"status": [item.status, ItemStatus.DROPPED.value], "asked_by": asked.name}
    _close(item, ItemStatus.DROPPED, by)
    _record(item, ItemChange.DROPPED, by=by, text=said or item.drop_reason, data=data, changed=_CLOSING)
    _tell(item, Kind.ACTION_ITEM_DROPPED, by=by, text=item.drop_reason)
    return item


@transaction.atomic
def reopen(item_id: int, *, by: User, reason: str) -> ActionItem:
    """Take up again what was done or dropped. What was said then stays in its history."""
    item = _hold(item_id, by)
    if item.is_open:
        raise Refused(f"{item.reference} is open already.")
    if not reason:
        raise Refused("Say why it is reopened.")
    data = {"status": [item.status, ItemStatus.OPEN.value]}
    item.status, item.closed_at, item.closed_by, item.evidence = ItemStatus.OPEN, None, None, ""
    _forget_proposal(item)
    changed = ("evidence", *DROP_FIELDS, *_CLOSING)
    _record(item, ItemChange.REOPENED, by=by, text=reason, data=data, changed=changed)
    _tell(item, Kind.ACTION_ITEM_REOPENED, by=by, text=reason)
    return item


@transaction.atomic
def add_link(item_id: int, url: str, *, by: User, title: str = "") -> ActionItem:
    """Say where else it is tracked; an address that is there already is no change."""
    item = _hold(item_id, by)
    if item.links.filter(url=url).exists():
        return item
    _link(item, url, by=by, title=title)
    _record(item, ItemChange.CHANGED, by=by, data={"link": ["", url]})
    return item


@transaction.atomic
def remove_link(item_id: int, link_id: int, *, by: User) -> ActionItem:
    item = _hold(item_id, by)
    link = item.links.filter(pk=link_id).first()
    if link:
        link.delete()
        _record(item, ItemChange.CHANGED, by=by, data={"link": [link.url, ""]})
    return item


def said_of(item: ActionItem) -> dict[str, Any]:
    """What an item says, as its history keeps it."""
    return {
        "title": item.title,
        "details": item.details,
        "owner": item.owner.name if item.owner else "",
        "owner_id": item.owner_id,
        "due_on": item.due_on.isoformat() if item.due_on else "",
        "priority": int(item.priority),
        "kind": str(item.kind),
        "team": item.team.name if item.team else "",
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


_CLOSING = ("status", "closed_at", "closed_by")


def _nothing() -> dict[str, Any]:
    return said_of(ActionItem())


def _hold(item_id: int, by: User) -> ActionItem:
    """The item, locked until the transaction ends, and its incident, locked before it."""
    # Read unlocked: an item keeps its incident for good.
    incident_id = ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_id)
    incident = hold(incident_id, by=None) if incident_id else None
    locked = ActionItem.objects.select_for_update(of=("self",))
    item = locked.select_related("owner", "team", "drop_proposed_by").get(pk=item_id)
    item.incident = incident
    # Checked again under the lock: access may have been taken away since the page was opened.
    if not can_change_item(by, item):
        raise Refused("You may not change this action item.")
    return item


def _hold_open(item_id: int, by: User) -> ActionItem:
    item = _hold(item_id, by)
    _must_be_open(item)
    return item


def _must_be_open(item: ActionItem) -> None:
    if not item.is_open:
        raise Refused(f"{item.reference} is {item.get_status_display().lower()}. Reopen it first.")


def _check_owner(item: ActionItem) -> None:
    """An owner is there to be reminded, and may know what it is about."""
    owner = item.owner
    if owner is None:
        return
    if not User.objects.filter(pk=owner.pk, is_active=True).exists():
        raise Refused(f"{owner.name} has no active account. Choose somebody else.")
    if item.incident and not can_see(owner, item.incident):
        raise Refused(f"{owner.name} cannot see {item.incident.reference}. Give them access first.")


def _close(item: ActionItem, status: str, by: User) -> None:
    item.status, item.closed_at, item.closed_by = status, timezone.now(), by


def _forget_proposal(item: ActionItem) -> None:
    item.drop_proposed_by, item.drop_proposed_at, item.drop_reason = None, None, ""


def _link(item: ActionItem, url: str, *, by: User, title: str = "") -> None:
    if not is_web_address(url):
        raise Refused("Paste an address that begins with https://.")
    if item.links.count() >= MOST_LINKS:
        raise Refused(f"An action item has {MOST_LINKS} links at most.")
    ActionItemLink.objects.create(item=item, url=url, title=title, added_by=by)


def _record(
    item: ActionItem,
    change: ItemChange,
    *,
    by: User,
    text: str = "",
    data: dict[str, Any] | None = None,
    changed: tuple[str, ...] = (),
) -> None:
    """Save the fields in ``changed``, add to the history, and publish that the item changed."""
    if item.incident and item.incident.status == Status.CLOSED and item.is_loose:
        # What closing waited for stays so.
        raise Refused(f"{item.incident.reference} is closed: the action item needs an owner and a date.")
    item.changed_at = timezone.now()
    item.save(update_fields=["changed_at", *changed])
    ItemEvent.objects.create(item=item, kind=change, by=by, at=item.changed_at, text=text, data=data or {})
    where = {"incident_id": item.incident_id} if item.incident_id else {}
    publish("action_item_changed", item_id=item.pk, **where)


def _tell(item: ActionItem, kind: Kind, *, by: User, text: str = "") -> None:
    if item.incident:
        data = {"item": item.pk, "title": item.title}
        note_afterwards(item.incident, kind, by=by, text=text, data=data)
