"""A world whose time can be moved: an incident, its people, and a worker that does all it has to when told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Declaration, declare
from notifications import sweep
from notifications.models import Notice, Stage
from outbox import relay as relaying
from runbooks.models import Revision
from runbooks.operations import create_runbook

START = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)  # a Thursday
RUNBOOK = b"""# Incident response

| Level | Response time | Meaning |
|---|---|---|
| SEV1 | Immediate | Down |
| SEV2 | < 1 hour | Broken |
| SEV3 | < 4 hours | Impaired |
| SEV4 | Next business day | Cosmetic |

## Checklist
- [ ] Look

## Communication templates
### Initial update
```
[INVESTIGATING] We see [symptom]. Cause: [cause].
```

## Escalation contacts

| Role | Contact | When to escalate |
|---|---|---|
| Primary On-Call | primary@example.com | First responder |
| Secondary On-Call | secondary@example.com | If primary unavailable |
| Engineering Lead | lead@example.com | SEV1/SEV2 incidents |
| Security Lead | security@example.com | Security incidents |
"""


@dataclass
class World:
    """``now`` moves with :meth:`pass_time`; the worker looks every minute, as the real one does more often."""

    traveller: time_machine.Traveller

    def pass_time(self, until: timedelta, step: timedelta = timedelta(minutes=1)) -> None:
        end = timezone.now() + until
        while timezone.now() < end:
            self.skip(min(step, end - timezone.now()))
            self.work()

    def skip(self, time: timedelta) -> None:
        """Time passes and nobody works: the worker is down."""
        self.traveller.shift(time)
        self.tell_database()

    def tell_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('allclear.now', %s, false)", [timezone.now().isoformat()])

    def work(self) -> None:
        relaying.relay()
        sweep.sweep()


@pytest.fixture(autouse=True)
def _mail_configured(settings: object) -> None:
    """There is a mail server, as there is where the portal is in earnest."""
    settings.MAIL_CONFIGURED = True  # type: ignore[attr-defined]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Starts on a Thursday at 02:00 UTC. The database's clock is moved along with Python's."""
    with time_machine.travel(START, tick=False) as traveller:
        world = World(traveller)
        world.tell_database()
        yield world
        with connection.cursor() as cursor:
            cursor.execute("RESET allclear.now")


@pytest.fixture
def revision(db: None) -> Revision:
    return create_runbook(RUNBOOK, by=None)


@pytest.fixture
def contacts(db: None) -> dict[str, User]:
    """The people behind the runbook's contacts."""
    return {
        name: User.objects.create_user(f"{name}@example.com", "x", name=name.title(), role="responder")
        for name in ("primary", "secondary", "lead", "security")
    }


@pytest.fixture
def declared(revision: Revision, ada: User) -> Callable[..., Incident]:
    def declare_one(severity: int = 1, **said: object) -> Incident:
        words = {"title": "Chat not working", "impact": "Nobody can chat", "symptom": "no replies"} | said
        return declare(Declaration(severity=severity, **words), revision=revision, by=ada)  # type: ignore[arg-type]

    return declare_one


def stages(incident: Incident, clock: str) -> list[str]:
    """Names of the stages that fired, in the order of their firing; those folded into a later one in brackets."""
    found = Stage.objects.filter(clock__incident=incident, clock__kind=clock).order_by("fired_at", "id")
    return [f"({stage.name})" if stage.is_folded else stage.name for stage in found]


def heard(user: User) -> list[str]:
    """Titles of the notices in somebody's inbox, oldest first."""
    found = Notice.objects.filter(deliveries__recipient=user, deliveries__channel="inbox")
    return list(found.order_by("created_at").values_list("title", flat=True))
