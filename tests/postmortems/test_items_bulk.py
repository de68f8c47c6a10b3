"""One change to many action items, and what is said of those that could not be changed."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from incidents import operations as incident_operations
from incidents.models import Incident
from incidents.operations import Refused
from postmortems.models import ActionItem
from postmortems.operations import bulk, items
from postmortems.operations.bulk import bulk_change
from tests.postmortems.conftest import an_item

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 12, 4)


def test_bulk_change_changes_what_it_may_and_says_why_not(incident: Incident, ada: User, grace: User) -> None:
    free, same = an_item(ada, None), an_item(grace, FRIDAY, priority=1)
    done = an_item(ada, FRIDAY)
    items.mark_done(done.pk, by=ada, evidence="https://example.com/")
    private = items.add_item(by=ada, title="Private", incident=incident)
    incident_operations.change_privacy(incident.pk, True, by=ada)
    chosen = [free.pk, same.pk, done.pk, private.pk, 999]
    outcome = bulk_change(chosen, by=ada, owner=grace, due_on=FRIDAY, priority=1)
    assert outcome.changed == [free]
    assert outcome.already == [same]
    refused = dict(outcome.refused)
    assert refused[done] == f"ACT-{done.pk} is done. Reopen it first."
    assert refused[private] == f"Grace Hopper cannot see INC-{incident.pk}. Give them access first."
    free.refresh_from_db()
    assert (free.owner, free.due_on, free.priority) == (grace, FRIDAY, 1)
    assert free.events.latest("pk").data["due_on"] == ["", "2026-12-04"]


def test_bulk_change_touches_nothing_that_cannot_be_seen(incident: Incident, ada: User, grace: User) -> None:
    hidden = items.add_item(by=ada, title="Private", incident=incident)
    incident_operations.change_privacy(incident.pk, True, by=ada)
    outcome = bulk_change([hidden.pk], by=grace, priority=1)
    assert (outcome.changed, outcome.already, outcome.refused) == ([], [], [])
    hidden.refresh_from_db()
    assert hidden.priority == 2


@pytest.mark.parametrize("status", ["done", "dropped", "gone"])
def test_bulk_change_finishes_and_drops_nothing(ada: User, status: str) -> None:
    with pytest.raises(Refused, match="on each item"):
        bulk_change([an_item(ada).pk], by=ada, status=status)


def test_bulk_change_refuses_more_than_somebody_would_wait_for(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    with pytest.raises(Refused, match="2 at once"):
        bulk_change([an_item(ada).pk for _ in range(3)], by=ada, priority=1)


def test_change_of_a_bulk_that_is_refused_half_way_is_undone(ada: User, grace: User) -> None:
    """Both words of one change, or none of them."""
    item = an_item(ada, FRIDAY)
    items.mark_done(item.pk, by=ada, evidence="https://example.com/")
    outcome = bulk_change([item.pk], by=ada, priority=1, status="in_progress")
    assert len(outcome.refused) == 1
    item.refresh_from_db()
    assert (item.priority, item.status) == (2, "done")


@pytest.fixture
def client(grace: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(grace)


def test_board_says_what_became_of_each(client: Client, ada: User, grace: User) -> None:
    good, done = an_item(ada, FRIDAY, title="Good"), an_item(ada, FRIDAY, title="Done one")
    items.mark_done(done.pk, by=ada, evidence="https://example.com/")
    sent = {
        "chosen": [good.pk, done.pk],
        "owner": grace.pk,
        "due_on": "",
        "priority": "",
        "status": "in_review",
    }
    answer = client.post("/actions/bulk/?q=good", sent)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "1 action changed." in body
    assert "1 was left as it is:" in body
    assert "is done. Reopen it first." in body
    good.refresh_from_db()
    assert (good.owner, good.status) == (grace, "in_review")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"priority": "1"}, "tick their boxes"),
        ({"chosen": ["x", "9" * 30], "priority": "1"}, "tick their boxes"),
        ({"chosen": ["1"]}, "Choose what to change"),
        ({"chosen": ["1"], "status": "done"}, "do it on each item"),
        ({"chosen": ["1"], "due_on": "soon"}, "Enter a day"),
    ],
)
def test_bulk_form_that_makes_no_sense_is_shown_again(
    client: Client, ada: User, sent: dict[str, object], said: str
) -> None:
    item = an_item(ada, FRIDAY)
    if sent.get("chosen") == ["1"]:
        sent = sent | {"chosen": [item.pk]}
    answer = client.post("/actions/bulk/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    if sent.get("chosen") == [item.pk]:
        assert f'aria-label="Choose ACT-{item.pk}" checked' in answer.content.decode()
    assert ActionItem.objects.get().priority == 2
