"""A room when something goes wrong around it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from incidents import sections
from incidents.models import Incident
from live import rooms
from live.rendering import Look, Wanted, render
from live.rooms import Room
from live.streams import Stream, Viewer

ADA = Viewer(1, "session", "responder", 7, "UTC")


class Eavesdropper(Stream):
    """Keeps what it was sent."""

    def __init__(self, seq: int) -> None:
        super().__init__(ADA, seq)
        self.got: list[bytes] = []

    def send(self, chunk: bytes, seq: int = 0) -> None:
        super().send(chunk, seq)
        self.got.append(chunk)


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Wanted], Look]], None]:
    """Has rooms look with the given function instead of at the database."""

    def look_with(look: Callable[[Wanted], Look]) -> None:
        async def now(_: object, __: int, wanted: Wanted) -> Look:
            return look(wanted)

        monkeypatch.setattr(rooms, "in_thread", now)
        monkeypatch.setattr(rooms, "GATHER", 0.001)

    return look_with


def in_room(seq: int, then: Callable[[Room, Eavesdropper], Any]) -> Eavesdropper:
    async def visit() -> Eavesdropper:
        ready = asyncio.Event()
        ready.set()
        room, stream = Room(1, ready), Eavesdropper(seq)
        room.add(stream)
        await asyncio.sleep(0.02)
        then(room, stream)
        await asyncio.sleep(0.05)
        room.close()
        return stream

    return asyncio.run(visit())


def test_what_no_notification_told_is_found_out(looking):
    at = [3]
    looking(
        lambda wanted: Look(
            at[0], fresh={"UTC": b"all"} if any(s < at[0] for _, s in wanted.arrivals) else {}
        )
    )

    def an_event_goes_unheard(room: Room, stream: Eavesdropper) -> None:
        assert stream.got == []
        at[0] = 4
        room.reached(4)

    stream = in_room(3, an_event_goes_unheard)
    assert stream.got == [b"all"] and stream.seq == 4


def test_what_everybody_was_told_is_not_told_again(looking):
    looking(lambda wanted: Look(4, news={"UTC": b"feed"} if wanted.names else {}))

    def heard_and_compared(room: Room, stream: Eavesdropper) -> None:
        room.changed(frozenset({"feed"}), 4)
        room.reached(4)

    assert in_room(4, heard_and_compared).got == [b"feed"]


def test_a_change_that_could_not_be_read_is_told_later(looking):
    failures = [ConnectionError(), ConnectionError()]

    def look(wanted: Wanted) -> Look:
        if wanted.names and failures:
            raise failures.pop()
        return Look(4, news={"UTC": b"feed"} if wanted.names else {})

    looking(look)
    assert in_room(4, lambda room, _: room.changed(frozenset({"feed"}), 4)).got == [b"feed"]


def test_one_broken_part_does_not_stop_the_others(monkeypatch, caplog):
    def flawed(name: str, incident: Incident) -> str:
        if name == "vitals":
            raise KeyError(name)
        return f"<p>{name}</p>"

    monkeypatch.setattr(sections, "render", flawed)
    found = render(Incident(pk=1), "UTC", {"vitals", "feed"})
    assert found == {"feed": "<p>feed</p>"}
    assert "vitals of INC-1" in caplog.text
