"""The inbox: what was said to one person, for as long as they may know of it, and the counts in the header."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from notifications import operations
from notifications.deliveries import deliver
from notifications.models import Delivery, Heartbeat, Notice
from notifications.reached import Reached

INBOX = "/inbox/"


@pytest.fixture
def say(db: None):
    """Says something to somebody."""

    def say_it(to: User, title: str = "Look", incident=None, **said: object) -> Delivery:
        usual = {"urgency": "nudge", "text": "At **this**", "path": "/runbooks/", "action": "Look at it"}
        notice = Notice.objects.create(
            title=title, incident=incident, expires_at=timezone.now() + timedelta(days=1), **(usual | said)
        )
        deliver(notice, Reached(user=to))
        return Delivery.objects.get(notice=notice, channel="inbox")

    return say_it


def test_the_inbox_shows_what_was_said_newest_first(grace, client_for, say):
    say(grace, "First")
    say(grace, "Second")
    page = client_for(grace).get(INBOX).text
    assert page.index("Second") < page.index("First")
    assert "2 unread" in page and "<strong>this</strong>" in page


def test_nobody_reads_anothers_inbox(grace, eve, ada, client_for, say):
    row = say(grace, "For grace alone")
    for other in (eve, ada):
        client = client_for(other)
        assert "For grace alone" not in client.get(INBOX).text
        assert client.post(f"{INBOX}{row.pk}/open/").status_code == 404
        assert client.post(f"{INBOX}{row.pk}/read/").status_code == 404
        client.post(f"{INBOX}read/", {"up_to": str(row.pk)})
    row.refresh_from_db()
    assert row.read_at is None


def test_opening_marks_read_and_leads_to_the_work(grace, client_for, say):
    row, client = say(grace), client_for(grace)
    answer = client.post(f"{INBOX}{row.pk}/open/")
    assert answer["Location"] == "/runbooks/"
    row.refresh_from_db()
    assert row.read_at
    assert "Nothing unread" in client.get(INBOX).text


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_opening_never_leads_elsewhere(grace, client_for, say, path):
    row = say(grace, path=path)
    assert client_for(grace).post(f"{INBOX}{row.pk}/open/")["Location"] == INBOX


def test_reading_keeps_the_time_of_the_first_reading(grace, client_for, say):
    row = say(grace)
    operations.mark_read(row.pk, by=grace)
    row.refresh_from_db()
    first = row.read_at
    operations.mark_read(row.pk, by=grace)
    row.refresh_from_db()
    assert row.read_at == first


def test_all_read_leaves_what_came_since_the_page_was_shown(grace, client_for, say):
    shown = say(grace, "Shown")
    later = say(grace, "Later")
    client_for(grace).post(f"{INBOX}read/", {"up_to": str(shown.pk)})
    for row in (shown, later):
        row.refresh_from_db()
    assert shown.read_at and later.read_at is None


@pytest.mark.parametrize("up_to", ["", "x", "x" * 10_000, "a\x00b"])
def test_all_read_makes_do_with_nonsense(grace, client_for, say, up_to):
    say(grace)
    assert client_for(grace).post(f"{INBOX}read/", {"up_to": up_to}).status_code == 302


def test_a_private_incidents_notices_go_with_access(grace, ada, client_for, declared, say):
    incident = declared(1, is_private=True, title="Breach at the bank")
    incidents.grant_access(incident.pk, grace, by=ada)
    row, client = say(grace, "About the breach", incident=incident), client_for(grace)
    assert "About the breach" in client.get(INBOX).text
    assert '1<span class="unseen"> unread' in client.get("/runbooks/").text

    incidents.revoke_access(incident.pk, grace, by=ada)

    assert "About the breach" not in client.get(INBOX).text
    assert client.post(f"{INBOX}{row.pk}/open/").status_code == 404
    assert "unread" not in client.get("/badges/").text


def test_an_incident_that_becomes_private_takes_its_notices_along(grace, ada, client_for, declared, say):
    incident = declared(1, title="Quiet matter")
    say(grace, "About the matter", incident=incident)
    incidents.change_privacy(incident.pk, True, by=ada)
    assert "About the matter" not in client_for(grace).get(INBOX).text


def test_the_header_counts_and_its_fragment_says_the_same(grace, client_for, say):
    client = client_for(grace)
    say(grace)
    say(grace)
    assert '<span id="inbox-count"><span class="count owed">2<' in client.get("/runbooks/").text
    fragment = client.get("/badges/").text
    assert '<span id="inbox-count" hx-swap-oob="true"><span class="count owed">2<' in fragment
    assert "<html" not in fragment


def test_the_count_is_asked_for_by_members_alone(client, db, eve, client_for):
    assert client.get("/badges/", headers={"HX-Request": "true"}).status_code == 401
    assert client_for(eve).get("/badges/").status_code == 200


def test_failed_deliveries_are_counted_for_administrators(ada, grace, client_for, say):
    row = say(grace)
    Delivery.objects.filter(notice=row.notice, channel="email").update(state="failed")
    assert '1<span class="small-unseen"> undelivered' in client_for(ada).get("/").text
    assert "undelivered" not in client_for(grace).get("/").text


def test_open_pages_are_told_that_the_inbox_changed(grace, say):
    with CaptureQueriesContext(connection) as captured:
        row = say(grace)
        operations.mark_read(row.pk, by=grace)
    told = [q["sql"] for q in captured if "inbox_changed" in q["sql"]]
    assert len(told) == 2 and all(f'"user_id": {grace.pk}' in sql for sql in told)


def test_markup_in_a_title_is_text(grace, client_for, say):
    say(grace, "<script>alert(1)</script>", text="<img src=x onerror=alert(1)>[x](javascript:alert(1))")
    page = client_for(grace).get(INBOX).text
    assert "<script>alert" not in page and "onerror=alert" not in page.replace(
        "&lt;img src=x onerror=alert", ""
    )
    assert 'href="javascript' not in page


@pytest.mark.parametrize("query", ["?page=-1", "?page=9e99", "?page=x", "?page=" + "1" * 5000])
def test_a_page_that_is_not_there_shows_one_that_is(grace, client_for, say, query):
    say(grace)
    assert client_for(grace).get(INBOX + query).status_code == 200


def test_the_inbox_costs_the_same_with_one_notice_and_with_many(grace, client_for, declared):
    client, incident = client_for(grace), declared(1)

    def more(count: int) -> None:
        soon = timezone.now() + timedelta(days=1)
        made = Notice.objects.bulk_create(
            Notice(urgency="nudge", title=f"N{n}", text="x", path="/", incident=incident, expires_at=soon)
            for n in range(count)
        )
        Delivery.objects.bulk_create(
            Delivery(
                notice=notice, recipient=grace, channel="inbox", dedupe_key=str(notice.pk),
                state="sent", sent_at=timezone.now(), expires_at=soon,
            )
            for notice in made
        )  # fmt: skip

    def cost() -> int:
        client.get(INBOX)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(INBOX).status_code == 200
        return len(captured)

    more(1)
    with_one = cost()
    more(200)
    assert cost() == with_one <= 12


@pytest.mark.parametrize(
    ("worker", "watchdog", "silent"), [(31, 31, True), (31, None, True), (0, 600, False), (600, 0, False)]
)
def test_every_header_says_when_nothing_is_sent(eve, client_for, worker, watchdog, silent):
    for name, ago in (("worker", worker), ("engine", watchdog)):
        if ago is not None:
            Heartbeat.objects.create(name=name, seen_at=timezone.now() - timedelta(seconds=ago))

    for address in ("/", "/badges/"):
        assert ("neither worker nor watchdog runs" in client_for(eve).get(address).text) == silent


def test_before_anything_ran_no_header_complains(eve, client_for):
    assert "neither worker nor watchdog" not in client_for(eve).get("/").text
