"""Who else is in the room."""

import time
from datetime import timedelta

from django.utils import timezone

from incidents import operations
from incidents.models import Presence
from live.tasks import prune_presence


def shown(stream, name: str, seconds: float = 6) -> None:
    """Wait until the stream shows ``name`` among those who are here."""
    until = time.monotonic() + seconds
    while name not in stream.next("presence", until - time.monotonic()).data:
        pass


def gone(stream, name: str, seconds: float = 8) -> None:
    until = time.monotonic() + seconds
    while name in stream.next("presence", until - time.monotonic()).data:
        pass


def test_who_opens_the_room_appears_and_who_leaves_goes(follow, ada, grace, incident):
    mine = follow(ada, incident)
    shown(mine, "Ada Lovelace")
    theirs = follow(grace, incident)
    shown(mine, "Grace Hopper", 2)
    theirs.close()
    gone(mine, "Grace Hopper")


def test_a_page_that_loads_again_is_no_departure(follow, client_for, ada, grace, incident):
    mine, client = follow(ada, incident), client_for(grace)
    follow(client, incident).close()
    shown(mine, "Grace Hopper")
    follow(client, incident)
    assert all("Grace Hopper" in event.data for event in mine.within(6) if event.name == "presence")


def test_one_of_two_pages_closed_is_no_departure(follow, ada, grace, incident):
    mine = follow(ada, incident)
    first, _second = follow(grace, incident), follow(grace, incident)
    shown(mine, "Grace Hopper")
    first.close()
    assert all("Grace Hopper" in event.data for event in mine.within(6) if event.name == "presence")


def test_who_was_taken_out_by_another_process_is_put_back(follow, ada, grace, incident):
    mine = follow(ada, incident)
    follow(grace, incident)
    shown(mine, "Grace Hopper")
    operations.leave(incident.pk, grace.pk)
    assert "Grace Hopper" in [event.data for event in mine.within(1) if event.name == "presence"][-1]
    assert Presence.objects.filter(user=grace).exists()


def test_whoever_vanished_without_a_word_is_forgotten(follow, ada, grace, incident):
    long_ago = timezone.now() - timedelta(seconds=46)
    mine = follow(ada, incident)
    shown(mine, "Ada Lovelace")
    Presence.objects.create(incident=incident, user=grace, seen_at=long_ago)
    prune_presence()
    assert "Grace Hopper" not in mine.next("presence").data
    assert not Presence.objects.filter(user=grace).exists()


def test_staying_moves_the_time_forward_and_arriving_twice_is_once(ada, incident):
    operations.see(incident.pk, ada.pk)
    operations.see(incident.pk, ada.pk)
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=40))
    operations.stay(incident.pk, {ada.pk})
    presence = Presence.objects.get()
    assert presence.seen_at > timezone.now() - timedelta(seconds=5)


def test_who_came_back_elsewhere_does_not_leave(ada, incident):
    before = timezone.now()
    operations.see(incident.pk, ada.pk)
    operations.leave(incident.pk, ada.pk, since=before)
    assert Presence.objects.filter(user=ada).exists()
