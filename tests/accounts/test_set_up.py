import pytest
from django.test import Client

from accounts import operations
from accounts.models import Role, Setup, User
from tests.accounts.racing import at_once
from tests.conftest import PASSWORD

ADA = {"name": "Ada Lovelace", "email": "Ada@Example.com", "password": PASSWORD}


def test_every_page_says_how_to_begin_before_set_up(db: None, client: Client) -> None:
    for page in ("/settings/", "/accounts/login/", "/accounts/password/reset/"):
        response = client.get(page)
        assert response.status_code == 503
        assert "make run" in response.text


def test_set_up_makes_an_administrator_and_signs_in(db: None, client: Client) -> None:
    address = f"/setup/{operations.setup_token()}/"
    assert client.get(address).status_code == 200
    response = client.post(address, ADA)
    assert (response.status_code, response["Location"]) == (302, "/")
    ada = User.objects.get()
    assert (ada.email, ada.role) == ("ada@example.com", Role.ADMINISTRATOR)
    assert client.get("/settings/").status_code == 200


def test_set_up_token_works_once(db: None, client: Client) -> None:
    address = f"/setup/{operations.setup_token()}/"
    client.post(address, ADA)
    again = Client()
    assert again.get(address).status_code == 404
    assert again.post(address, {**ADA, "email": "eve@example.com"}).status_code == 404
    assert operations.setup_token() is None


@pytest.mark.parametrize("token", ["wrong", "x" * 10_000])
def test_set_up_needs_the_right_token(db: None, client: Client, token: str) -> None:
    operations.setup_token()
    assert client.get(f"/setup/{token}/").status_code == 404
    assert client.post(f"/setup/{token}/", ADA).status_code == 404
    assert not User.objects.exists()


def test_set_up_is_closed_without_a_token_ever_made(db: None, client: Client) -> None:
    assert client.get("/setup/anything/").status_code == 404


def test_a_fresh_token_replaces_the_earlier(db: None, client: Client) -> None:
    first, second = operations.setup_token(), operations.setup_token()
    assert client.get(f"/setup/{first}/").status_code == 404
    assert client.get(f"/setup/{second}/").status_code == 200


def test_only_the_hash_of_the_set_up_token_is_kept(db: None) -> None:
    assert str(operations.setup_token()) not in str(Setup.objects.values_list().get())


def test_set_up_keeps_what_was_typed_but_the_password(db: None, client: Client) -> None:
    response = client.post(f"/setup/{operations.setup_token()}/", {**ADA, "email": "ada at example"})
    assert response.status_code == 422
    assert 'value="ada at example"' in response.text
    assert PASSWORD not in response.text


@pytest.mark.parametrize("password", ["short", "1234567890", "adalovelace", "", "x" * 300])
def test_set_up_refuses_weak_passwords(db: None, client: Client, password: str) -> None:
    response = client.post(f"/setup/{operations.setup_token()}/", {**ADA, "password": password})
    assert response.status_code == 422
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["name", "email", "password"])
@pytest.mark.parametrize("typed", ["a\x00b", "x" * 10_240])
def test_set_up_refuses_what_cannot_be_stored(db: None, client: Client, field: str, typed: str) -> None:
    response = client.post(f"/setup/{operations.setup_token()}/", {**ADA, field: typed})
    assert response.status_code == 422
    assert not User.objects.exists()


def test_two_set_ups_at_once_make_one_administrator(transactional_db: None) -> None:
    token = operations.setup_token() or ""

    def set_up(email: str) -> User:
        return operations.create_first_administrator(token=token, name="A", email=email, password=PASSWORD)

    outcomes = at_once(lambda: set_up("ada@example.com"), lambda: set_up("eve@example.com"))
    assert [type(o.exception()) for o in outcomes if o.exception()] == [operations.LinkClosed]
    assert User.objects.count() == 1
