"""Questions that are worked out once are still asked for the person who reads, as of now."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents import operations, prepared
from incidents.models import Incident, IncidentQuerySet


def visible(user: User) -> IncidentQuerySet:
    return Incident.objects.open().visible_to(user)


def nothing(user: User) -> IncidentQuerySet:
    return Incident.objects.none()


def named(user: User) -> Any:
    return visible(user).order_by("pk").values_list("title")


def titles(user: User) -> list[str]:
    return [title for (title,) in prepared.tuples(named, user)]


def test_each_person_is_answered_by_what_they_may_see(declared, ada: User, grace: User) -> None:
    private = declared("Keys are out", is_private=True)
    declared("Chat is down")
    for _ in range(2):
        assert titles(ada) == ["Keys are out", "Chat is down"]
        assert titles(grace) == ["Chat is down"]
        assert prepared.counts((visible, nothing, visible), grace) == [1, 0, 1]
    operations.grant_access(private.pk, grace, by=ada)
    assert prepared.counts((visible,), grace) == [2]
    operations.revoke_access(private.pk, grace, by=ada)
    assert (titles(grace), prepared.counts((visible,), grace)) == (["Chat is down"], [1])


def test_roles_are_asked_apart(ada: User, grace: User) -> None:
    def administrators_see(user: User) -> IncidentQuerySet:
        found = User.objects.filter(pk=user.pk)
        return found if user.may_administer else found.none()  # type: ignore[return-value]

    assert prepared.counts((administrators_see,), ada) == [1]
    assert prepared.counts((administrators_see,), grace) == [0]


def test_the_moment_and_the_day_are_those_of_who_asks(declared, ada: User) -> None:
    def declared_by_now(user: User) -> IncidentQuerySet:
        return Incident.objects.filter(declared_at__lte=prepared.NOW)

    def declared_before_today(user: User) -> IncidentQuerySet:
        return Incident.objects.filter(declared_at__date__lt=prepared.TODAY)

    declared("Chat is 100% down")
    both, now = (declared_by_now, declared_before_today), timezone.now()
    assert prepared.counts(both, ada, now - timedelta(hours=1)) == [0, 0]
    assert prepared.counts(both, ada, now) == [1, 0]
    assert prepared.counts(both, ada, now + timedelta(days=1)) == [1, 1]
    noon = now.replace(hour=12)
    assert prepared.counts((declared_before_today,), ada, noon) == [0]
    ada.timezone = "Pacific/Kiritimati"  # where the next day has begun
    assert prepared.counts((declared_before_today,), ada, noon) == [1]


def test_what_is_written_into_the_question_stays_what_it_is(declared, ada: User) -> None:
    def odd(user: User) -> Any:
        return Incident.objects.filter(title__contains="100%", severity__in=[1, 2, 3]).values_list(
            "title", "impact"
        )

    declared("It's 100% down; %s")
    for _ in range(2):
        assert [title for title, _ in prepared.tuples(odd, ada)] == ["It's 100% down; %s"]
