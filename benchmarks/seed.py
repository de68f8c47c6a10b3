"""A database with a number of incidents: ``python -m benchmarks.seed NUMBER``, on the database of DATABASE_URL.

All but 50 are over, spread over ten years, with five events each: they come by COPY, with chains that verify. The 50
that are open, of 20 events each, are made by the operations that everyone uses; the first has a room of 200 events.
"""

import hashlib
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

OPEN, EVENTS, ROOM_EVENTS, STEPS = 50, 20, 200, 30
YEARS = timedelta(days=3652)
PRIVATE = 100  # one in so many
RARE, RARELY = "zugzwang", 10  # the rare word, and in how many titles it is
WHAT = ("Chat", "Search", "Checkout", "Sign-in", "Uploads", "Billing", "Mail", "Exports")
HOW = ("not working", "slow", "failing for some", "down in one region", "returns errors")
COLUMNS = """
    id, title, impact, symptom, severity, severity_name, status, is_private, revision_id, channel_name,
    declared_by_id, declared_at, started_at, acknowledged_by_id, acknowledged_at, mitigated_at, resolved_at,
    ended_at, nature, cadence, steps_done, steps_total, last_word, last_word_by, last_word_at, event_seq, chain_head
"""
EVENT_COLUMNS = (
    "incident_id, seq, kind, occurred_at, recorded_at, recorded_by_id, text, data, salt, commitment, hash"
)
RUNBOOK = f"""# Incident response

| Severity | Meaning | Response time |
|---|---|---|
| SEV1 | Everything is down | Immediate |
| SEV2 | Something is down | 15 minutes |
| SEV3 | Something is slow | < 4 hours |
| SEV4 | Cosmetic | Next business day |

## Triage checklist

{"".join(f"- [ ] Look at part {n} of the system{chr(10)}" for n in range(1, STEPS // 2 + 1))}
## Mitigation checklist

{"".join(f"- [ ] Mend part {n} of the system{chr(10)}" for n in range(1, STEPS // 2 + 1))}
## Communication templates

### Initial update

```
[INVESTIGATING] We see [symptom]. Impact: [impact].
```

## Escalation contacts

| Role | Contact | When to escalate |
|---|---|---|
| Primary On-Call | primary@example.com | First responder |
| Engineering Lead | lead@example.com | SEV1/SEV2 incidents |

Post a status update every 30 minutes.
"""


def main(number: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection

    people = make_people()
    revision = make_runbook(people[0])
    fill_past(number - OPEN, revision, [person.pk for person in people])
    make_present(people, revision)
    check()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def make_people() -> list[Any]:
    """Ada administers; twenty others respond."""
    from accounts.models import Role, Team, User

    names = ["Ada Lovelace", "Grace Hopper", *(f"Responder {chr(65 + n)}" for n in range(19))]
    people = []
    for place, name in enumerate(names):
        role = Role.RESPONDER if place else Role.ADMINISTRATOR
        email = f"{name.lower().replace(' ', '.')}@example.com"
        people.append(User.objects.create(email=email, password="!", name=name, role=role))
    for name in ("Platform", "Product"):
        Team.objects.create(name=name, slug=name.lower()).members.set(people)
    return people


def make_runbook(by: Any) -> Any:
    from incidents.models import Service
    from runbooks.operations import create_runbook, set_default

    for name in WHAT:
        Service.objects.create(name=name, slug=name.lower())
    revision = create_runbook(RUNBOOK.encode(), by=by)
    set_default(revision.runbook, by=by)
    return revision


# -- what is over ---------------------------------------------------------------------------------------


def fill_past(number: int, revision: Any, people: list[int]) -> None:
    """Without foreign keys' checks and with the indexes made afterwards, as a database is restored."""
    from django.db import connection

    tables = ("incidents_incident", "incidents_timelineevent")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        indexes = _without_indexes(cursor, tables)
        for name, columns, lines in (
            (tables[0], COLUMNS, _incidents(number, revision, people)),
            (tables[1], EVENT_COLUMNS, _events(number, people)),
        ):
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for block in _blocks(lines):
                    copy.write(block)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET session_replication_role")
        cursor.execute(
            "INSERT INTO incidents_incident_services (incident_id, service_id)"
            " SELECT i.id, s.id FROM incidents_incident i JOIN incidents_service s ON i.id % 8 = s.id % 8"
        )
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('incidents_incident', 'id'), %s)", [max(number, 1)]
        )


def _without_indexes(cursor: Any, tables: tuple[str, ...]) -> list[str]:
    """Drop the indexes that no constraint needs; what makes them again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [list(tables)],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _blocks(lines: Iterator[str], size: int = 2000) -> Iterator[str]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == size:
            yield "".join(block)
            block.clear()
    yield "".join(block)


class _Past:
    """What happened to one incident that is over, the same whenever it is asked."""

    def __init__(self, number: int, of: int, people: list[int], now: datetime) -> None:
        self.number = number
        self.what, self.how = WHAT[number % len(WHAT)], HOW[number % len(HOW)]
        rare = f" {RARE}" if number % max(of // RARELY, 1) == 0 else ""
        self.title = f"{self.what} {self.how}{rare} {number}"
        self.declared = now - timedelta(days=1) - YEARS * (1 - number / of)
        self.by = people[number % len(people)]
        minutes = (0, 0, 4, 25, 60 + number % 90)
        self.moments = [_stamp(self.declared + timedelta(minutes=m, microseconds=1)) for m in minutes]

    def chain(self) -> Iterator[tuple[str, ...]]:
        """Each event as it lies in the table, linked to the one before it."""
        previous = ""
        due = _stamp(self.declared + timedelta(minutes=30))
        said = (
            ("declared", "Nobody can work", '{"fingerprint":"","severity":2,"severity_name":"SEV2"}'),
            (
                "status_update_posted",
                f"We see that {self.what} is {self.how}.",
                f'{{"next_due_at":"{due}","promised":false,"status":"investigating","template":"","was_due_at":"{due}"}}',
            ),
            ("acknowledged", "", "{}"),
            ("note_added", f"{self.what} runs out of memory on two hosts; restarting them.", "{}"),
            ("status_changed", "", '{"from":"monitoring","to":"resolved"}'),
        )
        for place, (kind, text, data) in enumerate(said):
            moment, salt = self.moments[place], f"{self.number:032x}"
            content = (
                f'{salt}{{"by":{self.by},"data":{data},"kind":"{kind}","occurred_at":"{moment}"'
                f',"supersedes":null,"text":"{text}"}}'
            )
            commitment = hashlib.sha256(content.encode()).hexdigest()
            linked = f"{previous}|{self.number}|{place + 1}|{moment}|{commitment}"
            previous = hashlib.sha256(linked.encode()).hexdigest()
            yield str(place + 1), kind, moment, text, data, salt, commitment, previous


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _pasts(number: int, people: list[int], now: datetime) -> Iterator[_Past]:
    return (_Past(n, number, people, now) for n in range(1, number + 1))


def _incidents(number: int, revision: Any, people: list[int]) -> Iterator[str]:
    for past in _pasts(number, people, _today()):
        *_, (_, _, ended, _, _, _, _, head) = past.chain()
        said = past.moments
        private = "t" if past.number % PRIVATE == 0 else "f"
        values = (
            past.number, past.title, "Nobody can work", f"{past.what} is {past.how}", 2, "SEV2", "resolved", private,
            revision.pk, "", past.by, said[0], said[0], past.by, said[2], ended, ended, ended, "live", "00:30:00", 30,
            30,
            f"{past.what} runs out of memory on two hosts; restarting them.", "Ada Lovelace", said[3], 5, head,
        )  # fmt: skip
        yield "\t".join(map(str, values)) + "\n"


def _events(number: int, people: list[int]) -> Iterator[str]:
    for past in _pasts(number, people, _today()):
        for seq, kind, moment, text, data, salt, commitment, linked in past.chain():
            yield (
                f"{past.number}\t{seq}\t{kind}\t{moment}\t{moment}\t{past.by}\t{text}\t{data}"
                f"\t{salt}\t{commitment}\t{linked}\n"
            )


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


# -- what is open -----------------------------------------------------------------------------------------


def make_present(people: list[Any], revision: Any) -> None:
    from incidents import operations
    from incidents.models import Incident, Service
    from outbox.relay import relay

    services = list(Service.objects.all())
    dice = random.Random(1)
    for place in range(OPEN):
        by = people[place % len(people)]
        said = operations.Declaration(
            title=f"{WHAT[place % len(WHAT)]} {HOW[place % len(HOW)]} for customer {place}",
            severity=1 + place % 4,
            impact="Customers wait, and some give up",
            symptom="Requests time out",
            services=[services[place % len(services)]],
        )
        incident = operations.declare(said, revision=revision, by=by)
        operations.acknowledge(incident.pk, by=by)
        operations.assign_role(incident.pk, "commander", by, by=by)
        steps = list(incident.steps.filter(kind="task").values_list("pk", flat=True))
        _work(incident.pk, steps, people, dice, ROOM_EVENTS if place == 0 else EVENTS)
    while relay():
        pass
    assert Incident.objects.open().count() == OPEN


def _work(number: int, steps: list[int], people: list[Any], dice: random.Random, events: int) -> None:
    from incidents import operations
    from incidents.models import Incident

    left = iter(steps[: len(steps) // 2])
    while (done := Incident.objects.get(pk=number).event_seq) < events:
        by = dice.choice(people)
        step = next(left, None) if done % 2 else None
        if step:
            operations.set_step_done(number, step, done=True, by=by)
        else:
            operations.add_note(number, f"The graph of **part {done}** looks odd since the deploy.", by=by)


def check() -> None:
    """The chains verify, of what was copied as of what was done."""
    from incidents.models import Incident
    from incidents.timeline import faults

    last = Incident.objects.order_by("-pk")[0].pk
    for number in {1, 2, 100, last // 2, last - OPEN, last - OPEN + 1, last}:
        for incident in Incident.objects.filter(pk=number):
            assert not faults(incident), faults(incident)


if __name__ == "__main__":
    main(int(sys.argv[1]))
