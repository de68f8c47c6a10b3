"""The driver: declares, promises, resolves and notes, and writes to the truth log what it was told has happened."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import Error, close_old_connections
from django.middleware.csrf import _get_new_csrf_string
from django.utils import timezone

from accounts.known import SessionStore
from accounts.models import Role, User
from incidents import operations
from incidents.models import Incident
from incidents.operations import Declaration
from runbooks.models import Revision
from runbooks.operations import create_runbook

RUNBOOK = b"""# Incident response

| Level | Response time |
|---|---|
| SEV1 | Immediate |
| SEV2 | < 1 hour |

## Checklist
- [ ] Look

## Escalation contacts

| Role | Contact | When to escalate |
|---|---|---|
| Primary On-Call | primary@example.com | First responder |
"""
T = TypeVar("T")
UNACKNOWLEDGED, RESOLVED = 0.25, 0.1  # shares of the incidents


@dataclass(frozen=True)
class Plan:
    incidents: int
    seconds: float  # over which they are declared and due


class Truth:
    """One JSON line for each thing that was said to have happened."""

    def __init__(self, path: Path) -> None:
        self.file, self.lock = path.open("a", buffering=1), threading.Lock()

    def write(self, kind: str, **facts: Any) -> None:
        with self.lock:
            self.file.write(json.dumps({"at": time.time(), "kind": kind, **facts}) + "\n")


def insist(act: Callable[[], T]) -> T:
    """Do it again until the database says that it happened; every act bears its repetition."""
    while True:
        try:
            close_old_connections()
            return act()
        except Error:
            time.sleep(0.2)


class Driver:
    def __init__(self, plan: Plan, truth: Truth, seed: int, port: int, hook: str) -> None:
        self.plan, self.truth, self.random, self.port = plan, truth, random.Random(seed), port
        self.revision: Revision = insist(lambda: create_runbook(RUNBOOK, by=None))
        self.people = [self._person(n) for n in range(5)]
        for person in self.people[:2]:
            _give_hook(person, hook)
        self.numbers: list[int] = []

    @staticmethod
    def _person(n: int) -> User:
        return User.objects.create_user(
            f"person{n}@example.com", "x", name=f"Person {n}", role=Role.RESPONDER
        )

    def run(self) -> None:
        """Declare the incidents one after another, each with a promise that falls within the time of the run."""
        began = time.monotonic()
        noting = threading.Thread(target=self._note_until, args=(began + self.plan.seconds,))
        noting.start()
        for n in range(self.plan.incidents):
            due = self.plan.seconds * (n + 1) / self.plan.incidents
            ahead = self.random.uniform(2, min(20, 2 + due))
            time.sleep(max(0.0, began + due - ahead - time.monotonic()))
            self._incident(ahead)
        noting.join()

    def _incident(self, ahead: float) -> None:
        by = self.random.choice(self.people)
        key = uuid4()
        said = Declaration(title="Something is down", severity=1)
        incident: Incident = insist(lambda: operations.declare(said, revision=self.revision, by=by, key=key))
        self.truth.write("declared", incident=incident.pk)
        self.numbers.append(incident.pk)
        if self.random.random() > UNACKNOWLEDGED:
            insist(lambda: operations.acknowledge(incident.pk, by=by))
            self.truth.write("acknowledged", incident=incident.pk)
        insist(lambda: operations.assign_role(incident.pk, "commander", by, by=by))
        promised, again = timezone.now() + timedelta(seconds=ahead), uuid4()
        try:
            insist(
                lambda: operations.post_update(incident.pk, "Looking", by=by, next_due_at=promised, key=again)
            )
        except operations.Refused:  # the database was away for so long that the promise is of the past
            return
        self.truth.write("promised", incident=incident.pk, due=promised.timestamp(), by=by.email)
        if self.random.random() < RESOLVED:
            insist(lambda: _resolve(incident.pk, by))
            self.truth.write("resolved", incident=incident.pk)

    def _note_until(self, end: float) -> None:
        """Notes by way of the web process, each with the key of its form, sent until it is answered."""
        cookies, token = _signed_in(self.people[0])
        while time.monotonic() < end:
            if self.numbers:
                number, key, text = self.random.choice(self.numbers), uuid4(), f"Note {uuid4()}"
                body = urlencode(
                    {"kind": "note", "text": text, "key": str(key), "csrfmiddlewaretoken": token}
                )
                while time.monotonic() < end:
                    status = self._post(f"/incidents/{number}/notes/", body, cookies)
                    if status in (200, 302, 303):
                        self.truth.write("noted", incident=number, text=text)
                        break
                    if status and status < 500:
                        self.truth.write("refused", status=status)
                        break
            time.sleep(0.3)

    def _post(self, path: str, body: str, cookies: str) -> int:
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            server.request("POST", path, body, headers)
            return server.getresponse().status
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
            return 0
        finally:
            server.close()


def _resolve(number: int, by: User) -> None:
    if Incident.objects.get(pk=number).is_open:
        operations.change_status(number, "resolved", by=by)


def _signed_in(user: User) -> tuple[str, str]:
    """The cookies of somebody signed in, and the token of their forms."""
    session, token = SessionStore(), _get_new_csrf_string()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.known.Backend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    insist(session.create)
    return f"allclear_session={session.session_key}; allclear_csrf={token}", token


def _give_hook(user: User, url: str) -> None:
    from notifications.models import Channel, Destination, DestinationUse, Urgency

    secret = "whsec_" + "Y2hhb3NjaGFvc2NoYW9zY2hhb3M="
    hook = Destination.objects.create(
        user=user, channel=Channel.WEBHOOK, name="Hook", address=url, secret=secret
    )
    for urgency in (Urgency.PAGE, Urgency.NUDGE):
        DestinationUse.objects.create(destination=hook, urgency=urgency)
