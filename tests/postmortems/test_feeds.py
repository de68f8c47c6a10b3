"""Feeds by secret address: what real programs read in them, and what nobody may."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import icalendar
import pytest
import recurring_ical_events
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from incidents.operations import Declaration
from postmortems.feeds.published import summary_of
from postmortems.models import Feed, ItemEvent, Postmortem
from postmortems.operations import feeds, writing
from tests.postmortems.conftest import a_postmortem, an_item

ATOM = {"a": "http://www.w3.org/2005/Atom"}
NASTY = "Naïve\x0b; comma, back\\slash “quotes” 🚒 " + "ünïcödé " * 30


def address(user: User, kind: str = "due_dates") -> str:
    name = "due-dates.ics" if kind == "due_dates" else "post-mortems.atom"
    return f"/feeds/{feeds.make_feed(kind, by=user)[1]}/{name}"


def calendar(user: User) -> icalendar.Calendar:
    answer = Client().get(address(user))
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.content)


def events(user: User) -> list[Any]:
    return calendar(user).walk("VEVENT")


def entries(user: User) -> list[ET.Element]:
    answer = Client().get(address(user, "postmortems"))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content).findall("a:entry", ATOM)  # noqa: S314  our own


# -- due dates ----------------------------------------------------------------------------------------


def test_due_dates_are_whole_days_that_keep_their_name_when_they_move(grace):
    item = an_item(grace, date(2026, 12, 1), priority=1)
    (first,) = events(grace)
    assert (first["dtstart"].dt, first["dtend"].dt) == (date(2026, 12, 1), date(2026, 12, 2))
    assert (first["summary"], first["priority"], first["sequence"]) == (str(item), 1, 0)
    assert first["url"].endswith(f"/actions/{item.pk}/")

    item.due_on, item.changed_at = date(2026, 12, 8), timezone.now() + timedelta(minutes=1)
    item.save()
    ItemEvent.objects.create(item=item, kind="changed", by=grace)
    (moved,) = events(grace)
    assert moved["uid"] == first["uid"] and moved["dtstart"].dt == date(2026, 12, 8)
    assert moved["sequence"] > first["sequence"] and moved["last-modified"].dt > first["last-modified"].dt


def test_due_dates_hold_what_is_open_ones_own_and_dated(grace, ada):
    mine = an_item(grace, date(2026, 12, 1))
    an_item(ada, date(2026, 12, 1))
    an_item(grace, None)
    an_item(grace, date(2026, 12, 1), status="done", evidence="x", closed_at=timezone.now())
    assert [event["summary"] for event in events(grace)] == [str(mine)]


def test_due_dates_tell_when_a_post_mortem_is_due(postmortem, ada):
    due_at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    Postmortem.objects.update(due_at=due_at)
    (event,) = events(ada)
    assert (event["dtstart"].dt, event["dtend"].dt) == (due_at - timedelta(minutes=15), due_at)
    assert event["summary"] == f"Post-mortem due: {postmortem.incident}"
    Postmortem.objects.update(status="published", published_at=timezone.now())
    assert events(ada) == []


def test_calendar_programs_can_read_it(grace, client):
    """As RFC 5545 and RFC 7986 have it: CRLF, no line above 75 octets, nothing that rings, recurs or invites."""
    item = an_item(grace, date(2026, 12, 1), title=NASTY[:300])
    body = client.get(address(grace)).content
    assert body.endswith(b"END:VCALENDAR\r\n") and b"\n" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 75
    assert b"METHOD" not in body and b"VALARM" not in body and b"RRULE" not in body
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in body and b"X-PUBLISHED-TTL:PT1H" in body
    assert b"DTSTART;VALUE=DATE:20261201" in body

    read = icalendar.Calendar.from_ical(body)
    assert not read.errors
    assert str(read.walk("VEVENT")[0]["summary"]) == f"{item.reference} {item.title}".replace("\x0b", "")
    on = recurring_ical_events.of(read).at(date(2026, 12, 1))
    assert len(on) == 1 and not recurring_ical_events.of(read).at(date(2026, 12, 2))


def private_item(ada: User, owner: User, revision: Any) -> Any:
    said = Declaration(title="Breach", severity=1, impact="Breach", is_private=True)
    incident = incidents.declare(said, revision=revision, by=ada)
    incidents.grant_access(incident.pk, owner, by=ada)
    incidents.change_status(incident.pk, "resolved", by=ada)
    item = an_item(owner, date(2026, 12, 1), title="Rotate the leaked key", incident=incident)
    a_postmortem(incident, owner)
    return item


def test_of_a_private_incident_there_is_no_title_and_for_others_nothing(ada, grace, revision):
    item = private_item(ada, grace, revision)
    body = Client().get(address(grace)).content.decode()
    assert f"SUMMARY:ACT-{item.pk} (private)" in body and "leaked" not in body and "Breach" not in body
    incidents.revoke_access(item.incident_id, grace, by=ada)
    assert events(grace) == []


def test_an_unchanged_feed_is_304_and_a_changed_one_is_not(grace, client):
    item = an_item(grace, date(2026, 12, 1))
    url = address(grace)
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"") and again["ETag"] == first["ETag"]
    assert first["Cache-Control"] == "private, no-cache"
    item.due_on = date(2026, 12, 2)
    item.save()
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("kind", ["due_dates", "postmortems"])
def test_a_feed_costs_the_same_however_long_it_is(ada, revision, kind, client):
    url = address(ada, kind)
    costs = []
    for _ in range(2):
        for _ in range(3):
            said = Declaration(title="Down", severity=1, impact="Down")
            incident = incidents.declare(said, revision=revision, by=ada)
            incidents.change_status(incident.pk, "resolved", by=ada)
            a_postmortem(incident, ada)
            an_item(ada, date(2026, 12, 1), incident=incident)
        if kind == "postmortems":
            Postmortem.objects.update(status="published", published_at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        costs.append([query for query in captured.captured_queries if "allclear_cache" not in query["sql"]])
    assert len(costs[1]) <= len(costs[0])


# -- published post-mortems --------------------------------------------------------------------------


@pytest.fixture
def published(postmortem: Postmortem) -> Postmortem:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    postmortem.status, postmortem.published_at, postmortem.title = (
        "published",
        now,
        f"Sign-in <b> {NASTY[:40]}",
    )
    postmortem.save()
    return postmortem


def test_the_feed_tells_of_what_was_published(published, grace):
    (entry,) = entries(grace)

    def text(name: str) -> str:
        found = entry.find(f"a:{name}", ATOM)
        assert found is not None
        return found.text or ""

    assert (
        text("title").startswith(f"INC-{published.incident_id} Sign-in <b>")
        and text("updated") == "2026-11-20T09:00:00+00:00"
    )
    assert text("summary").strip() == "<p>Sign-in looped.</p>"
    assert re.fullmatch(r"tag:[\w.]+,2026:post-mortem:\d+", text("id"))
    link = entry.find("a:link", ATOM)
    assert link is not None and link.get("href", "").endswith(
        f"/incidents/{published.incident_id}/postmortem/"
    )


def test_what_is_edited_after_publishing_waits_until_it_is_published_too(published, ada, grace):
    Postmortem.objects.update(published_number=published.number)
    edited = published.text.replace("Sign-in looped.", "A guess.")
    saved = writing.save(published.pk, edited, base=published.number, by=ada)

    def summary() -> str:
        return entries(grace)[0].findtext("a:summary", "", ATOM).strip()

    assert summary() == "<p>Sign-in looped.</p>"
    Postmortem.objects.update(published_number=saved.number)
    assert summary() == "<p>A guess.</p>"


def test_drafts_discarded_and_private_ones_are_never_in_it(published, ada, grace, revision):
    private = private_item(ada, grace, revision).incident.postmortem
    private.status, private.published_at = "published", timezone.now()
    private.save()
    assert len(entries(grace)) == len(entries(ada)) == 1
    published.discarded_at = timezone.now()
    published.save()
    assert entries(grace) == []


def test_an_empty_feed_has_the_date_of_its_making(grace, client):
    url = address(grace, "postmortems")
    first, second = client.get(url), client.get(url)
    assert first.content == second.content and b"<updated>" in first.content


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("# X\n\n### Summary\nIt *broke*.\n\n### Timeline\n- no", "It *broke*."),
        ("## Executive summary\n\nAll\n\nof it", "All\n\nof it"),
        ("No headings", ""),
        ("## Summary", ""),
    ],
)
def test_the_summary_is_what_stands_below_its_heading(text, summary):
    assert summary_of(text) == summary


# -- addresses ------------------------------------------------------------------------------------------


def test_an_address_is_shown_once_and_only_its_hash_is_kept(grace, client_for):
    browser = client_for(grace)
    page = browser.post("/settings/feeds/due_dates/make/", follow=True).text
    (url,) = re.findall(r"https?://[^<\"]+/feeds/[\w-]{43}/due-dates\.ics", page)
    token = url.split("/")[-2]
    assert token not in browser.get("/settings/feeds/").text and token not in Feed.objects.get().token_hash
    assert Client().get(f"/feeds/{token}/due-dates.ics").status_code == 200
    assert "last read" in browser.get("/settings/feeds/").text


def test_an_address_that_was_renewed_revoked_or_is_of_another_kind_opens_nothing(grace, client_for, client):
    first = address(grace)
    second = address(grace)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    assert client.get(second.replace("due-dates.ics", "post-mortems.atom")).status_code == 404
    assert client_for(grace).post("/settings/feeds/due_dates/revoke/").status_code == 302
    missing = client.get("/feeds/never-was/due-dates.ics")
    assert client.get(second).status_code == missing.status_code == 404
    assert _words(client.get(second)) == _words(missing)


def _words(answer: Any) -> str:
    """Without what differs between any two answers."""
    return re.sub(r'data-now="[^"]+"|"X-CSRFToken": "\w+"', "", answer.text)


def test_an_address_of_somebody_who_left_opens_nothing(grace, client):
    url = address(grace)
    User.objects.filter(pk=grace.pk).update(is_active=False)
    assert client.get(url).status_code == 404


def test_revoking_ends_ones_own_feed_alone(grace, ada, client_for, client):
    mine, theirs = address(grace), address(ada)
    client_for(ada).post("/settings/feeds/due_dates/revoke/")
    assert (client.get(mine).status_code, client.get(theirs).status_code) == (200, 404)
    assert client_for(ada).post("/settings/feeds/nonsense/make/").status_code == 404


def test_guessing_is_slowed_down(db, client):
    answers = {client.get(f"/feeds/guess-{n}/due-dates.ics").status_code for n in range(241)}
    assert answers == {404, 429}


def test_that_it_is_read_is_kept_now_and_then(grace, client):
    url = address(grace)
    client.get(url)
    first = Feed.objects.get().read_at
    client.get(url)
    assert first and Feed.objects.get().read_at == first
    Feed.objects.update(read_at=first - timedelta(hours=1))
    client.get(url)
    again = Feed.objects.get().read_at
    assert again and again > first - timedelta(minutes=1)
