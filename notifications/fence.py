"""After a restore: what came due before now was dealt with in a life that this database does not remember."""

from dataclasses import dataclass

from django.db import transaction

from notifications.deliveries import FREE
from notifications.ladders import LADDERS, passed
from notifications.models import WAITING, Clock, Delivery, DeliveryState, Digest, Stage
from notifications.reminders import sweep as reminders
from outbox import clock as database_clock
from outbox import relay as relaying


@dataclass(frozen=True, slots=True)
class Fenced:
    """How many stages were passed over, and how many deliveries that waited are not sent any more."""

    stages: int
    deliveries: int


def fence() -> Fenced:
    """Mark all that is due before now as dealt with, so that nothing of it is sent a second time.

    Stages are kept as folded, deliveries as no longer needed. Clocks go on with their next stage.
    """
    relaying.relay()  # facts of the time before set clocks: these must be there to be passed over
    with transaction.atomic():
        due = Clock.objects.armed().select_for_update().filter(fires_at__lte=database_clock.DatabaseNow())
        stages = sum(_pass_over(clock) for clock in due)
        stages += reminders.pass_over()
        waiting = Delivery.objects.filter(state__in=WAITING)
        Digest.objects.filter(gathered_at=None, due_at__lte=database_clock.DatabaseNow()).update(
            gathered_at=database_clock.DatabaseNow()
        )
        gone = waiting.update(state=DeliveryState.SUPERSEDED, **FREE)
    return Fenced(stages, gone)


def _pass_over(clock: Clock) -> int:
    reached, following = passed(LADDERS[clock.kind](clock.due_at, clock.interval), database_clock.now())
    have = set(clock.stages.filter(due_at=clock.due_at).values_list("name", flat=True))
    stages = [
        Stage(
            clock=clock,
            due_at=clock.due_at,
            name=rung.name,
            is_folded=True,
            asks_contact=rung.audience == "contact",
        )
        for rung in reached
        if rung.name not in have
    ]
    Stage.objects.bulk_create(stages)
    clock.is_armed = following is not None
    clock.fires_at = following.at if following else clock.fires_at
    clock.save(update_fields=["is_armed", "fires_at"])
    return len(stages)
