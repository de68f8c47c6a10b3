"""A stream by itself: its format, its pace and its end."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import streams
from live.events import encode, encode_all
from live.streams import Stream, Viewer

ADA = Viewer(1, "session", "responder hash", "UTC")


class Audience:
    def __init__(self) -> None:
        self.members: list[Stream] = []

    def add(self, stream: Stream) -> None:
        self.members.append(stream)

    def remove(self, stream: Stream) -> None:
        self.members.remove(stream)

    def heartbeat(self) -> bytes:
        return encode("hb")


def received(raw: bytes) -> list[tuple[str, str, str]]:
    """As a browser reads: name, data and id of each event."""
    found = []
    for block in raw.decode().split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.split("\n")]
        data = "\n".join(value for key, value in fields if key == "data")
        if any(key == "event" for key, _ in fields):
            found.append((dict(fields)["event"], data, dict(fields).get("id", "")))
    return found


async def everything(stream: Stream, audience: Audience) -> bytes:
    return b"".join([chunk async for chunk in stream.body(audience)])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was_but_for_its_line_ends(text):
    assert received(encode("feed", text)) == [("feed", re.sub(r"\r\n|\r", "\n", text), "")]


def test_only_the_last_event_of_a_batch_carries_the_number():
    raw = encode_all([("vitals", "a"), ("feed", "b")], 7)
    assert received(raw) == [("vitals", "a", ""), ("feed", "b", "7")]


def test_a_stream_says_at_once_that_it_flows_and_after_how_long_to_come_back():
    async def first() -> bytes:
        return await anext(aiter(Stream(ADA, 0).body(Audience())))

    raw = asyncio.run(first())
    assert raw.startswith(b"retry: 3000\n\n") and b"event: hb" in raw


def test_silence_is_filled_with_heartbeats_until_the_stream_is_old(monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    monkeypatch.setattr(streams, "LIFETIME", 0.3)
    audience = Audience()
    names = [name for name, _, _ in received(asyncio.run(everything(Stream(ADA, 0), audience)))]
    assert names[-1] == "again" and 3 <= names.count("hb") <= 9
    assert not audience.members


def test_who_reads_too_slowly_is_cut_off_and_told_to_come_back():
    async def overflow() -> bytes:
        stream = Stream(ADA, 0)
        for number in range(streams.BACKLOG + 5):
            stream.send(encode("feed", str(number)), number)
        return await everything(stream, Audience())

    assert [name for name, _, _ in received(asyncio.run(overflow()))] == ["hb", "again"]


def test_a_connection_that_takes_nothing_any_more_is_let_go(monkeypatch):
    monkeypatch.setattr(streams, "PATIENCE", 0.05)
    audience = Audience()

    async def stuck() -> None:
        stream = Stream(ADA, 0)

        async def serve() -> None:
            async for _ in stream.body(audience):
                await asyncio.sleep(3600)  # the network takes no byte

        serving = asyncio.create_task(serve())
        await asyncio.sleep(0.01)
        stream.end()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(serving, 2)

    asyncio.run(stuck())


def test_nothing_that_waited_is_sent_after_the_farewell():
    async def revoked() -> bytes:
        stream = Stream(ADA, 0)
        stream.send(encode("feed", "secret"))
        stream.end(encode("bye", "no-access"))
        stream.send(encode("feed", "more"))
        return await everything(stream, Audience())

    assert [name for name, _, _ in received(asyncio.run(revoked()))] == ["hb", "bye"]
