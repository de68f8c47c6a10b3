"""What a document tells of its incident's timeline. The timeline itself stays as it is."""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from incidents.models import TimelineEvent
from incidents.operations import Refused
from postmortems.models import HiddenEvent, Postmortem
from postmortems.operations.holding import held, tell
from postmortems.timeline_of_document import NOISE, Told, told

Which = Callable[[Told], bool]


def hide_event(postmortem_id: int, seq: int, *, by: User) -> int:
    """Leave the event numbered ``seq``, or the correction that stands for it, out of the document."""
    return _choose(postmortem_id, lambda one: one.is_of(seq), shown=False, by=by)


def show_event(postmortem_id: int, seq: int, *, by: User) -> int:
    """Have the document tell of it, whatever its kind."""
    return _choose(postmortem_id, lambda one: one.is_of(seq), shown=True, by=by)


def hide_kind(postmortem_id: int, kind: str, *, by: User) -> int:
    """Leave out all of one kind that there are now; returns how many that changed."""
    return _choose(postmortem_id, lambda one: one.kind == kind, shown=False, by=by)


def show_kind(postmortem_id: int, kind: str, *, by: User) -> int:
    return _choose(postmortem_id, lambda one: one.kind == kind, shown=True, by=by)


@transaction.atomic
def _choose(postmortem_id: int, which: Which, *, shown: bool, by: User) -> int:
    postmortem = held(postmortem_id, by=by)
    if postmortem.is_discarded:
        raise Refused("The post-mortem was discarded. Bring it back first.")
    changed = [one for one in told(postmortem) if which(one) and one.is_shown != shown]
    if not changed:
        return 0
    _forget(postmortem, changed)
    rows = [_row(postmortem, one.event, shown, by) for one in changed if shown == (one.kind in NOISE)]
    HiddenEvent.objects.bulk_create(rows)
    tell(postmortem)
    return len(changed)


def _forget(postmortem: Postmortem, changed: list[Told]) -> None:
    """What was chosen of them, and of what they corrected."""
    events = {event.pk for one in changed for event in (one.event, *one.earlier)}
    postmortem.hidden_events.filter(event__in=events).delete()


def _row(postmortem: Postmortem, event: TimelineEvent, shown: bool, by: User) -> HiddenEvent:
    return HiddenEvent(postmortem=postmortem, event=event, is_shown=shown, hidden_by=by)
