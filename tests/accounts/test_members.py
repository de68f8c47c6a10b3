from collections.abc import Callable

import pytest
from django.test import Client

from accounts import operations
from accounts.models import Role, User
from outbox.models import Fact
from tests.accounts.racing import second_waits_for_first
from tests.conftest import PASSWORD

ClientFor = Callable[[User], Client]


def test_change_role(ada: User, grace: User, client_for: ClientFor) -> None:
    client_for(ada).post(f"/settings/members/{grace.pk}/role/", {"role": "viewer"})
    grace.refresh_from_db()
    assert grace.role == Role.VIEWER


def test_change_role_works_at_once_in_the_persons_session(
    ada: User, grace: User, client_for: ClientFor
) -> None:
    browser = client_for(grace)
    assert browser.get("/settings/members/").status_code == 403
    operations.change_role(grace.pk, role=Role.ADMINISTRATOR, by=ada)
    assert browser.get("/settings/members/").status_code == 200


@pytest.mark.parametrize("role", ["root", "", "viewer\x00"])
def test_change_role_refuses_unknown_roles(ada: User, grace: User, client_for: ClientFor, role: str) -> None:
    assert client_for(ada).post(f"/settings/members/{grace.pk}/role/", {"role": role}).status_code == 422
    grace.refresh_from_db()
    assert grace.role == Role.RESPONDER


def test_deactivate_ends_the_persons_sessions(ada: User, grace: User, client_for: ClientFor) -> None:
    browser = client_for(grace)
    assert browser.get("/settings/").status_code == 200
    client_for(ada).post(f"/settings/members/{grace.pk}/deactivate/")
    assert browser.get("/settings/")["Location"] == "/accounts/login/?next=/settings/"


def test_reactivate_lets_the_person_in_again_but_not_their_old_sessions(
    ada: User, grace: User, client_for: ClientFor, client: Client
) -> None:
    browser = client_for(grace)
    operations.deactivate(grace.pk, by=ada)
    client_for(ada).post(f"/settings/members/{grace.pk}/reactivate/")
    assert browser.get("/settings/").status_code == 302
    response = client.post("/accounts/login/", {"login": grace.email, "password": PASSWORD})
    assert response.status_code == 302


def test_deactivated_person_cannot_sign_in(ada: User, grace: User, client: Client) -> None:
    operations.deactivate(grace.pk, by=ada)
    client.post("/accounts/login/", {"login": grace.email, "password": PASSWORD})
    assert client.get("/settings/").status_code == 302


def test_what_changes_access_is_published_for_open_streams(ada: User, grace: User) -> None:
    operations.deactivate(grace.pk, by=ada)
    assert Fact.objects.filter(name="access_changed", payload__user=grace.pk).exists()


@pytest.mark.parametrize("verb", ["role", "deactivate"])
def test_last_administrator_stays(ada: User, grace: User, client_for: ClientFor, verb: str) -> None:
    response = client_for(ada).post(f"/settings/members/{ada.pk}/{verb}/", {"role": "viewer"})
    assert response.status_code == 422
    assert "last active administrator" in response.text
    ada.refresh_from_db()
    assert ada.may_administer


def test_a_deactivated_administrator_does_not_count_as_one(ada: User, grace: User) -> None:
    operations.change_role(grace.pk, role=Role.ADMINISTRATOR, by=ada)
    operations.deactivate(grace.pk, by=ada)
    with pytest.raises(operations.LastAdministrator):
        operations.change_role(ada.pk, role=Role.VIEWER, by=ada)


def test_two_administrators_stepping_down_at_once_leave_one(
    transactional_db: None, ada: User, grace: User
) -> None:
    operations.change_role(grace.pk, role=Role.ADMINISTRATOR, by=ada)
    outcome = second_waits_for_first(
        lambda: operations.change_role(ada.pk, role=Role.VIEWER, by=ada),
        lambda: operations.change_role(grace.pk, role=Role.VIEWER, by=grace),
    )
    assert isinstance(outcome.exception(), operations.LastAdministrator)
    assert User.objects.get(role=Role.ADMINISTRATOR) == grace


def test_two_administrators_deactivating_each_other_at_once_leave_one(
    transactional_db: None, ada: User, grace: User
) -> None:
    operations.change_role(grace.pk, role=Role.ADMINISTRATOR, by=ada)
    outcome = second_waits_for_first(
        lambda: operations.deactivate(grace.pk, by=ada), lambda: operations.deactivate(ada.pk, by=grace)
    )
    assert isinstance(outcome.exception(), operations.NotAllowed)
    assert User.objects.get(role=Role.ADMINISTRATOR, is_active=True) == ada


def test_operations_on_people_are_for_administrators(ada: User, grace: User) -> None:
    for act in (
        lambda: operations.change_role(ada.pk, role=Role.VIEWER, by=grace),
        lambda: operations.deactivate(ada.pk, by=grace),
        lambda: operations.reactivate(ada.pk, by=grace),
        lambda: operations.invite(role=Role.ADMINISTRATOR, by=grace),
        lambda: operations.create_team(name="Mine", by=grace),
    ):
        with pytest.raises(operations.NotAllowed):
            act()


def test_reset_link_lets_the_person_choose_a_password_once(
    ada: User, grace: User, client_for: ClientFor, client: Client
) -> None:
    page = client_for(ada).post(f"/settings/members/{grace.pk}/reset-link/", follow=True).text
    path = page.partition("http://testserver")[2].partition("<")[0]
    form = client.get(path)["Location"]
    assert client.post(form, {"password1": "another horse battery"})["Location"] == "/"
    assert client.get("/settings/").status_code == 200
    assert "does not work any more" in Client().get(path).text


def test_reset_link_is_void_once_the_person_is_deactivated(
    ada: User, grace: User, client_for: ClientFor
) -> None:
    page = client_for(ada).post(f"/settings/members/{grace.pk}/reset-link/", follow=True).text
    path = page.partition("http://testserver")[2].partition("<")[0]
    operations.deactivate(grace.pk, by=ada)
    assert "does not work any more" in Client().get(path).text
    assert client_for(ada).post(f"/settings/members/{grace.pk}/reset-link/").status_code == 404


def test_members_are_found_by_name_and_paged(
    ada: User, client_for: ClientFor, django_assert_max_num_queries: Callable[..., object]
) -> None:
    people = [User(email=f"p{n}@example.com", name=f"Person {n:03}", password="!") for n in range(120)]
    User.objects.bulk_create(people)
    browser = client_for(ada)
    assert "Page 1 of 3" in browser.get("/settings/members/").text
    found = browser.get("/settings/members/?q=person+117").text
    assert "Person 117" in found and "Person 116" not in found
    for strange in ("page=-1", "page=9e99", "page=x", "q=" + "%25" * 5000):
        assert browser.get(f"/settings/members/?{strange}").status_code == 200


def test_queries_of_the_members_page_do_not_grow_with_people(
    ada: User, client_for: ClientFor, django_assert_num_queries: Callable[..., object]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = client_for(ada)
    browser.get("/settings/members/")  # whose a session is, a process asks once
    with CaptureQueriesContext(connection) as alone:
        browser.get("/settings/members/")
    team = operations.create_team(name="Platform", by=ada)
    people = User.objects.bulk_create(
        User(email=f"p{n}@example.com", name=f"Person {n}", password="!") for n in range(49)
    )
    team.members.add(*people)
    with CaptureQueriesContext(connection) as crowded:
        browser.get("/settings/members/")
    assert len(crowded) == len(alone)
