from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.text import clean_name
from tests.conftest import PASSWORD

ClientFor = Callable[[User], Client]


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Lisbon", "Europe/Lisbon"),
        ("lisbon", "Europe/Lisbon"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_settings_take_a_zone_or_its_city(eve: User, client_for: ClientFor, typed: str, zone: str) -> None:
    client_for(eve).post("/settings/", {"name": "Eve", "timezone": typed})
    eve.refresh_from_db()
    assert eve.timezone in (zone, "Etc/UTC")


@pytest.mark.parametrize("typed", ["Atlantis", "", "../../etc/passwd", "UTC\x00", "x" * 10_240])
def test_settings_refuse_unknown_zones_and_keep_what_was_typed(
    eve: User, client_for: ClientFor, typed: str
) -> None:
    response = client_for(eve).post("/settings/", {"name": "Renamed", "timezone": typed})
    assert response.status_code == 422
    assert 'value="Renamed"' in response.text
    eve.refresh_from_db()
    assert (eve.name, eve.timezone) == ("Eve Moneypenny", "UTC")


def test_settings_change_nobody_elses_row_and_no_other_field(
    eve: User, grace: User, client_for: ClientFor
) -> None:
    wanted = {"name": "Eve", "timezone": "UTC", "role": "administrator", "pk": grace.pk, "is_active": ""}
    client_for(eve).post("/settings/", wanted)
    eve.refresh_from_db()
    grace.refresh_from_db()
    assert (eve.name, eve.role, eve.is_active, grace.name) == ("Eve", "viewer", True, "Grace Hopper")


def test_times_are_shown_in_the_persons_zone(eve: User, client_for: ClientFor) -> None:
    browser = client_for(eve)
    browser.post("/settings/", {"name": "Eve", "timezone": "Asia/Kathmandu"})
    assert "+05:45" in browser.get("/settings/").text


def test_sign_out_everywhere_ends_every_session(eve: User, client_for: ClientFor) -> None:
    here, there = client_for(eve), client_for(eve)
    assert here.post("/settings/sign-out-everywhere/")["Location"] == "/accounts/login/"
    assert here.get("/settings/").status_code == there.get("/settings/").status_code == 302


def test_change_password_keeps_this_session_and_ends_the_others(eve: User, client_for: ClientFor) -> None:
    here, there = client_for(eve), client_for(eve)
    typed = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    assert here.post("/accounts/password/change/", typed).status_code == 302
    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "another horse battery"), (PASSWORD, "short"), (PASSWORD, "a\x00bcdefghijkl")]
)
def test_change_password_refuses_and_shows_none(eve: User, client_for: ClientFor, old: str, new: str) -> None:
    response = client_for(eve).post("/accounts/password/change/", {"oldpassword": old, "password1": new})
    assert response.status_code == 422
    assert old not in response.text
    eve.refresh_from_db()
    assert eve.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \n Lovelace ", "Ada Lovelace"),
        ("Ad\u200ba\u202e Lovelace", "Ada Lovelace"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 4),
        ("שרה כהן", "שרה כהן"),
        ("🇩🇪 Käthe", "🇩🇪 Käthe"),
    ],
)
def test_names_are_cleaned_of_what_cannot_be_seen(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
