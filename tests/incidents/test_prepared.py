"""Questions that are worked out once are still asked for the person who reads, as of now."""

from accounts.models import User
from incidents import operations, prepared
from incidents.models import Incident, IncidentQuerySet


def visible(user: User) -> IncidentQuerySet:
    return Incident.objects.open().visible_to(user).order_by("pk")


def nothing(user: User) -> IncidentQuerySet:
    return Incident.objects.none()


def titles(user: User) -> list[str]:
    return [incident.title for incident in prepared.rows(visible, user)]


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
