"""Who is told that the board changed, and who must not be."""

from incidents import operations
from tests.live.streaming import Stream, get_json


def pings(stream: Stream, seconds: float = 1) -> int:
    return [event.name for event in stream.within(seconds)].count("board")


def settled(*streams: Stream) -> None:
    """Arriving may bring a ping for what happened shortly before."""
    for stream in streams:
        stream.within(0.5)


def test_a_change_is_felt_within_a_second_by_all(follow, ada, eve, incident):
    streams = [follow(ada), follow(eve)]
    settled(*streams)
    operations.add_note(incident.pk, by=ada, text="Rolled back")
    for stream in streams:
        stream.next("board", seconds=1)


def test_a_burst_is_few_pings(follow, ada, eve, incident):
    stream = follow(eve)
    settled(stream)
    for n in range(20):
        operations.add_note(incident.pk, by=ada, text=f"note {n}")
    assert 1 <= pings(stream, 1.5) < 10


def test_a_private_incident_is_felt_by_those_who_may_see_it_alone(follow, ada, grace, eve, declared):
    knows, outsider = follow(ada), follow(eve)
    settled(knows, outsider)
    private = declared(is_private=True)
    operations.add_note(private.pk, by=ada, text="between ourselves")
    knows.next("board", seconds=1)
    assert pings(outsider) == 0


def test_gaining_and_losing_access_is_felt(follow, ada, grace, eve, declared):
    private = declared(is_private=True)
    concerned, outsider = follow(grace), follow(eve)
    settled(concerned, outsider)
    operations.grant_access(private.pk, grace, by=ada)
    concerned.next("board", seconds=1)
    concerned.within(0.5)
    operations.revoke_access(private.pk, grace, by=ada)
    concerned.next("board", seconds=1)
    assert pings(outsider) == 0


def test_an_incident_that_becomes_private_leaves_every_board(follow, ada, eve, incident):
    stream = follow(eve)
    settled(stream)
    operations.change_privacy(incident.pk, True, by=ada)
    stream.next("board", seconds=1)


def test_who_was_away_is_told_on_return(follow, client_for, ada, eve, incident):
    client = client_for(eve)
    known = follow(client).id
    operations.add_note(incident.pk, by=ada, text="meanwhile")
    follow(client, last_id=known).next("board", seconds=2)


def test_presence_is_nothing_to_the_board(follow, ada, eve, incident):
    stream = follow(eve)
    stream.within(1)
    follow(ada, incident)
    assert pings(stream) == 0


def test_polling_tells_the_same(server, client_for, ada, eve, declared):
    client = client_for(eve)
    start = get_json(server, "/live/board/poll/?after=0", client)
    assert start["events"] == []
    declared(is_private=True)
    assert get_json(server, f"/live/board/poll/?after={start['id']}", client)["events"] == []
    declared("Seen by all")
    assert get_json(server, f"/live/board/poll/?after={start['id']}", client)["events"] == [["board", ""]]
