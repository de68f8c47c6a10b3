from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, override_settings

from accounts.models import User
from tests.conftest import PASSWORD


def sign_in(
    client: Client, email: str = "ada@example.com", password: str = PASSWORD, onward: str = ""
) -> str:
    response = client.post("/accounts/login/", {"login": email, "password": password, "next": onward})
    return response.get("Location", str(response.status_code))


def test_sign_in_leads_to_the_board(ada: User, client: Client) -> None:
    assert sign_in(client, email="ADA@example.com") == "/"


def test_sign_in_leads_back_to_where_one_was_going(ada: User, client: Client) -> None:
    assert (
        client.get("/settings/members/?q=x")["Location"] == "/accounts/login/?next=/settings/members/%3Fq%3Dx"
    )
    assert sign_in(client, onward="/settings/members/?q=x") == "/settings/members/?q=x"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example", "///evil.example", "http:evil.example", "/\\evil.example",
        "\\\\evil.example", "javascript:alert(1)", "https:///evil.example", "\x08//evil.example", "http://testserver@evil.example/",
    ],
)  # fmt: skip
def test_sign_in_leads_nowhere_else(ada: User, client: Client, elsewhere: str) -> None:
    assert sign_in(client, onward=elsewhere) == "/"


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_sign_in_says_the_same_whether_the_account_exists(ada: User, client: Client, email: str) -> None:
    response = client.post("/accounts/login/", {"login": email, "password": "wrong wrong wrong"})
    assert response.status_code == 422
    assert "are not correct" in response.text
    assert f'value="{email}"' in response.text
    assert "wrong wrong wrong" not in response.text


@pytest.mark.parametrize(
    "typed", [("a\x00@example.com", "x"), ("x" * 10_240, "x"), ("ada@example.com", "x" * 10_240), ("", "")]
)
def test_sign_in_refuses_nonsense(ada: User, client: Client, typed: tuple[str, str]) -> None:
    assert sign_in(client, *typed) == "422"


def test_sign_in_slows_down_guessing(ada: User, client: Client) -> None:
    answers = [sign_in(client, password=f"guess number {n}") for n in range(6)]
    assert sign_in(client) == "422"
    assert set(answers) == {"422"}


def test_nobody_signs_up_unasked(ada: User, client: Client) -> None:
    for page in ("/accounts/signup/", "/accounts/email/", "/accounts/password/set/"):
        assert client.get(page).status_code == 404


def test_sign_out_needs_a_post(ada: User, client_for: Callable[[User], Client]) -> None:
    browser = client_for(ada)
    browser.get("/accounts/logout/")
    assert browser.get("/settings/").status_code == 200
    assert browser.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert browser.get("/settings/").status_code == 302


def test_a_form_without_its_token_is_refused_and_what_was_typed_can_be_copied(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    response = browser.post("/settings/", {"name": "A long name that took a while", "timezone": "UTC"})
    assert response.status_code == 403
    assert "A long name that took a while" in response.text


def test_forgotten_password_without_mail_names_whom_to_ask(ada: User, client: Client) -> None:
    assert "Ask an administrator" in client.get("/accounts/password/reset/").text


@override_settings(MAIL_CONFIGURED=True, SITE_URL="https://incidents.example.com")
def test_forgotten_password_sends_a_link_with_the_portals_own_address(
    ada: User, client: Client, mailoutbox: list[object]
) -> None:
    client.post("/accounts/password/reset/", {"email": "ada@example.com"}, headers={"host": "localhost"})
    [mail] = mailoutbox
    body = str(mail.body)  # type: ignore[attr-defined]
    path = body.partition("https://incidents.example.com")[2].split()[0]
    form = client.get(path)["Location"]
    assert client.post(form, {"password1": "another horse battery"}).status_code == 302
    assert sign_in(Client(), password="another horse battery") == "/"


@override_settings(MAIL_CONFIGURED=True)
def test_forgotten_password_tells_nobody_who_has_an_account(
    ada: User, client: Client, mailoutbox: list[object]
) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    assert mailoutbox == []


def test_reset_link_command_prints_a_working_link(
    ada: User, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reset_link", "ADA@example.com")
    path = "/" + capsys.readouterr().out.strip().split("/", 3)[3]
    assert "Choose a new password" in client.get(path, follow=True).text
    with pytest.raises(CommandError):
        call_command("reset_link", "nobody@example.com")
