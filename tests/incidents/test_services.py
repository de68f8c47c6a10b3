"""The services: administrators keep them, everybody chooses from them."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident, Service

SignIn = Callable[[User], Client]


@pytest.fixture
def ada_in(client_for: SignIn, ada: User) -> Client:
    return client_for(ada)


@pytest.fixture
def chat(ada: User) -> Service:
    return operations.save_service(None, by=ada, name="Chat")


def test_add_service_offers_it_when_declaring(ada_in: Client) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    said = {"name": "Chat", "description": "Conversations", "team": str(team.pk)}
    assert ada_in.post("/settings/services/add/", said).status_code == 302
    assert ">Chat</label>" in ada_in.get("/declare/").content.decode()
    assert "Conversations" in ada_in.get("/settings/services/").content.decode()


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "x" * 10_240, "chat", "CHAT"])
def test_add_service_refuses_a_bad_name_and_keeps_the_rest(ada_in: Client, chat: Service, name: str) -> None:
    answer = ada_in.post("/settings/services/add/", {"name": name, "description": "kept words"})
    assert answer.status_code == 422
    assert "kept words" in answer.content.decode()
    assert Service.objects.count() == 1


@pytest.mark.parametrize("team", ["0", "x", "9" * 40, "a\x00b"])
def test_add_service_refuses_a_team_that_is_not_there(ada_in: Client, team: str) -> None:
    assert ada_in.post("/settings/services/add/", {"name": "Chat", "team": team}).status_code == 422


def test_add_service_gives_each_an_address_of_its_own(ada: User) -> None:
    names = ["Sign-in", "Sign in", "サインイン", "登录"]
    made = [operations.save_service(None, by=ada, name=name) for name in names]
    assert [service.slug for service in made] == ["sign-in", "sign-in-2", "service", "service-2"]


def test_change_service_renames_it_and_keeps_its_address(ada_in: Client, chat: Service) -> None:
    place = f"/settings/services/{chat.pk}/"
    assert 'value="Chat"' in ada_in.get(place).content.decode()
    assert ada_in.post(place, {"name": "Messages"}).status_code == 302
    chat.refresh_from_db()
    assert (chat.name, chat.slug) == ("Messages", "chat")


def test_change_service_refuses_the_name_of_another(ada_in: Client, chat: Service, ada: User) -> None:
    operations.save_service(None, by=ada, name="API")
    answer = ada_in.post(f"/settings/services/{chat.pk}/", {"name": "api"})
    assert answer.status_code == 422
    assert "There is a service named “api” already" in answer.content.decode()


def test_archive_service_offers_it_no_more_and_restore_brings_it_back(
    ada_in: Client, chat: Service, incident: Incident
) -> None:
    incident.services.add(chat)
    ada_in.post(f"/settings/services/{chat.pk}/archive/")
    assert ">Chat</label>" not in ada_in.get("/declare/").content.decode()
    assert "· Chat<" in ada_in.get("/").content.decode()
    ada_in.post(f"/settings/services/{chat.pk}/restore/")
    assert ">Chat</label>" in ada_in.get("/declare/").content.decode()


@pytest.mark.parametrize("person", ["grace", "eve"])
def test_services_are_for_administrators(
    request: pytest.FixtureRequest, client_for: SignIn, chat: Service, person: str
) -> None:
    client = client_for(request.getfixturevalue(person))
    assert client.get("/settings/services/").status_code == 403
    assert "/settings/services/" not in client.get("/settings/").content.decode()
    for place in ("add", chat.pk, f"{chat.pk}/archive", f"{chat.pk}/restore"):
        assert client.post(f"/settings/services/{place}/", {"name": "Mine"}).status_code == 403
    chat.refresh_from_db()
    assert (chat.name, chat.archived_at) == ("Chat", None)


def test_services_that_are_not_there_are_not_found(ada_in: Client) -> None:
    for place in ("77", "77/archive", "99999999999999999999"):
        assert ada_in.post(f"/settings/services/{place}/", {"name": "Mine"}).status_code == 404
