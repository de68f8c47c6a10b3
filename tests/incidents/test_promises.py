"""The share of updates that came on time, and the longest silence, of one incident."""

from datetime import timedelta

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from incidents.promises import promises_of
from tests.notifications.conftest import World, contacts, declared, revision, world  # noqa: F401  fixtures

MINUTE = timedelta(minutes=1)


def posted(incident: Incident, ada: User, world: World, *, after: int) -> None:  # noqa: F811
    world.skip(after * MINUTE)
    operations.post_update(incident.pk, "Still looking", by=ada)


def kept(incident: Incident, world: World) -> tuple[int, int, int | None, timedelta]:  # noqa: F811
    from django.utils import timezone

    incident.refresh_from_db()
    found = promises_of(incident, timezone.now())
    return found.owed, found.kept, found.share, found.longest_silence


def test_each_promise_counts_once_and_the_longest_silence_is_between_two_updates(world, declared, ada):  # noqa: F811
    incident = declared(1)  # an update every 20 minutes
    posted(incident, ada, world, after=15)
    posted(incident, ada, world, after=35)
    posted(incident, ada, world, after=20)
    assert kept(incident, world) == (3, 2, 67, 35 * MINUTE)


def test_a_promise_that_nobody_keeps_counts_as_soon_as_it_is_late(world, declared, ada):  # noqa: F811
    incident = declared(1)
    world.skip(10 * MINUTE)
    assert kept(incident, world) == (0, 0, None, 10 * MINUTE)
    world.skip(15 * MINUTE)
    assert kept(incident, world) == (1, 0, 0, 25 * MINUTE)


def test_notes_and_snoozes_do_not_shorten_a_silence_and_the_end_ends_it(world, declared, ada):  # noqa: F811
    incident = declared(1)
    world.skip(10 * MINUTE)
    operations.add_note(incident.pk, "Looking", by=ada)
    world.skip(8 * MINUTE)
    operations.change_status(incident.pk, "resolved", by=ada)
    world.skip(300 * MINUTE)
    assert kept(incident, world)[3] == 18 * MINUTE
