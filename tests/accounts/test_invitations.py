from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import operations
from accounts.models import Invitation, Role, Team, User
from tests.accounts.racing import at_once
from tests.conftest import PASSWORD

GRACE = {"name": "Grace Hopper", "email": "grace@example.com", "password": PASSWORD}


def link_for(ada: User, **wanted: object) -> str:
    _, token = operations.invite(**{"role": Role.RESPONDER, "by": ada, **wanted})  # type: ignore[arg-type]
    return f"/join/{token}/"


def test_join_makes_an_account_with_the_role_and_team(ada: User, client: Client) -> None:
    team = operations.create_team(name="Platform", by=ada)
    address = link_for(ada, role=Role.VIEWER, team=team)
    assert client.get(address).status_code == 200
    assert client.post(address, GRACE)["Location"] == "/"
    grace = User.objects.get(email="grace@example.com")
    assert (grace.role, list(grace.teams.all())) == (Role.VIEWER, [team])
    assert client.get("/settings/").status_code == 200


def test_join_works_once(ada: User, client: Client) -> None:
    address = link_for(ada)
    client.post(address, GRACE)
    other = Client()
    assert other.get(address).status_code == 404
    assert other.post(address, {**GRACE, "email": "eve@example.com"}).status_code == 404
    assert User.objects.count() == 2


def test_join_is_closed_after_seven_days(ada: User, client: Client) -> None:
    address = link_for(ada)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert client.get(address).status_code == 404
        assert client.post(address, GRACE).status_code == 404
    assert User.objects.count() == 1


def test_join_is_closed_once_revoked(ada: User, client: Client, client_for: Callable[[User], Client]) -> None:
    address = link_for(ada)
    client_for(ada).post(f"/settings/invitations/{Invitation.objects.get().pk}/revoke/")
    assert client.post(address, GRACE).status_code == 404


def test_join_with_a_taken_address_says_so_and_leaves_the_link_open(ada: User, client: Client) -> None:
    address = link_for(ada)
    response = client.post(address, {**GRACE, "email": "ADA@example.com"})
    assert response.status_code == 422
    assert "already has an account" in response.text
    assert client.post(address, GRACE).status_code == 302


def test_an_invitation_for_one_address_makes_no_account_for_another(ada: User, client: Client) -> None:
    address = link_for(ada, email="grace@example.com")
    client.post(address, {**GRACE, "email": "eve@example.com"})
    assert set(User.objects.values_list("email", flat=True)) == {"ada@example.com", "grace@example.com"}


@pytest.mark.parametrize("token", ["wrong", "%F0%9F%92%A5", "x" * 9_000])
def test_join_needs_the_right_token(ada: User, client: Client, token: str) -> None:
    assert client.get(f"/join/{token}/").status_code == 404


def test_only_the_hash_of_an_invitation_is_kept(ada: User) -> None:
    _, token = operations.invite(role=Role.VIEWER, by=ada)
    assert token not in str(Invitation.objects.values_list().get())


def test_invite_shows_the_link_once(ada: User, client_for: Callable[[User], Client], client: Client) -> None:
    browser = client_for(ada)
    page = browser.post("/settings/members/invite/", {"role": "viewer"}, follow=True).text
    link = page.partition("http://testserver/join/")[2].partition("<")[0]
    assert client.get(f"/join/{link}").status_code == 200
    assert link not in browser.get("/settings/members/").text


def test_invite_refuses_an_address_with_an_account(ada: User, client_for: Callable[[User], Client]) -> None:
    response = client_for(ada).post(
        "/settings/members/invite/", {"role": "viewer", "email": "Ada@example.com"}
    )
    assert response.status_code == 422
    assert 'value="Ada@example.com"' in response.text
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"role": "root"},
        {"role": "viewer", "team": "99999999999999999999"},
        {"role": "viewer", "email": "a\x00@b.example"},
    ],
)
def test_invite_refuses_nonsense(
    ada: User, client_for: Callable[[User], Client], typed: dict[str, str]
) -> None:
    assert client_for(ada).post("/settings/members/invite/", typed).status_code == 422
    assert not Invitation.objects.exists()


def test_open_invitations_are_listed_and_closed_ones_are_not(
    ada: User, client_for: Callable[[User], Client]
) -> None:
    operations.invite(role=Role.VIEWER, by=ada, email="open@example.com")
    closed, _ = operations.invite(role=Role.VIEWER, by=ada, email="closed@example.com")
    operations.revoke_invitation(closed.pk, by=ada)
    page = client_for(ada).get("/settings/members/").text
    assert "open@example.com" in page
    assert "closed@example.com" not in page


def test_two_people_joining_at_once_by_one_link_make_one_account(transactional_db: None, ada: User) -> None:
    _, token = operations.invite(role=Role.VIEWER, by=ada)

    def join(email: str) -> User:
        return operations.join(token=token, name="G", email=email, password=PASSWORD)

    outcomes = at_once(lambda: join("grace@example.com"), lambda: join("eve@example.com"))
    assert [type(o.exception()) for o in outcomes if o.exception()] == [operations.LinkClosed]
    assert User.objects.count() == 2


def test_an_invitation_outlives_its_team(ada: User, client: Client) -> None:
    team = operations.create_team(name="Platform", by=ada)
    address = link_for(ada, team=team)
    operations.delete_team(team.pk, by=ada)
    assert client.post(address, GRACE).status_code == 302
    assert not Team.objects.exists()
