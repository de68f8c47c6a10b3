"""Six months at Quayside: sixty incidents that ended, and three that are open now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from incidents import operations
from incidents.demo.clock import Clock, worn
from incidents.demo.organisation import DOMAIN, Organisation, found_organisation
from incidents.demo.playing import Player
from incidents.demo.stories import Story, told
from incidents.models import Incident

SEED = 41
DAYS = 182
CLOSED_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Ended:
    """An incident that is over, and its clock, which may go on until ``now``. ``close_at`` is when it is put away,
    None where it is too early for that."""

    incident: Incident
    story: Story
    quayside: Organisation
    clock: Clock
    now: datetime
    close_at: datetime | None

    def close(self) -> None:
        operations.close(self.incident.pk, by=self.incident.commander or self.incident.declared_by)


#: What becomes of an incident that is over.
Sequel = Callable[[Ended], None]


def put_away(ended: Ended) -> None:
    """The least that becomes of it."""
    if ended.close_at:
        ended.clock.reach(ended.close_at)
        ended.close()


class Refused(Exception):
    """The demo may not touch this database; the message says why."""


def is_there() -> bool:
    """Whether the demo is in the database. Raises ``Refused`` where incidents are that it did not make."""
    own = Incident.objects.filter(declared_by__email__endswith=f"@{DOMAIN}")
    if Incident.objects.exclude(pk__in=own).exists():
        raise Refused("This database holds real incidents. The demo goes only into one that holds none.")
    return own.exists()


@transaction.atomic
def fill(password: str, sequel: Sequel = put_away) -> Organisation:
    """Found Quayside and live through its six months, all or nothing; ``sequel`` says how each incident goes on once
    it is over. Raises ``Refused``."""
    if is_there():
        raise Refused("The demo is there already.")
    now = timezone.now()
    clock, random = Clock(now - timedelta(days=DAYS + 7)), Random(SEED)  # noqa: S311  nothing secret
    with worn(clock):
        quayside = found_organisation(password)
        _the_past(quayside, sequel, random, now)
        _the_present(quayside, random, now)
    return quayside


def _the_past(quayside: Organisation, sequel: Sequel, random: Random, now: datetime) -> None:
    stories = told()
    apart = (DAYS - 3.5) / (len(stories) - 1)
    for index, story in enumerate(stories):
        day = now - timedelta(days=DAYS - index * apart - random.uniform(0, apart * 0.8))
        # Each story on a clock of its own: two incidents may well overlap.
        own = Clock(day)
        with worn(own):
            incident = Player(story, quayside, own, random).play(day)
            sequel(Ended(incident, story, quayside, own, now, _close_at(own, random, now)))


def _close_at(clock: Clock, random: Random, now: datetime) -> datetime | None:
    if now - clock.moment <= CLOSED_AFTER:
        return None
    return clock.moment + timedelta(hours=random.uniform(4, 60))


def _the_present(quayside: Organisation, random: Random, now: datetime) -> None:
    """One private that calms down, one whose update is overdue, one that has just begun."""
    for story, minutes_ago, length, until in NOW:
        began = now - timedelta(minutes=minutes_ago)
        with worn(Clock(began)) as clock:
            player = Player(story, quayside, clock, random, length=length)
            incident = player.play(began, until=until)
            _leave(incident, player, now)


def _leave(incident: Incident, player: Player, now: datetime) -> None:
    """The last update before now, so that each of the three stands differently with its next one."""
    last = {1: 3.0, 2: 34.2, 3: 8.0}[incident.severity]
    promised = {3: now + timedelta(minutes=4)}.get(incident.severity)
    player.clock.reach(now - timedelta(minutes=last))
    text = LAST_WORDS[incident.severity]
    operations.post_update(incident.pk, text, by=player.commander, next_due_at=promised)


LAST_WORDS = {
    1: "[MONITORING] All three keys are revoked and new ones are live. We are watching the access logs for misuse.",
    2: "[IDENTIFIED] We have found the cause of the problem with chat and are taking the last deployment back.",
    3: "[INVESTIGATING] Replies are slow because our model provider is. Chat works; give it a moment.",
}

#: A story, the minutes since it began, the minutes it would take, and the share of it that is over.
NOW: tuple[tuple[Story, float, float, float], ...] = (
    (
        Story(
            title="Signing key found in a build artefact",
            severity=1,
            symptom="a key that signs sessions was in a file that customers can download",
            impact="no misuse seen so far; sessions could have been forged",
            services=("Sign-in", "API"),
            team="Platform",
            cause="security",
            notes=(
                "The artefact was downloaded 4 times, 3 of them by us.",
                "All 3 keys revoked, new ones live. Watching access logs for reuse.",
            ),
            decision="Sign everybody out now rather than wait for the morning.",
            command="keys rotate sessions --sign-out",
            fix="The build copied a directory too many.",
            private=True,
        ),
        86,
        100,
        0.72,
    ),
    (
        Story(
            title="Chat not working in the EU: replies never finish",
            severity=2,
            symptom="replies that start and never finish",
            impact="about a third of users in the EU cannot chat",
            services=("Chat", "API"),
            team="Product",
            cause="deployment",
            notes=(
                "Error rate went from 0.2% to 38% at 4 minutes after deployment 4170.",
                "Rolled back in one of two clusters. Error rate there is down to 11%.",
            ),
            decision="Roll back now and look for the cause afterwards.",
            command="deploy rollback chat --to 4169",
            fix="",
        ),
        74,
        62,
        0.44,
    ),
    (
        Story(
            title="Slow replies: the model provider is degraded",
            severity=3,
            symptom="replies take a minute to begin",
            impact="chat works, but slowly",
            services=("Chat",),
            team="Product",
            cause="external",
            notes=(
                "The provider's status page reports elevated latency.",
                "Degraded-mode banner is on.",
            ),
            decision="Halve the concurrency rather than fail faster.",
            command="flags set chat.degraded on",
            fix="",
        ),
        31,
        120,
        0.12,
    ),
)
