"""Two people at once: closing an incident and promising something for it, in real transactions."""

from datetime import date
from uuid import uuid4

import pytest

from accounts.models import User
from incidents import operations as incident_operations
from incidents.models import Incident
from incidents.operations import Refused
from postmortems.models import ActionItem, ItemEvent
from postmortems.operations import items
from postmortems.operations.bulk import bulk_change
from tests.accounts.racing import at_once, second_waits_for_first

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY = date(2026, 12, 4)


def test_closing_waits_for_an_item_that_is_being_added(incident: Incident, ada: User, grace: User) -> None:
    late = second_waits_for_first(
        lambda: items.add_item(by=grace, title="Probe", incident=incident),
        lambda: incident_operations.close(incident.pk, by=ada),
    )
    with pytest.raises(Refused, match="no owner"):
        late.result(10)
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_item_without_an_owner_waits_for_the_closing_and_is_refused(
    incident: Incident, ada: User, grace: User
) -> None:
    late = second_waits_for_first(
        lambda: incident_operations.close(incident.pk, by=ada),
        lambda: items.add_item(by=grace, title="Probe", incident=incident),
    )
    with pytest.raises(Refused, match="is closed"):
        late.result(10)
    assert not ActionItem.objects.exists()


def test_owner_taken_away_waits_for_the_closing_and_is_refused(
    incident: Incident, ada: User, grace: User
) -> None:
    made = items.add_item(by=ada, title="Probe", incident=incident, owner=grace, due_on=FRIDAY)
    late = second_waits_for_first(
        lambda: incident_operations.close(incident.pk, by=ada),
        lambda: items.change_item(made.pk, by=grace, owner=None),
    )
    with pytest.raises(Refused, match="is closed"):
        late.result(10)


def test_access_taken_away_meanwhile_counts(incident: Incident, ada: User, grace: User) -> None:
    made = items.add_item(by=ada, title="Probe", incident=incident)
    incident_operations.change_privacy(incident.pk, True, by=ada)
    incident_operations.grant_access(incident.pk, grace, by=ada)
    late = second_waits_for_first(
        lambda: incident_operations.revoke_access(incident.pk, grace, by=ada),
        lambda: items.change_item(made.pk, by=grace, title="Mine"),
    )
    with pytest.raises(Refused, match="may not change"):
        late.result(10)


def test_double_submit_at_once_is_one(incident: Incident, ada: User) -> None:
    key = uuid4()
    for about in (incident, None):
        said = {"title": f"Probe {about}", "incident": about, "key": key if about else uuid4()}
        both = at_once(*[lambda said=said: items.add_item(by=ada, **said)] * 4)
        assert len({one.result(10) for one in both}) == 1
    assert ActionItem.objects.count() == 2
    assert ItemEvent.objects.count() == 2


def test_one_of_two_decisions_counts(incident: Incident, ada: User, grace: User) -> None:
    made = items.add_item(by=ada, title="Probe", incident=incident)
    items.propose_drop(made.pk, by=ada, reason="No need")
    late = second_waits_for_first(
        lambda: items.mark_done(made.pk, by=ada, evidence="https://example.com/1"),
        lambda: items.decide_drop(made.pk, by=grace, agree=True),
    )
    with pytest.raises(Refused, match="Reopen it first"):
        late.result(10)


def test_two_bulk_changes_of_the_same_items_in_other_orders_do_not_deadlock(
    incident: Incident, ada: User, grace: User
) -> None:
    made = [
        items.add_item(by=ada, title=f"Probe {n}", incident=incident if n % 2 else None).pk for n in range(8)
    ]
    both = at_once(
        lambda: bulk_change(made, by=ada, owner=ada), lambda: bulk_change(made[::-1], by=grace, owner=grace)
    )
    assert [len(one.result(20).changed) for one in both] == [8, 8]  # type: ignore[attr-defined]
