"""A stream by itself: its format, its pace and its end."""

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from live import hub, streams
from live.events import encode, encode_all
from live.streams import Stream, Viewer

ADA = Viewer(1, "session", "responder", 7, "UTC")


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


class Browser:
    """The other end of a stream, as an ASGI server shows it."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.got.append(message["body"])
        if not message["more_body"]:
            self.gone.set()

    @property
    def events(self) -> list[str]:
        return [name for name, _, _ in received(b"".join(self.got))]


async def watched(stream: Stream, browser: Browser, audience: Audience, *then: Callable[[], None]) -> None:
    """Follow ``stream`` with ``browser``, and do each of ``then`` once what went before has been sent."""
    running = asyncio.create_task(stream.run(audience, browser.receive, browser.send))
    for act in (lambda: None, *then):
        act()
        await asyncio.sleep(0.01)
    browser.gone.set()
    await asyncio.wait_for(running, 2)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was_but_for_its_line_ends(text):
    assert received(encode("feed", text)) == [("feed", re.sub(r"\r\n|\r", "\n", text), "")]


def test_only_the_last_event_of_a_batch_carries_the_number():
    raw = encode_all([("vitals", "a"), ("feed", "b")], 7)
    assert received(raw) == [("vitals", "a", ""), ("feed", "b", "7")]


def test_a_stream_says_at_once_that_it_flows_and_after_how_long_to_come_back():
    browser = Browser()
    asyncio.run(watched(Stream(ADA, 0), browser, Audience()))
    assert browser.got[0].startswith(b"retry: 3000\n\n") and browser.events == ["hb"]


def test_silence_is_filled_with_heartbeats_until_the_stream_is_old():
    browser, audience, stream = Browser(), Audience(), Stream(ADA, 0)

    def after(seconds: float) -> Callable[[], None]:
        return lambda: stream.keep_alive(asyncio.get_running_loop().time() + seconds)

    told = partial(stream.send, encode("feed"))
    moments = (after(1), after(streams.HEARTBEAT), told, after(1), after(streams.HEARTBEAT))
    asyncio.run(watched(stream, browser, audience, *moments, after(streams.LIFETIME * 1.2)))
    assert browser.events == ["hb", "hb", "feed", "hb", "again"]
    assert not audience.members


def test_what_is_told_arrives_in_order_and_a_burst_whole():
    browser, stream = Browser(), Stream(ADA, 0)

    def burst() -> None:
        for number in range(9):
            stream.send(encode("feed", str(number)), number)

    asyncio.run(watched(stream, browser, Audience(), burst))
    assert [data for _, data, _ in received(b"".join(browser.got))] == ["", *"012345678"]
    assert stream.seq == 8


def test_who_reads_too_slowly_is_cut_off_and_told_to_come_back():
    browser, stream = Browser(), Stream(ADA, 0)

    def overflow() -> None:
        for number in range(streams.BACKLOG + 5):
            stream.send(encode("feed", str(number)), number)

    asyncio.run(watched(stream, browser, Audience(), overflow))
    assert browser.events == ["hb", "again"]


def test_a_connection_that_takes_nothing_any_more_is_let_go(monkeypatch):
    monkeypatch.setattr(streams, "PATIENCE", 0.05)
    audience = Audience()

    class Stuck(Browser):
        async def send(self, message: Mapping[str, Any]) -> None:
            await asyncio.sleep(3600)  # the network takes no byte

    async def stuck() -> None:
        stream, browser = Stream(ADA, 0), Stuck()
        running = asyncio.create_task(stream.run(audience, browser.receive, browser.send))
        await asyncio.sleep(0.01)
        for beat in range(2 * streams.BACKLOG):
            stream.keep_alive(asyncio.get_running_loop().time() + streams.HEARTBEAT * beat)
        stream.keep_alive(asyncio.get_running_loop().time() + 2 * streams.LIFETIME)
        await asyncio.wait_for(running, 2)

    asyncio.run(stuck())
    assert not audience.members


def test_nothing_that_waited_is_sent_after_the_farewell():
    browser, stream = Browser(), Stream(ADA, 0)

    def revoke() -> None:
        stream.send(encode("feed", "secret"))
        stream.end(encode("bye", "no-access"))
        stream.send(encode("feed", "more"))

    asyncio.run(watched(stream, browser, Audience(), revoke))
    assert browser.events == ["hb", "bye"]


def test_a_packed_stream_begins_once_and_ends_with_its_farewell():
    browser, stream = Browser(), Stream(ADA, 0, is_packed=True)

    def leave() -> None:
        stream.send(encode("feed", "news"))
        stream.end(encode("bye", "no-access"))

    asyncio.run(watched(stream, browser, Audience(), leave))
    unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(b"".join(browser.got))
    assert [name for name, _, _ in received(unpacked)] == ["hb", "bye"]


def test_what_ended_before_it_was_looked_at_says_so_and_ends():
    browser, stream, audience = Browser(), Stream(ADA, 0), Audience()
    stream.end(encode("bye", "signed-out"))
    asyncio.run(watched(stream, browser, audience))
    assert browser.events == ["hb", "bye"] and not audience.members


def test_a_stream_that_cannot_be_written_to_ends_so_that_its_browser_begins_again(caplog):
    audience = Audience()

    class Broken(Browser):
        async def send(self, message: Mapping[str, Any]) -> None:
            if b"feed" in message["body"]:
                raise OSError("gone")
            await super().send(message)

    async def follow() -> list[str]:
        stream, browser = Stream(ADA, 0), Broken()
        running = asyncio.create_task(stream.run(audience, browser.receive, browser.send))
        await asyncio.sleep(0.01)
        stream.send(encode("feed", "lost"), 1)
        await asyncio.wait_for(running, 2)
        return browser.events

    assert asyncio.run(follow()) == ["hb"]
    assert not audience.members and "could not be written to" in caplog.text


def test_a_browser_that_goes_while_it_is_being_written_to_leaves_nothing_behind():
    audience = Audience()

    class Stuck(Browser):
        async def send(self, message: Mapping[str, Any]) -> None:
            await asyncio.sleep(3600)

    async def follow() -> int:
        stream, browser = Stream(ADA, 0), Stuck()
        running = asyncio.create_task(stream.run(audience, browser.receive, browser.send))
        await asyncio.sleep(0.01)
        browser.gone.set()
        await asyncio.wait_for(running, 2)
        await asyncio.sleep(0.01)
        return len(asyncio.all_tasks())

    assert asyncio.run(follow()) == 1
    assert not audience.members


def test_the_hub_keeps_its_streams_alive_and_ends_those_that_are_old(monkeypatch):
    """Whatever goes wrong with one of them."""
    monkeypatch.setattr(hub, "TICK", 0.01)
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    monkeypatch.setattr(streams, "LIFETIME", 0.4)
    monkeypatch.setattr(hub, "listen", lambda *said: asyncio.sleep(3600))

    async def follow() -> list[str]:
        browser, here = Browser(), hub.hub()

        class Faulty(Stream):
            def keep_alive(self, now: float) -> None:
                raise RuntimeError

        with here.watching(Faulty(ADA, 0)):
            await asyncio.wait_for(
                hub.follow(ADA, None, 0, browser.receive, browser.send, is_packed=False), 5
            )
        here.close()
        return browser.events

    events = asyncio.run(follow())
    assert events.count("hb") >= 3 and events[-1] == "again"
