"""Receivers that stand in for the far side: they really listen, and remember what they accepted."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Heard:
    """One request, as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebSink:
    """``answer`` decides what a request gets: a status, or (status, headers, body). ``heard`` has them all."""

    answer: Callable[[Heard], Any] = lambda heard: 200
    heard: list[Heard] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def web_sink() -> Iterator[WebSink]:
    """An HTTP server on loopback."""
    sink = WebSink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard = Heard(self.command, self.path, dict(self.headers), self.rfile.read(length))
            sink.heard.append(heard)
            found = sink.answer(heard)
            status, headers, body = found if isinstance(found, tuple) else (found, {}, b"")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """Senders that hang up are what the tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    sink.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_sink(speak: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server on loopback that does with each connection what ``speak`` does; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_one(connection: socket.socket) -> None:
            with connection:
                try:
                    speak(connection)
                except OSError:
                    return

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@dataclass
class MailSink:
    """``answer`` is said after the message's end, ``rcpt`` after a recipient; "drop" hangs up instead. ``sessions``
    are the connections that got as far as a greeting."""

    sessions: list[Session] = field(default_factory=list)
    accepted: list[Envelope] = field(default_factory=list)
    tried: list[Envelope] = field(default_factory=list)
    answer: Callable[[Envelope], str] = lambda envelope: "250 OK"
    rcpt: str = "250 OK"
    port: int = 0


@contextmanager
def mail_sink(**options: Any) -> Iterator[MailSink]:
    """A real SMTP server on loopback; ``options`` are aiosmtpd's."""
    sink = MailSink()

    class Handler:
        async def handle_EHLO(  # noqa: N802
            self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
        ) -> list[str]:
            session.host_name = hostname
            sink.sessions.append(session)
            return responses

        async def handle_RCPT(  # noqa: N802
            self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
        ) -> str:
            if sink.rcpt.startswith("250"):
                envelope.rcpt_tos.append(address)
            return sink.rcpt

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            sink.tried.append(envelope)
            answer = sink.answer(envelope)
            if answer == "drop":
                server.transport.abort()  # type: ignore[union-attr]
                return "421 Gone"
            if answer.startswith("250"):
                sink.accepted.append(envelope)
            return answer

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop(no_assert=True)
