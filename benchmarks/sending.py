"""One worker's sends to a mail server on this machine, against the cheapest that Python could do the same with.

``python -m benchmarks.sending [MESSAGES]``, on a PostgreSQL of its own. The floor hands the same messages, ready made,
to the same server by as many threads, with nothing claimed, made or kept. Exit code 1 where sending takes more than
``MOST`` times as long.
"""

import asyncio
import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from config import environment
from config.environment import BASE_DIR
from config.postgres import Cluster

MOST = 12.0


def main(messages: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, sink() as port:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "postgres")  # as make run has it, every commit on disk
        with cluster.running():
            for name in environment.variables():
                os.environ.pop(name, None)
            os.environ |= {
                "DATABASE_URL": cluster.url,
                "ALLCLEAR_SECRET_KEY": "b" * 50,
                "ALLCLEAR_HOME": folder,
                "ALLCLEAR_EMAIL_URL": f"smtp://127.0.0.1:{port}",
            }
            return compare(messages, port)


def compare(messages: int, port: int) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    make(messages)
    floor = timed_floor(messages, port)
    taken = timed(messages)
    print(f"floor:   {messages / floor:6.0f} a second, {floor / messages * 1000:.2f} ms each")
    print(f"sending: {messages / taken:6.0f} a second, {taken / messages * 1000:.2f} ms each")
    print(f"ratio: {taken / floor:.2f}")
    return 0 if taken / floor <= MOST else 1


def make(messages: int) -> None:
    """As many people as incidents, each told of one: nudges by the clocks' own code, minus the inbox."""
    from django.utils import timezone

    from accounts.models import User
    from notifications.models import Channel, Delivery, Notice, Urgency

    people = [
        User.objects.create_user(f"person{n}@example.com", "x", name=f"Person {n}", role="responder")
        for n in range(20)
    ]
    expires_at = timezone.now() + timedelta(hours=1)
    text = "Status: **investigating**\n\nImpact: Nobody can chat\n\nReady to send:\n\n> We see no replies."
    notices = [
        Notice(
            urgency=Urgency.NUDGE,
            title=f"Update due now: SEV1 INC-{n} Chat not working",
            text=f"{text}\n\nLast word: Ada Lovelace: number {n}",
            path=f"/incidents/{n}/#update",
            action="Post the update",
            expires_at=expires_at,
        )
        for n in range(messages // len(people))
    ]
    Notice.objects.bulk_create(notices)
    Delivery.objects.bulk_create(
        Delivery(
            notice=notice,
            recipient=person,
            channel=Channel.EMAIL,
            address=person.email,
            dedupe_key=f"{notice.pk}:user:{person.pk}:email:",
            expires_at=expires_at,
        )
        for notice in notices
        for person in people
    )


def timed(messages: int) -> float:
    from notifications import sending
    from notifications.models import Delivery

    began = time.perf_counter()
    while sending.send_due(urgent=True, limit=400):
        pass
    taken = time.perf_counter() - began
    sent = Delivery.objects.filter(state="sent").count()
    assert sent == messages, f"{sent} of {messages} were sent"
    return taken


def timed_floor(messages: int, port: int) -> float:
    from notifications.channels.email import message_of
    from notifications.models import Delivery
    from notifications.sending import THREADS

    row = Delivery.objects.select_related("notice", "recipient").first()
    assert row
    words = message_of(row).message().as_bytes()

    def share(_: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for _ in range(messages // THREADS):
                server.sendmail("allclear@localhost", ["ada@example.com"], words)

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(share, range(THREADS)))
    return time.perf_counter() - began


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything at once, so that it is never what is timed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        command = [sys.executable, "-m", "benchmarks.sending", "--sink", str(listening.fileno())]
        process = subprocess.Popen(command, cwd=BASE_DIR, pass_fds=[listening.fileno()])
    try:
        yield port
    finally:
        process.kill()
        process.wait()


class Mailbox(asyncio.Protocol):
    """Just enough SMTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.data, self.is_message = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            end = b"\r\n.\r\n" if self.is_message else b"\r\n"
            line, found, rest = self.data.partition(end)
            if not found:
                return
            self.data = rest
            self.transport.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        if self.is_message:
            self.is_message = False
            return b"250 taken\r\n"
        word = line[:4].upper()
        self.is_message = word == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 fine\r\n")


async def serve(descriptor: int) -> None:
    server = await asyncio.get_running_loop().create_server(Mailbox, sock=socket.socket(fileno=descriptor))
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sink"]:
        asyncio.run(serve(int(sys.argv[2])))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
