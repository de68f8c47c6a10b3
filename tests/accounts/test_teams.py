from collections.abc import Callable

import pytest
from django.test import Client

from accounts import operations
from accounts.models import Team, User

ClientFor = Callable[[User], Client]


def test_create_team(ada: User, client_for: ClientFor) -> None:
    response = client_for(ada).post("/settings/teams/create/", {"name": "  Customer   chat "})
    assert response["Location"] == "/settings/teams/customer-chat/"
    assert Team.objects.get().name == "Customer chat"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "PLATFORM", "a\x00b", "x" * 10_240])
def test_create_team_refuses_and_keeps_what_was_typed(ada: User, client_for: ClientFor, typed: str) -> None:
    operations.create_team(name="Platform", by=ada)
    response = client_for(ada).post("/settings/teams/create/", {"name": typed})
    assert response.status_code == 422
    assert typed.strip() in response.text
    assert Team.objects.count() == 1


def test_teams_without_latin_letters_get_addresses_of_their_own(ada: User) -> None:
    slugs = [operations.create_team(name=name, by=ada).slug for name in ("Команда", "チーム", "Команда два")]
    assert slugs == ["team", "team-2", "team-3"]


def test_rename_team_keeps_its_address(ada: User, client_for: ClientFor) -> None:
    operations.create_team(name="Platform", by=ada)
    browser = client_for(ada)
    browser.post("/settings/teams/platform/rename/", {"name": "Infrastructure"})
    assert "Infrastructure" in browser.get("/settings/teams/platform/").text


def test_rename_team_refuses_a_taken_name(ada: User, client_for: ClientFor) -> None:
    operations.create_team(name="Platform", by=ada)
    operations.create_team(name="Chat", by=ada)
    assert client_for(ada).post("/settings/teams/chat/rename/", {"name": "platform"}).status_code == 422


def test_add_and_remove_member(ada: User, grace: User, client_for: ClientFor) -> None:
    team = operations.create_team(name="Platform", by=ada)
    browser = client_for(ada)
    browser.post("/settings/teams/platform/members/add/", {"user": grace.pk})
    assert list(team.members.all()) == [grace]
    browser.post(f"/settings/teams/platform/members/{grace.pk}/remove/")
    assert not team.members.exists()


@pytest.mark.parametrize("typed", ["", "nobody", "99999999999999999999999", "1\x00"])
def test_add_member_refuses_nobody(ada: User, client_for: ClientFor, typed: str) -> None:
    operations.create_team(name="Platform", by=ada)
    assert client_for(ada).post("/settings/teams/platform/members/add/", {"user": typed}).status_code == 422


def test_set_lead_to_a_member_and_to_nobody(ada: User, grace: User, eve: User, client_for: ClientFor) -> None:
    team = operations.create_team(name="Platform", by=ada)
    operations.add_member(team.pk, grace.pk, by=ada)
    browser = client_for(ada)
    browser.post("/settings/teams/platform/lead/", {"user": grace.pk})
    assert Team.objects.get().lead == grace
    assert browser.post("/settings/teams/platform/lead/", {"user": eve.pk}).status_code == 422
    assert Team.objects.get().lead == grace
    browser.post("/settings/teams/platform/lead/", {"user": ""})
    assert Team.objects.get().lead is None


def test_who_left_the_team_leads_it_no_more(ada: User, grace: User) -> None:
    team = operations.create_team(name="Platform", by=ada)
    operations.add_member(team.pk, grace.pk, by=ada)
    operations.set_lead(team.pk, grace.pk, by=ada)
    operations.remove_member(team.pk, grace.pk, by=ada)
    assert Team.objects.get().lead is None
    with pytest.raises(operations.Refused):
        operations.set_lead(team.pk, grace.pk, by=ada)


def test_delete_team_leaves_its_members(ada: User, grace: User, client_for: ClientFor) -> None:
    team = operations.create_team(name="Platform", by=ada)
    operations.add_member(team.pk, grace.pk, by=ada)
    client_for(ada).post("/settings/teams/platform/delete/")
    assert not Team.objects.exists()
    assert User.objects.filter(pk=grace.pk).exists()


def test_what_is_the_teams_alone_goes_with_it_and_whom_a_contact_reaches_does_not(
    ada: User, client_for: ClientFor
) -> None:
    from notifications.models import ContactBinding, Destination
    from runbooks.operations import create_runbook

    team = operations.create_team(name="Platform", by=ada)
    Destination.objects.create(team=team, channel="webhook", name="Chat", address="https://example.com/")
    runbook = create_runbook(b"# Runbook", by=None).runbook
    binding = ContactBinding.objects.create(runbook=runbook, role="Primary", team=team)

    refused = client_for(ada).post("/settings/teams/platform/delete/")
    assert refused.status_code == 422 and "escalation contacts that belong to this team" in refused.text

    binding.delete()
    client_for(ada).post("/settings/teams/platform/delete/")
    assert not Team.objects.exists() and not Destination.objects.exists()


def test_delete_team_is_refused_while_something_belongs_to_it(ada: User, client_for: ClientFor) -> None:
    from incidents.models import Service

    Service.objects.create(name="Chat", slug="chat", team=operations.create_team(name="Platform", by=ada))
    response = client_for(ada).post("/settings/teams/platform/delete/")
    assert response.status_code == 422
    assert "services that belong to this team" in response.text
    assert Team.objects.exists()
