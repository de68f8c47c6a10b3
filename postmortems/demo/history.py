"""Six months at Quayside, with all that came after the incidents; and what was promised beside them."""

from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from incidents.demo import history
from incidents.demo.clock import Clock, fresh_defaults, worn
from incidents.demo.organisation import Organisation
from postmortems.demo import document, promised
from postmortems.demo.diary import Diary
from postmortems.operations import items
from postmortems.states import ItemKind, Priority

#: Promised at no incident: what, kind, priority, owner, team, days since then and days given, what shows it is done.
BESIDE = (
    ("Walk through the starter runbook with everyone who joins", ItemKind.PROCESS, Priority.LOW,
     "Maya Okafor", "Platform", 70, 90, "Noah and Lena walked it in their first week."),
    ("Put the on-call telephone's number on the intranet", ItemKind.PROCESS, Priority.MEDIUM,
     "Tomás Rivera", "Platform", 40, 30, "It is on the first page of the intranet, top right."),
    ("Try the back-up of the conversations on an empty machine", ItemKind.DETECT, Priority.HIGH,
     "Hana Kimura", "Platform", 24, 14, "Restored in 51 minutes, row counts equal."),
    ("Agree with Product when a feature may be switched off", ItemKind.MITIGATE, Priority.MEDIUM,
     "Arjun Mehta", "Product", 9, 11, "A list of nine switches, signed by both teams."),
    ("Ask the three largest customers whom to call at night", ItemKind.PROCESS, Priority.HIGH,
     "Yusuf Adeyemi", "Product", 4, 4, "Three names and numbers in the contacts."),
)  # fmt: skip


@transaction.atomic
def fill(password: str) -> Organisation:
    """Found Quayside and live through its six months, all or nothing. Raises ``history.Refused``."""
    now, random = timezone.now(), Random(history.SEED)  # noqa: S311  nothing secret
    with fresh_defaults():
        quayside = history.fill(password, document.live_on)
        for beside in BESIDE:
            _promise(quayside, now, random, *beside)
    return quayside


def _promise(
    quayside: Organisation,
    now: datetime,
    random: Random,
    title: str,
    kind: ItemKind,
    priority: Priority,
    owner: str,
    team: str,
    ago: int,
    given: int,
    done: str,
) -> None:
    began = now - timedelta(days=ago)
    with worn(Clock(began)) as clock:
        item = items.add_item(
            by=quayside.administrator,
            title=title,
            kind=kind,
            priority=priority,
            owner=quayside.people[owner],
            due_on=(began + timedelta(days=given)).date(),
            team=quayside.teams[team],
        )
        diary = Diary(clock, now)
        promised.live_on(item, done, diary, random, quayside.responders)
        diary.live()
