"""A line between the house's processes and what they speak to, which can be cut or fall silent.

``python -m tests.chaos.network ORDERS NAME=FROM=TO ...``: FROM and TO are ports on loopback, or paths of sockets. The
file ORDERS has one word a line, ``NAME MODE``, and is read again and again. Modes: "well"; "cut" (every connection is
reset, and new ones are as soon as they are made); "silent" (connections stay, nothing gets through, as when a
firewall has forgotten them).
"""

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

LOOK_EVERY = 0.05  # seconds
RESET = struct.pack("ii", 1, 0)  # linger for no time: close() resets

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    def __init__(self, name: str, begin: str, end: str) -> None:
        self.name, self.begin, self.end = name, begin, end
        self.mode, self.writers = "well", set[asyncio.StreamWriter]()
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def listen(self) -> None:
        if self.begin.isdecimal():
            await asyncio.start_server(self.carry, "127.0.0.1", int(self.begin))
        else:
            await asyncio.start_unix_server(self.carry, self.begin)
            Path(self.begin).chmod(0o777)

    def set_mode(self, mode: str) -> None:
        if mode == self.mode:
            return
        self.mode = mode
        if mode == "silent":
            self.is_open.clear()
        else:
            self.is_open.set()
        if mode == "cut":
            for writer in list(self.writers):
                _reset(writer)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            _reset(writer)
            return
        try:
            far_reader, far_writer = await self._connect()
        except OSError:
            _reset(writer)
            return
        ends = {writer, far_writer}
        self.writers |= ends
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        self.writers -= ends

    def _connect(self) -> Awaitable[Streams]:
        if self.end.isdecimal():
            return asyncio.open_connection("127.0.0.1", int(self.end))
        return asyncio.open_unix_connection(self.end)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What comes in goes out, while the line is open; the end of one is the end of the other."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.is_open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    found: Any = writer.get_extra_info("socket")
    if found is not None and found.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


async def main(orders: Path, lines: list[Line]) -> None:
    for line in lines:
        await line.listen()
    while True:
        said = dict(row.split() for row in orders.read_text().splitlines()) if orders.exists() else {}
        for line in lines:
            line.set_mode(said.get(line.name, "well"))
        await asyncio.sleep(LOOK_EVERY)


async def start(orders: str, named: list[str]) -> None:
    await main(Path(orders), [Line(*one.split("=")) for one in named])


if __name__ == "__main__":
    asyncio.run(start(sys.argv[1], sys.argv[2:]))
