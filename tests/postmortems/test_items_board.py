"""The board of action items: what it says, what it lists for whom, and how rows change in their place."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations as incident_operations
from incidents.models import Incident
from postmortems import closure
from postmortems.board import headline
from postmortems.models import ActionItem
from postmortems.operations import items
from tests.postmortems.conftest import an_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)  # a Wednesday
NOW = "2026-11-25T12:00:00Z"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/actions/?show=overdue"}


@pytest.fixture(autouse=True)
def _wednesday(ada: User) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(grace: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(grace)


def listed(client: Client, query: str = "") -> list[str]:
    body = client.get(f"/actions/{query}").content.decode()
    return re.findall(r'<tr id="item-\d+">.*?<a href="/actions/\d+/">([^<]+)</a>', unescape(body), re.DOTALL)


def title(client: Client, query: str = "") -> str:
    body = client.get(f"/actions/{query}").content.decode()
    return re.search(r"<h1>(.*?)</h1>", body)[1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((14, 3), "14 actions open. 3 are overdue."),
        ((1, 1), "1 action open. 1 is overdue."),
        ((2, 0), "2 actions open. None is overdue."),
        ((0, 0), "No actions open."),
        ((12345, 1), "12,345 actions open. 1 is overdue."),
    ],
)
def test_headline_says_how_things_stand(counts: tuple[int, int], said: str) -> None:
    assert headline(*counts) == said


def test_lists_are_of_the_reader_and_of_the_reader_s_day(client: Client, ada: User, grace: User) -> None:
    for name, owner, day in (
        ("late", ada, -1), ("today", grace, 0), ("sunday", ada, 4), ("monday", ada, 5), ("whenever", None, None),
    ):  # fmt: skip
        an_item(owner, TODAY + timedelta(days=day) if day is not None else None, title=name)
    an_item(ada, TODAY, title="asked", drop_proposed_by=ada, drop_reason="No need")
    assert listed(client) == ["late", "today", "asked", "sunday", "monday", "whenever"]
    assert listed(client, "?show=mine") == ["today"]
    assert listed(client, "?show=overdue") == ["late"]
    assert listed(client, "?show=week") == ["today", "asked", "sunday"]
    assert listed(client, "?show=decide") == ["asked"]
    assert title(client) == "6 actions open. 1 is overdue."


def test_overdue_goes_by_the_reader_s_own_day(
    client: Client, grace: User, client_for: Callable[..., Client]
) -> None:
    an_item(grace, TODAY)
    User.objects.filter(pk=grace.pk).update(timezone="Pacific/Kiritimati")  # where it is the 26th
    assert title(client_for(User.objects.get(pk=grace.pk))) == "1 action open. 1 is overdue."


def test_closed_ones_are_listed_by_themselves_the_last_one_first(
    client: Client, ada: User, grace: User
) -> None:
    first, second = an_item(ada, title="first"), an_item(ada, title="second")
    for item in (first, second):
        with time_machine.travel(timezone.now() + timedelta(hours=item.pk)):
            items.mark_done(item.pk, by=ada, evidence="https://example.com/")
    assert listed(client, "?show=closed") == ["second", "first"]
    assert listed(client) == []


def test_filters_narrow_every_list(client: Client, incident: Incident, ada: User, grace: User) -> None:
    web = Team.objects.create(name="Web", slug="web")
    an_item(ada, title="of the incident", incident=incident, kind="detect")
    an_item(grace, title="of the team", team=web, details="Budget alert")
    an_item(None, title="of nobody")
    assert listed(client, "?severity=2") == ["of the incident"]
    assert listed(client, "?kind=detect") == ["of the incident"]
    assert listed(client, "?team=web") == ["of the team"]
    assert listed(client, f"?owner={grace.pk}") == ["of the team"]
    assert listed(client, "?owner=none") == ["of nobody"]
    assert listed(client, "?q=budg") == ["of the team"]
    assert listed(client, "?q=budget+nobody") == []
    assert title(client, "?team=web") == "1 action open that matches. None is overdue."
    assert len(listed(client, "?owner=9e99&severity=77&kind=x&team=x&show=x")) == 3


def test_board_tells_nobody_of_items_of_a_private_incident(
    client: Client, incident: Incident, ada: User, grace: User, client_for: Callable[..., Client]
) -> None:
    hedy = User.objects.create_user("hedy@example.com", name="Hedy Lamarr")
    items.add_item(by=ada, title="Zugzwang", incident=incident, owner=hedy, due_on=TODAY - timedelta(days=9))
    incident_operations.change_privacy(incident.pk, True, by=ada)
    for query in ("", "?show=overdue", "?q=zugzwang", f"?owner={hedy.pk}", "?severity=2"):
        body = client.get(f"/actions/{query}").content.decode()
        assert "Zugzwang" not in body
        assert "Hedy" not in body
    assert title(client) == "No actions open."
    assert "Zugzwang" not in client.get("/actions/export.csv").content.decode()
    weeks = closure.read(grace, TODAY).weeks
    assert [week.opened for week in weeks] == [0] * 12
    assert sum(week.opened for week in closure.read(ada, TODAY).weeks) == 1
    # Who owns it and lost their access is said to those who may know.
    body = client_for(ada).get("/actions/").content.decode()
    assert "can no longer see it" in body
    mine = client_for(ada).get(f"/actions/{ActionItem.objects.get().pk}/").content.decode()
    assert "Hedy Lamarr owns this and can no longer see it" in mine


def test_board_is_paged_and_keeps_its_filter(client: Client, ada: User) -> None:
    ActionItem.objects.bulk_create(
        ActionItem(title=f"Item {n}", owner=ada, due_on=TODAY + timedelta(days=n)) for n in range(60)
    )
    assert len(listed(client, "?q=item")) == 50
    assert len(listed(client, "?q=item&page=2")) == 10
    assert "?q=item&amp;page=2" in client.get("/actions/?q=item").content.decode()


# -- the chart ----------------------------------------------------------------------------------------


def test_closure_counts_by_week_and_what_was_done_by_its_day(ada: User) -> None:
    def made(added: int, closed: int | None, due: int | None) -> None:
        """Days ago."""
        fields: dict[str, Any] = {"added_at": timezone.now() - timedelta(days=added)}
        if closed is not None:
            fields |= {
                "status": "done",
                "evidence": "x",
                "closed_at": timezone.now() - timedelta(days=closed),
            }
        an_item(ada, TODAY - timedelta(days=due) if due is not None else None, **fields)

    made(10, 3, 3)  # on its day
    made(10, 2, 5)  # late
    made(10, None, 1)  # late, and open
    made(10, None, 0)  # due today: not late yet
    made(100, 0, None)
    found = closure.read(ada, TODAY)
    assert (found.in_time, found.due, found.share) == (1, 3, 33)
    assert [week.opened for week in found.weeks][-3:] == [4, 0, 0]
    assert [week.closed for week in found.weeks][-2:] == [1, 2]
    assert [week.monday for week in found.weeks][-1] == date(2026, 11, 23)


def test_chart_has_its_numbers_in_a_table(client: Client, ada: User) -> None:
    an_item(ada, TODAY)
    body = client.get("/actions/").content.decode()
    assert '<th scope="row">23 Nov</th><td>1</td><td>0</td>' in body
    assert 'aria-label="Action items opened and closed by week' in body


# -- rows that change in their place ----------------------------------------------------------------------


def test_row_opens_into_a_form_and_takes_what_it_says(client: Client, ada: User, grace: User) -> None:
    item = an_item(ada, TODAY - timedelta(days=1), title="Probe")
    form = client.get(f"/actions/{item.pk}/change/", headers=HTMX).content.decode()
    assert f'<tr id="item-{item.pk}" class="new" hx-swap-oob="morph">' in form
    sent = {"title": "Probe it", "owner": grace.pk, "due_on": "2026-12-01", "priority": "1"}
    answer = client.post(f"/actions/{item.pk}/change/", sent, headers=HTMX).content.decode()
    item.refresh_from_db()
    assert (item.title, item.owner, item.due_on, item.priority) == ("Probe it", grace, date(2026, 12, 1), 1)
    assert "Probe it" in answer
    assert "1 action open. None is overdue." in answer  # the sentence follows
    assert (
        'href="/actions/?show=overdue" aria-current="true"' in answer
    )  # and the list is the one that is open


def test_row_that_is_refused_keeps_what_was_typed(client: Client, ada: User) -> None:
    item = an_item(ada, TODAY, title="Probe")
    sent = {"title": "x" * 400, "owner": "", "due_on": "2026-13-45", "priority": "7"}
    answer = client.post(f"/actions/{item.pk}/change/", sent, headers=HTMX)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "x" * 400 in body
    assert 'value="2026-13-45"' in body
    assert "Enter a day as 2026-12-01" in body
    item.refresh_from_db()
    assert item.title == "Probe"


def test_row_after_a_change_is_the_row_of_a_page_loaded_then(client: Client, ada: User) -> None:
    item = an_item(ada, TODAY, title="Probe")
    answer = client.post(
        f"/actions/{item.pk}/status/", {"status": "in_review"}, headers=HTMX
    ).content.decode()
    page = client.get("/actions/").content.decode()
    row = re.search(r'<tr id="item-.*?</tr>', page, re.DOTALL)[0]  # type: ignore[index]
    swapped = re.search(r'<tr id="item-.*?</tr>', answer, re.DOTALL)[0]  # type: ignore[index]
    plain = re.compile(r'name="csrfmiddlewaretoken" value="\w+"| hx-swap-oob="morph"')
    assert plain.sub("", row) == plain.sub("", swapped)


def test_status_chosen_from_the_list_asks_for_the_words_it_needs(client: Client, ada: User) -> None:
    item = an_item(ada, TODAY, title="Probe")
    address = f"/actions/{item.pk}/status/"
    asked = client.post(address, {"status": "done"}, headers=HTMX)
    assert asked.status_code == 422
    assert "What shows that it is done" in asked.content.decode()
    assert 'class="error"' not in asked.content.decode()  # a question, no mistake
    refused = client.post(address, {"status": "done", "evidence": "done!"}, headers=HTMX)
    assert refused.status_code == 422
    assert ">\ndone!</textarea>" in refused.content.decode()
    done = client.post(address, {"status": "done", "evidence": "https://example.com/pr/1"}, headers=HTMX)
    assert done.status_code == 200
    assert ActionItem.objects.get().status == "done"


def test_plain_form_leads_back_to_the_list_it_was_in(client: Client, ada: User) -> None:
    item = an_item(ada, TODAY)
    address, came = f"/actions/{item.pk}/status/", {"Referer": "http://testserver/actions/?show=week&page=2"}
    answer = client.post(address, {"status": "in_progress"}, headers=came)
    assert answer.headers["Location"] == f"/actions/?show=week&page=2#item-{item.pk}"
    for referer in ("https://evil.example/x", "http://[", "//evil.example/actions/"):
        answer = client.post(address, {"status": "open"}, headers={"Referer": referer})
        assert answer.headers["Location"].startswith(("/actions/?", f"/actions/{item.pk}/", "/actions/#"))


def test_viewer_reads_the_board_and_changes_what_is_theirs(
    ada: User, eve: User, client_for: Callable[..., Client]
) -> None:
    client, other, own = client_for(eve), an_item(ada, TODAY), an_item(eve, TODAY)
    body = client.get("/actions/").content.decode()
    assert f'id="status-{own.pk}"' in body
    assert f'id="status-{other.pk}"' not in body
    assert "Add action" not in body
    assert 'name="chosen"' not in body
    for item, status in ((other, 403), (own, 302)):
        answer = client.post(f"/actions/{item.pk}/status/", {"status": "in_progress"})
        assert answer.status_code == status


# -- the page of one --------------------------------------------------------------------------------------


def test_page_of_an_item_tells_its_whole_history(
    client: Client, incident: Incident, ada: User, grace: User
) -> None:
    item = items.add_item(
        by=ada, title="Probe", incident=incident, owner=ada, due_on=TODAY, links=["https://example.com/7"]
    )
    items.change_item(item.pk, by=grace, due_on=date(2026, 12, 1), owner=grace)
    items.propose_drop(item.pk, by=grace, reason="The vendor does it")
    body = client.get(f"/actions/{item.pk}/").content.decode()
    assert "<del>Wed 25 Nov 2026</del> <ins>Tue 1 Dec 2026</ins>" in body
    assert "<del>Ada Lovelace</del> <ins>Grace Hopper</ins>" in body
    assert "asked to drop it; a second person decides" in body
    assert 'href="https://example.com/7" rel="noopener noreferrer nofollow"' in body
    assert "Take that back" in body  # grace asked: she cannot agree with herself
    assert "Agree" not in body
    agreed = client.post(f"/actions/{item.pk}/drop/", {"decision": "drop", "text": "Right"})
    assert agreed.status_code == 409
    assert "Somebody else must agree" in agreed.content.decode()


def test_decide_drop_by_a_second_person(client: Client, ada: User) -> None:
    item = an_item(ada, TODAY)
    items.propose_drop(item.pk, by=ada, reason="No need")
    assert client.post(f"/actions/{item.pk}/drop/", {"decision": "drop", "text": ""}).status_code == 302
    body = client.get(f"/actions/{item.pk}/").content.decode()
    assert "Ada Lovelace asked to drop it, and Grace Hopper agreed" in body
    assert client.post(f"/actions/{item.pk}/reopen/", {"reason": ""}).status_code == 422
    assert client.post(f"/actions/{item.pk}/reopen/", {"reason": "It is back"}).status_code == 302
    assert ActionItem.objects.get().is_open


def test_owner_who_cannot_be_chosen_any_more_stays_when_the_rest_is_changed(
    client: Client, ada: User, eve: User
) -> None:
    item = an_item(eve, TODAY, title="Probe")
    User.objects.filter(pk=eve.pk).update(is_active=False)
    form = client.get(f"/actions/{item.pk}/change/").content.decode()
    assert f'<option value="{eve.pk}" selected>' in form
    sent = {"title": "Probe it", "owner": eve.pk, "due_on": "2026-11-25", "priority": "2", "kind": "", "team": "", "details": ""}  # fmt: skip
    assert client.post(f"/actions/{item.pk}/change/", sent).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.owner) == ("Probe it", eve)
