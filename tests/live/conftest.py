"""An incident to look at, a web process to look through, and streams that close when the test ends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Declaration, declare
from runbooks.models import Revision
from runbooks.operations import create_runbook
from tests.live.streaming import Server, Stream

RUNBOOK = b"""# Incident response

| Severity | Meaning | Response time |
|---|---|---|
| SEV1 | Everything is down | Immediate |
| SEV2 | Something is down | 15 minutes |

## Triage checklist

- [ ] Look at the error rate
- [ ] Tell support

**Ask:**

- Are all users affected?
- Since when?

Post a status update every 30 minutes.
"""


@pytest.fixture(scope="session")
def running(django_db_setup: None) -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server, transactional_db: None) -> Server:
    """A real web process on the tests' database; changes reach it because they are committed."""
    return running


@pytest.fixture
def revision(transactional_db: None) -> Revision:
    return create_runbook(RUNBOOK, by=None)


@pytest.fixture
def declared(revision: Revision, ada: User) -> Callable[..., Incident]:
    """Declares an incident, by ada unless told."""

    def declare_one(title: str = "Chat not working", *, by: User = ada, **said: Any) -> Incident:
        return declare(
            Declaration(title=title, **{"severity": 2, "impact": "", **said}), revision=revision, by=by
        )

    return declare_one


@pytest.fixture
def incident(declared: Callable[..., Incident]) -> Incident:
    return declared()


@pytest.fixture
def follow(server: Server, client_for: Callable[[User], Client]) -> Iterator[Callable[..., Stream]]:
    """Opens a stream as somebody; at the event that the incident is at, unless told otherwise."""
    opened: list[Stream] = []

    def open_one(who: User | Client, incident: Incident | None = None, last_id: str | None = None) -> Stream:
        client = who if isinstance(who, Client) else client_for(who)
        if incident:
            incident.refresh_from_db()
        path = f"/live/incidents/{incident.pk}/?after={incident.event_seq}" if incident else "/live/board/"
        stream = Stream(server, path, client, last_id)
        opened.append(stream)
        if stream.status == 200:
            stream.next("hb")
        return stream

    yield open_one
    for stream in opened:
        stream.close()
