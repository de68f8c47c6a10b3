"""What those who look at one incident are told, through a real web process."""

import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection

import pytest
from django.db import connection, connections

from accounts import operations as people
from accounts.models import User
from incidents import operations, sections
from incidents.models import Incident
from incidents.sections import NAMES
from outbox.facts import notify
from tests.live.streaming import Stream, closing_all, cookie_of, get, get_json


def say(incident: Incident, by, text: str = "Rolled back the release"):
    return operations.add_note(incident.pk, by=by, text=text)


def listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'allclear live' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def listeners_left() -> int:
    """Once what is ending has ended: on a busy machine the line is given up that does not answer in 5 s, and what the
    server had of it goes a moment after the next one stands."""
    until = time.monotonic() + 10
    while (count := listeners()) > 1 and time.monotonic() < until:
        time.sleep(0.1)
    return count


def somebody(number: int):
    return User.objects.create_user(
        f"viewer{number}@example.com", "a long enough password", name=f"Viewer {number}"
    )


def test_a_change_reaches_the_others_within_a_second(follow, grace, ada, incident):
    stream = follow(grace, incident)
    stream.within(0.5)
    say(incident, ada)
    assert "Rolled back the release" in stream.next("feed", seconds=1).data


def test_changes_come_in_order_and_carry_the_number_of_the_event(follow, grace, ada, incident):
    stream = follow(grace, incident)
    stream.within(0.5)
    for words in ("first", "second", "third"):
        note = say(incident, ada, words)
        event = stream.next("feed")
        assert words in event.data and event.id == str(note.seq)


def test_a_burst_is_shown_in_few_pieces_and_whole(follow, grace, ada, incident):
    stream = follow(grace, incident)
    stream.within(0.5)
    last = [say(incident, ada, f"note {n}") for n in range(25)][-1]
    feeds = [event for event in stream.within(2) if event.name == "feed"]
    assert len(feeds) < 15
    assert "note 24" in feeds[-1].data and feeds[-1].id == str(last.seq)


def test_only_what_an_event_changes_is_sent(follow, grace, ada, incident):
    stream = follow(grace, incident)
    stream.next("presence")  # her own arrival
    say(incident, ada)
    assert {event.name for event in stream.within(1)} == {"feed"}


def test_who_is_up_to_date_gets_nothing_but_who_is_here(follow, grace, incident):
    stream = follow(grace, incident)
    assert {event.name for event in stream.within(1)} <= {"presence"}


def test_after_a_dropped_connection_nothing_is_missing(follow, client_for, grace, ada, incident):
    client = client_for(grace)
    stream = follow(client, incident)
    stream.within(0.5)
    say(incident, ada, "before")
    known = stream.next("feed").id
    stream.close()
    missed = say(incident, ada, "while away")
    # The address still names the event that the page began with, or any other: what was received last counts.
    events = follow(client, incident, last_id=known).within(1)
    assert {event.name for event in events} == set(NAMES)
    assert known == str(missed.seq - 1)
    assert "while away" in next(event.data for event in events if event.name == "feed")
    assert events[-1].id == str(missed.seq)


def test_who_knows_nothing_gets_everything(server, client_for, grace, incident):
    with closing_all([Stream(server, f"/live/incidents/{incident.pk}/", client_for(grace))]) as (stream,):
        assert {event.name for event in stream.within(1)} == {"hb", *NAMES}


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1e3", "%00", "%D9%A3"])
def test_a_senseless_number_does_no_harm(server, client_for, grace, ada, incident, after):
    path = f"/live/incidents/{incident.pk}/?after={after}"
    with closing_all([Stream(server, path, client_for(grace))]) as (stream,):
        if stream.status == 400:
            return
        say(incident, ada)
        assert "Rolled back" in stream.next("feed").data


def test_a_stream_is_neither_stored_nor_held_back(follow, grace, incident):
    headers = follow(grace, incident).response.headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Accel-Buffering"] == "no"


def test_everybody_sees_times_in_their_own_zone(follow, grace, ada, eve, incident):
    people.change_profile(grace.pk, name="Grace Hopper", timezone_name="Asia/Kathmandu")
    streams = [follow(grace, incident), follow(eve, incident)]
    note = say(incident, ada)
    in_kathmandu, in_utc = (stream.next("feed").data for stream in streams)
    assert f"{note.occurred_at + timedelta(hours=5, minutes=45):%H:%M}" in in_kathmandu
    assert f"{note.occurred_at:%H:%M}" in in_utc
    assert in_kathmandu != in_utc


def test_signed_out_people_get_no_stream(server, client, incident):
    assert get(server, f"/live/incidents/{incident.pk}/")[0] == 302
    assert get(server, "/live/board/")[0] == 302


def test_a_private_incident_does_not_exist_for_others(server, client_for, eve, declared):
    private = declared(is_private=True)
    for path in (f"/live/incidents/{private.pk}/", f"/live/incidents/{private.pk}/poll/"):
        assert get(server, path, client_for(eve))[0] == 404
    assert get(server, f"/live/incidents/{private.pk + 1}/", client_for(eve))[0] == 404
    assert get(server, f"/live/incidents/{10**30}/", client_for(eve))[0] == 404


def test_who_loses_access_is_told_so_and_nothing_more(follow, ada, grace, declared):
    private = declared(is_private=True)
    operations.grant_access(private.pk, grace, by=ada)
    stream = follow(grace, private)
    stream.within(0.5)
    operations.revoke_access(private.pk, grace, by=ada)
    say(private, ada, "now between ourselves")
    assert [(e.name, e.data) for e in stream.until_end()] == [("bye", "no-access")]


def test_an_incident_made_private_leaves_the_others_screens(follow, ada, eve, incident):
    stream, stays = follow(eve, incident), follow(ada, incident)
    stream.within(0.5)
    operations.change_privacy(incident.pk, True, by=ada)
    say(incident, ada, "now between ourselves")
    assert [event.name for event in stream.until_end()] == ["bye"]
    assert "now between ourselves" in [e.data for e in stays.within(1) if e.name == "feed"][-1]


def test_a_deactivated_persons_streams_end(follow, ada, grace, incident):
    streams = [follow(grace, incident), follow(grace)]
    people.deactivate(grace.pk, by=ada)
    for stream in streams:
        assert stream.until_end()[-1].data == "signed-out"


def test_a_changed_role_ends_the_stream_so_that_the_page_is_made_anew(follow, ada, grace, incident):
    stream = follow(grace, incident)
    people.change_role(grace.pk, role="viewer", by=ada)
    assert stream.until_end()[-1].data == "role-changed"


def test_signing_out_ends_the_streams_of_that_session_at_once(follow, client_for, grace, incident):
    client = client_for(grace)
    streams, elsewhere = [follow(client, incident), follow(client)], follow(client_for(grace), incident)
    for stream in (*streams, elsewhere):
        stream.within(0.5)

    client.post("/accounts/logout/")

    assert [stream.until_end(5)[-1].data for stream in streams] == ["signed-out"] * 2
    assert not [event for event in elsewhere.within(0.5) if event.name == "bye"]


def test_who_signed_out_hears_of_no_change_after_it(follow, client_for, ada, grace, incident):
    client = client_for(grace)
    stream = follow(client, incident)
    stream.within(0.5)
    client.logout()
    say(incident, ada, "after that")
    assert [(e.name, e.data) for e in stream.until_end()] == [("bye", "signed-out")]


@pytest.mark.parametrize("which", ["allclear live", "allclear%"])
def test_streams_go_on_when_connections_are_cut(follow, ada, grace, incident, which):
    stream, board = follow(grace, incident), follow(grace)
    stream.within(0.5)
    board.within(0.1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE %s AND pid <> pg_backend_pid()",
            [which],
        )
        assert cursor.fetchone() == (True,)
    say(incident, ada, "while nobody listened")
    assert "while nobody listened" in stream.next("feed", 5).data
    board.next("board", 5)
    say(incident, ada, "and then again")
    while "and then again" not in stream.next("feed", 2).data:
        pass
    assert listeners() == 1


def test_a_notification_that_is_not_understood_stops_nothing(follow, ada, grace, incident):
    stream = follow(grace, incident)
    stream.within(0.5)
    notify("note_added", incident_id=incident.pk, event_id=0, seq="no number")
    say(incident, ada, "after that")
    while "after that" not in stream.next("feed", 5).data:
        pass


def test_fifty_viewers_take_no_more_connections_than_one(server, client_for, ada, incident):
    path = f"/live/incidents/{incident.pk}/?after=0"
    clients = [client for n in range(5) for client in [client_for(somebody(n))] * 10]
    with closing_all([Stream(server, path, client) for client in clients]) as streams:
        for stream in streams:
            stream.next("feed")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'allclear' AND datname = current_database()"
            )
            idle = cursor.fetchone()[0]
        say(incident, ada, "for all fifty")
        assert all("for all fifty" in stream.next("feed").data for stream in streams)
    assert idle <= 12 + 1  # one for each thread, however many look, and this test
    assert listeners_left() == 1


def test_one_page_too_many_is_told_to_ask_instead(follow, client_for, grace, incident):
    client = client_for(grace)
    streams = [follow(client, incident) for _ in range(13)]
    assert streams[0].until_end()[-1].data == "crowded"
    assert not [event for event in streams[1].within(0.3) if event.name == "bye"]


def test_polling_brings_the_same(server, client_for, grace, ada, incident):
    client = client_for(grace)
    path = f"/live/incidents/{incident.pk}/poll/?after="
    incident.refresh_from_db()
    before = get_json(server, f"{path}{incident.event_seq}", client)
    assert [name for name, _ in before["events"]] == ["presence"]
    note = say(incident, ada)
    after = get_json(server, f"{path}{incident.event_seq}", client)
    assert {name for name, _ in after["events"]} == set(NAMES) and after["id"] == note.seq
    assert "Rolled back" in dict(after["events"])["feed"]


def test_who_polls_without_a_session_is_not_sent_a_sign_in_page(server, incident):
    http = HTTPConnection("127.0.0.1", server.port)
    http.request("GET", f"/live/incidents/{incident.pk}/poll/", headers={"HX-Request": "true"})
    assert http.getresponse().status == 401
    http.close()


def test_when_many_tick_at_once_everybodys_page_ends_as_the_database_is(follow, ada, grace, eve, incident):
    streams = [follow(person, incident) for person in (ada, grace, eve)]
    steps = [step.pk for step in incident.steps.filter(kind="task")]

    def tick(number: int) -> None:
        try:
            operations.set_step_done(incident.pk, steps[number % len(steps)], number % 3 != 0, by=ada)
            say(incident, grace, f"said while ticking: {number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as together:
        list(together.map(tick, range(40)))
    pages = [{event.name: event.data for event in stream.within(2)} for stream in streams]
    fresh = sections.load(incident.pk)
    for name in ("checklist", "feed"):
        assert [page[name] for page in pages] == [sections.render(name, fresh)] * 3


def test_asking_again_is_answered_with_304_for_as_long_as_nothing_is_new(client_for, ada, grace, incident):
    client, path = client_for(grace), f"/live/incidents/{incident.pk}/poll/?after={incident.event_seq}"
    client.get(path)  # she is here now
    first = client.get(path)

    def again() -> int:
        return int(client.get(path, headers={"If-None-Match": first["ETag"]}).status_code)

    assert again() == 304
    operations.see(incident.pk, ada.pk)
    assert again() == 200
    say(incident, ada, "something new")
    assert again() == 200
    assert client_for(ada).get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_after_a_restart_of_the_database_every_request_is_answered(server, client_for, grace, incident):
    """One after another and at a quiet time, when nobody else finds out that connections are dead."""
    client, path = client_for(grace), f"/incidents/{incident.pk}/"
    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(lambda _: get(server, path, client), range(64)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'allclear' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] > 4
    assert [get(server, path, client)[0] for _ in range(32)] == [200] * 32


def test_a_browser_that_unpacks_gets_the_same_in_a_tenth_as_it_happens(
    server, client_for, grace, ada, incident
):
    http = HTTPConnection("127.0.0.1", server.port, timeout=20)
    path = f"/live/incidents/{incident.pk}/?after={incident.event_seq}"
    http.request("GET", path, headers=cookie_of(client_for(grace)) | {"Accept-Encoding": "gzip, br"})
    answer = http.getresponse()
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding, Cookie")
    unpack, plain, sent = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), b"", 0
    for text in ("Rolled back the release", "Errors are falling"):
        before = len(plain)
        while b"event: hb" not in plain:
            plain += unpack.decompress(answer.read1())
        say(incident, ada, text)
        while text.encode() not in plain[before:] or not plain.endswith(b"\n\n"):
            piece = answer.read1()
            plain, sent = plain + unpack.decompress(piece), sent + len(piece)
    http.close()
    assert plain.count(b"event: feed") == 2
    assert sent < len(plain) / 3
