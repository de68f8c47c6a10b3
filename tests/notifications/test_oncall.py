"""On-call calendars: whose turn it is, to the minute, whatever the calendar holds and whoever serves it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from incidents.operations import Refused
from notifications import calendars, contacts, oncall, outgoing
from notifications.models import OnCallCalendar

MINUTE = timedelta(minutes=1)


def ics(*events: str) -> bytes:
    body = "\r\n".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT" for n, event in enumerate(events))
    zones = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n"
    return f"{zones}{body}\r\nEND:VCALENDAR\r\n".encode()


def event(start: str, end: str, name: str, *more: str) -> str:
    lines = [f"DTSTART{start}", f"DTEND{end}", f"SUMMARY:{name}", *more]
    return "\r\n".join(lines)


def names(
    source: bytes, year: int, month: int, day: int, hour: int, minute: int = 0, *, zone: str = "UTC"
) -> list[str]:
    at = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return [turn.name for turn in calendars.now_and_next(source, at, zone)[0]]


WEEKLY = event(
    ";TZID=Europe/Berlin:20261005T090000",
    ";TZID=Europe/Berlin:20261012T090000",
    "Grace",
    "RRULE:FREQ=WEEKLY;INTERVAL=2",
)
OTHER = event(
    ";TZID=Europe/Berlin:20261012T090000",
    ";TZID=Europe/Berlin:20261019T090000",
    "Ada",
    "RRULE:FREQ=WEEKLY;INTERVAL=2",
)


def test_the_handover_is_at_its_minute_on_both_sides_of_the_clock_change():
    rota = ics(WEEKLY, OTHER)

    # Berlin leaves summer time on 25 October 2026: nine o'clock is 07:00 UTC before it, 08:00 after.
    assert names(rota, 2026, 10, 12, 6, 59) == ["Grace"]
    assert names(rota, 2026, 10, 12, 7, 0) == ["Ada"]
    assert names(rota, 2026, 10, 26, 7, 59) == ["Grace"]
    assert names(rota, 2026, 10, 26, 8, 0) == ["Ada"]


def test_america_keeps_its_own_hours_over_its_own_change():
    zone = ";TZID=America/New_York:"
    rota = ics(
        event(f"{zone}20261001T090000", f"{zone}20261001T210000", "Day", "RRULE:FREQ=DAILY"),
        event(f"{zone}20261001T210000", f"{zone}20261002T090000", "Night", "RRULE:FREQ=DAILY"),
    )

    assert names(rota, 2026, 10, 31, 12, 59) == ["Night"]
    assert names(rota, 2026, 10, 31, 13, 0) == ["Day"]
    assert names(rota, 2026, 11, 1, 13, 59) == ["Night"]  # the clocks went back this morning
    assert names(rota, 2026, 11, 1, 14, 0) == ["Day"]


def test_an_exception_moves_one_turn_and_a_left_out_one_is_left_out():
    daily = event(
        ":20261101T090000Z", ":20261101T170000Z", "Grace", "RRULE:FREQ=DAILY", "EXDATE:20261103T090000Z"
    )
    swap = event(":20261102T090000Z", ":20261102T170000Z", "Ada", "RECURRENCE-ID:20261102T090000Z")
    rota = ics(daily, swap).replace(b"UID:1", b"UID:0")

    assert names(rota, 2026, 11, 2, 12) == ["Ada"]
    assert names(rota, 2026, 11, 3, 12) == []
    assert names(rota, 2026, 11, 4, 12) == ["Grace"]


def test_whole_days_and_floating_times_are_those_of_the_organisation():
    day = ics(event(";VALUE=DATE:20261110", ";VALUE=DATE:20261111", "Grace"))
    floating = ics(event(":20261110T090000", ":20261110T170000", "Ada"))

    assert names(day, 2026, 11, 9, 23, 30, zone="Europe/Berlin") == ["Grace"]
    assert names(day, 2026, 11, 9, 23, 30) == []
    assert names(day, 2026, 11, 10, 23, 30, zone="Europe/Berlin") == []
    assert names(floating, 2026, 11, 10, 14, 30, zone="America/New_York") == ["Ada"]
    assert names(floating, 2026, 11, 10, 8, 30, zone="Europe/Berlin") == ["Ada"]


def test_cancelled_turns_are_none():
    assert (
        names(
            ics(event(":20261110T090000Z", ":20261110T170000Z", "Ada", "STATUS:CANCELLED")), 2026, 11, 10, 12
        )
        == []
    )


def test_it_says_who_is_next():
    rota = ics(WEEKLY, OTHER)

    _, after = calendars.now_and_next(rota, datetime(2026, 10, 13, tzinfo=UTC), "UTC")

    assert after and after.name == "Grace"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=DAILY", "FREQ=DAILY;COUNT=2000000000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3", "FREQ=NEVER", "FREQ=DAILY;UNTIL=99991231T000000Z",
        "FREQ=WEEKLY;BYDAY=XX",
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["20261101T090000Z", "19000101T090000Z", "00010101T000000Z"])
def test_a_recurrence_that_never_ends_is_read_in_no_time(rule, start):
    strange = event(f":{start}", f":{start[:9]}100000Z", "Ada", f"RRULE:{rule}")
    rota = ics(strange, event(":20261101T090000Z", ":20261101T170000Z", "Grace", "RRULE:FREQ=DAILY"))
    began = time.monotonic()

    try:
        found = names(rota, 2026, 11, 12, 12)
    except calendars.Unreadable:
        found = ["Grace"]

    assert "Grace" in found
    assert time.monotonic() - began < 5


def test_an_event_without_a_name_a_start_or_an_end_hurts_nobody():
    nameless = "DTSTART:20261110T090000Z\r\nDTEND:20261110T170000Z"
    endless = "DTSTART:20261110T090000Z\r\nSUMMARY:Point"
    rota = ics(nameless, "SUMMARY:No start", endless, event(":20261110T090000Z", ":20261110T170000Z", "Ada"))

    assert names(rota, 2026, 11, 10, 12) == ["", "Ada"]


@pytest.mark.parametrize(
    "source",
    [b"", b"hello", b"\x00\xff", b"BEGIN:VCALENDAR\r\n", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"<html>" * 99],
)
def test_what_is_no_calendar_is_refused_in_words(source):
    with pytest.raises(calendars.Unreadable):
        calendars.check(source)


# -- people ----------------------------------------------------------------------------------------


def shift(name: str = "", *addresses: str, organizer: str = "") -> calendars.Shift:
    return calendars.Shift(name, addresses, organizer, datetime.now(UTC), datetime.now(UTC))


def reached(turn: calendars.Shift) -> list[str]:
    return [person.name for person in oncall.who(turn)]


def test_people_are_known_by_address_else_by_name_else_by_who_made_the_event(ada, grace):
    User.objects.create_user("al@example.com", name="Ada")

    assert reached(shift("On call", "grace@example.com")) == ["Grace Hopper"]
    assert reached(shift("On call", "else@example.com")) == ["else@example.com"]
    assert reached(shift("Primary: ada lovelace (until Monday)")) == ["Ada Lovelace"]
    assert reached(shift("Ada")) == ["Ada"]
    assert reached(shift("Grace Hopper / Ada Lovelace")) == ["Ada Lovelace", "Grace Hopper"]
    assert reached(shift("Somebody", organizer="ada@example.com")) == ["Ada Lovelace"]
    assert reached(shift("Somebody")) == []


def test_guests_who_declined_and_rooms_are_not_on_call():
    source = ics(
        event(
            ":20261110T090000Z",
            ":20261110T170000Z",
            "Rota",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:no@example.com",
            "ATTENDEE;CUTYPE=ROOM:mailto:room@example.com",
            "ATTENDEE;CN=Ada:mailto:Ada@Example.com",
        )
    )

    assert calendars.now_and_next(source, datetime(2026, 11, 10, 12, tzinfo=UTC), "UTC")[0][0].addresses == (
        "ada@example.com",
    )


# -- fetching --------------------------------------------------------------------------------------

ROTA = ics(event(":20261101T000000Z", ":20261101T120000Z", "Grace Hopper", "RRULE:FREQ=DAILY"))
NEW = ics(event(":20261101T000000Z", ":20261101T120000Z", "Ada Lovelace", "RRULE:FREQ=DAILY"))


class Server:
    """Answers in place of the calendar's server."""

    def __init__(self) -> None:
        self.answer: outgoing.Answer | Exception = outgoing.Answer(200, {}, ROTA)
        self.asked: list[str] = []

    def __call__(self, method: str, url: str, **options: Any) -> outgoing.Answer:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        if options["whole"] and len(self.answer.body) > options["body_limit"]:
            raise outgoing.TooLarge("The answer is longer than it may be.")
        return self.answer


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(outgoing, "request", server)
    return server


@pytest.fixture
def calendar(world, ada):
    return oncall.add_calendar(name="Rota", url="https://example.com/a.ics", source=b"", by=ada)


def now_on_call(calendar: OnCallCalendar) -> list[str]:
    calendar.refresh_from_db()
    from outbox import clock

    return [turn.name for turn in oncall.on_call(calendar, clock.now()).now]


def test_it_is_fetched_again_every_quarter_of_an_hour(world, calendar, server, ada, grace):
    assert oncall.fetch_due() == 1 and now_on_call(calendar) == ["Grace Hopper"]
    assert oncall.fetch_due() == 0

    server.answer = outgoing.Answer(200, {}, NEW)
    world.skip(16 * MINUTE)

    assert oncall.fetch_due() == 1 and now_on_call(calendar) == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "answer",
    [
        outgoing.Unreachable("Nothing answered."), outgoing.Blocked("Not on the public internet."),
        outgoing.Answer(500, {}, b""), outgoing.Answer(404, {}, b"<html>"), outgoing.Answer(200, {}, b"<html>Sign in"),
        outgoing.Answer(200, {}, b"x" * 20_000_000), outgoing.Answer(302, {"location": "https://example.com/b"}, b""),
    ],
)  # fmt: skip
def test_a_dead_server_or_a_broken_file_leaves_the_last_good_copy(world, calendar, server, grace, answer):
    oncall.fetch_due()
    server.answer = answer
    world.skip(16 * MINUTE)

    assert oncall.fetch_due() == 1

    assert now_on_call(calendar) == ["Grace Hopper"]
    assert calendar.last_error


def test_the_longer_it_fails_the_longer_it_is_left_alone(world, calendar, server):
    server.answer = outgoing.Unreachable("Nothing answered.")
    asked = []
    for _ in range(48):
        world.skip(15 * MINUTE)
        oncall.fetch_due()
        asked.append(len(server.asked))

    oncall.fetch_due()
    calendar.refresh_from_db()
    assert calendar.last_error == "Nothing answered."

    server.answer = outgoing.Answer(200, {}, ROTA)
    world.skip(130 * MINUTE)
    oncall.fetch_due()
    server.answer = outgoing.Unreachable("Nothing answered.")
    before = len(server.asked)
    for _ in range(12 * 4):
        world.skip(15 * MINUTE)
        oncall.fetch_due()
    assert len(server.asked) - before < 12


def test_webcal_means_https_and_a_redirect_is_followed_once_checked(world, calendar, server, ada):
    assert oncall.over_https("webcal://example.com/a.ics") == "https://example.com/a.ics"
    server.answer = outgoing.Answer(302, {"location": "http://169.254.169.254/"}, b"")

    oncall.fetch(calendar)

    assert server.asked[1] == "http://169.254.169.254/"  # asked of the guarded client, which refuses it


def test_a_contact_answered_by_a_calendar_changes_hands_at_the_minute(world, declared, server, ada, grace):
    half = ics(
        event(":20261101T000000Z", ":20261101T023000Z", "Grace Hopper", "RRULE:FREQ=DAILY"),
        event(":20261101T023000Z", ":20261101T120000Z", "Ada Lovelace", "RRULE:FREQ=DAILY"),
    )
    rota = oncall.add_calendar(name="Rota", url="", source=half, by=ada)
    incident = declared(4)
    contacts.bind(incident.revision.runbook_id, "Primary On-Call", by=ada, calendar=rota)
    contact = incident.revision.effective.contacts[0]

    world.skip(29 * MINUTE)
    assert [p.name for p in contacts.reach(contact, incident)] == ["Grace Hopper"]
    world.skip(1 * MINUTE)
    assert [p.name for p in contacts.reach(contact, incident)] == ["Ada Lovelace"]
    world.skip(12 * 60 * MINUTE)
    assert [p.name for p in contacts.reach(contact, incident)] == ["primary@example.com"]


def test_a_calendar_that_answers_for_a_contact_is_not_removed(world, declared, ada):
    rota = oncall.add_calendar(name="Rota", url="", source=ROTA, by=ada)
    contacts.bind(declared(4).revision.runbook_id, "Primary On-Call", by=ada, calendar=rota)

    with pytest.raises(Refused, match="Primary On-Call"):
        oncall.remove_calendar(rota.pk, by=ada)


# -- settings --------------------------------------------------------------------------------------


def test_the_page_says_who_is_on_call_and_until_when(world, calendar, server, ada, grace, client_for):
    oncall.fetch_due()
    html = client_for(ada).get("/settings/on-call/").content.decode()

    assert "Grace Hopper" in html and "12:00 UTC" in html and "Then Grace Hopper" in html
    assert client_for(grace).get("/settings/on-call/").status_code == 403


def test_what_cannot_be_read_as_a_turn_is_named_and_the_others_count(world, ada, client_for):
    often = event(":20261101T090000Z", ":20261101T090100Z", "Every minute", "RRULE:FREQ=MINUTELY")
    both = {"name": "Rota", "file": SimpleUploadedFile("a.ics", ics(OTHER, often))}

    html = client_for(ada).post("/settings/on-call/add/", both, follow=True).content.decode()

    assert "1 event cannot be read and is left out: “Every minute”" in html
    assert "<strong>Ada</strong>" in html
    assert calendars.left_out(ics(WEEKLY, OTHER), datetime(2026, 11, 1, tzinfo=UTC)) == ""


def test_a_file_is_added_and_a_broken_one_or_one_of_20_mb_refused(world, ada, client_for):
    client = client_for(ada)
    good = {"name": "Rota", "file": SimpleUploadedFile("a.ics", ROTA)}
    broken = {"name": "Broken", "file": SimpleUploadedFile("b.ics", b"hello")}
    large = {"name": "Large", "file": SimpleUploadedFile("c.ics", b"x" * 20_000_000)}

    assert client.post("/settings/on-call/add/", good).status_code == 302
    assert "no iCalendar file" in client.post("/settings/on-call/add/", broken).content.decode()
    assert "larger than 2 MB" in client.post("/settings/on-call/add/", large).content.decode()
    assert client.post("/settings/on-call/add/", {"name": "None"}).status_code == 422
    assert (
        "already"
        in client.post(
            "/settings/on-call/add/", good | {"file": SimpleUploadedFile("a.ics", ROTA)}
        ).content.decode()
    )
    assert OnCallCalendar.objects.count() == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a.ics", "ftp://example.com/a", "http://[::1]/", "x\x00y", "h" * 9000]
)
def test_an_address_that_must_not_be_read_is_refused(world, ada, client_for, url):
    answer = client_for(ada).post("/settings/on-call/add/", {"name": "Rota", "url": url})

    assert answer.status_code in (400, 422) and not OnCallCalendar.objects.exists()
