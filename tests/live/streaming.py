"""A real web process, and a reader of its streams that understands no more than a browser does."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test import Client


@dataclass
class Event:
    name: str
    data: str
    id: str


class Server:
    """Web processes on a port of their own, on the tests' database."""

    def __init__(self, workers: int = 1, port: int = 0) -> None:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
            self.port = free.getsockname()[1]
        command = ["config.web"] if workers == 1 else _with_workers(self.port, workers)
        self.process = subprocess.Popen([sys.executable, "-m", *command], env=_environment(self.port))
        try:
            self._wait()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while True:
            with suppress(OSError):
                if get(self, "/healthz")[0] == 200:
                    return
            assert time.monotonic() < until and self.process.poll() is None
            time.sleep(0.05)

    def stop(self, signum: int = signal.SIGTERM) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signum)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return time.monotonic() - began


def _with_workers(port: int, workers: int) -> list[str]:
    return [
        "uvicorn",
        "config.asgi:application",
        f"--port={port}",
        f"--workers={workers}",
        "--log-level=warning",
    ]


def database_url() -> str:
    """The tests' database, for a process of its own."""
    parts = connection.settings_dict
    options = {
        "host": parts["HOST"],
        "port": parts["PORT"],
        "user": parts["USER"],
        "password": parts["PASSWORD"],
    }
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in options.items() if value)
    return f"postgresql:///{parts['NAME']}?{query}"


def _environment(port: int) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.live.settings",
        "DATABASE_URL": database_url(),
        "ALLCLEAR_SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(port),
    }


def cookie_of(client: Client) -> dict[str, str]:
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def get(server: Server, path: str, client: Client | None = None) -> tuple[int, bytes]:
    http = HTTPConnection("127.0.0.1", server.port, timeout=20)
    http.request("GET", path, headers=cookie_of(client) if client else {})
    response = http.getresponse()
    try:
        return response.status, response.read()
    finally:
        http.close()


def get_json(server: Server, path: str, client: Client) -> Any:
    return json.loads(get(server, path, client)[1])


class Stream:
    """An open stream. Its events are read by a thread as they come."""

    def __init__(self, server: Server, path: str, client: Client, last_id: str | None = None) -> None:
        headers = cookie_of(client) | ({"Last-Event-ID": last_id} if last_id is not None else {})
        self.http = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.http.request("GET", path, headers=headers)
        self.response = self.http.getresponse()
        self.status = self.response.status
        self.events: queue.Queue[Event | None] = queue.Queue()
        self.id = last_id or ""
        self.thread = threading.Thread(target=self._read, args=(self.response,), daemon=True)
        self.thread.start()

    def _read(self, response: HTTPResponse) -> None:
        name, data = "message", []
        with suppress(OSError, ValueError, AttributeError):
            for raw in response:
                line = raw.decode().rstrip("\n")
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data.append(value)
                elif key == "id":
                    self.id = value
                elif not line and data:
                    self.events.put(Event(name, "\n".join(data), self.id))
                    name, data = "message", []
        self.events.put(None)

    def next(self, name: str, seconds: float = 5) -> Event:
        """The next event called ``name``; others before it are passed over."""
        until = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0.01, until - time.monotonic()))
            assert event is not None, f"the stream ended before {name}"
            if event.name == name:
                return event

    def until_end(self, seconds: float = 10) -> list[Event]:
        """All events to the end of the stream."""
        until, found = time.monotonic() + seconds, []
        while event := self.events.get(timeout=max(0.01, until - time.monotonic())):
            found.append(event)
        return found

    def within(self, seconds: float) -> list[Event]:
        """What comes in the next ``seconds``."""
        time.sleep(seconds)
        found = []
        with suppress(queue.Empty):
            while event := self.events.get_nowait():
                found.append(event)
        return found

    def close(self) -> None:
        if self.http.sock:
            with suppress(OSError):
                self.http.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.response.close()
        self.http.close()


@contextmanager
def closing_all(streams: list[Stream]):
    try:
        yield streams
    finally:
        for stream in streams:
            stream.close()
