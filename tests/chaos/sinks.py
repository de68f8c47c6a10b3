"""A mail server and a webhook receiver that misbehave, and write down every message they saw: one JSON line each.

``python -m tests.chaos.sinks LOG SMTP_PORT HTTP_PORT SEED``. While LOG.mended exists, they behave.

Outcomes: "accepted" (and told so), "refused" (for now), "dropped" (mid-message: not kept), "cut" (kept, and the line
cut before the answer: the sender cannot know).
"""

import asyncio
import json
import random
import sys
import threading
import time
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

OUTCOMES = {"accepted": 80, "slow": 6, "refused": 8, "dropped": 3, "cut": 3}
SLOW = 2.0  # seconds


class Log:
    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.random, self.lock = path, random.Random(seed), threading.Lock()
        self.file = path.open("a", buffering=1)

    def choose(self) -> str:
        if self.path.with_suffix(".mended").exists():
            return "accepted"
        return self.random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]

    def write(self, channel: str, key: str, to: str, outcome: str) -> None:
        line = {"at": time.time(), "channel": channel, "id": key, "to": to, "outcome": outcome}
        with self.lock:
            self.file.write(json.dumps(line) + "\n")


class Mailbox:
    def __init__(self, log: Log) -> None:
        self.log = log

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        key = message_from_bytes(envelope.content)["Message-ID"].strip("<>").partition("@")[0]
        outcome, to = self.log.choose(), ",".join(envelope.rcpt_tos)
        if outcome == "slow":
            await asyncio.sleep(SLOW)
            outcome = "accepted"
        self.log.write("email", key, to, outcome)
        if outcome in ("dropped", "cut"):
            server.transport.abort()
        return "451 Later" if outcome == "refused" else "250 Accepted"


def hooks(log: Log) -> type[BaseHTTPRequestHandler]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            outcome = log.choose()
            if outcome == "slow":
                time.sleep(SLOW)
                outcome = "accepted"
            log.write("webhook", self.headers.get("webhook-id", ""), self.path, outcome)
            if outcome in ("dropped", "cut"):
                self.connection.close()
                return
            self.send_response(503 if outcome == "refused" else 204)
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    return Hook


def main(path: str, smtp: str, http: str, seed: str) -> None:
    log = Log(Path(path), int(seed))
    Controller(Mailbox(log), hostname="127.0.0.1", port=int(smtp)).start()
    ThreadingHTTPServer(("127.0.0.1", int(http)), hooks(log)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
