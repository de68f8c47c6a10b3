"""The frame of every page, and what allclear.js promises, seen in a real browser."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts import operations
from accounts.models import Role, User
from tests import front_pages

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
EXPORTED = ROOT / "templates" / "postmortems" / "export.html"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ClientFor = Callable[[User], Client]


# -- the frame ---------------------------------------------------------------------------------------


def test_the_header_offers_what_the_role_may_do(
    ada: User, grace: User, eve: User, client_for: ClientFor
) -> None:
    offered = {}
    for user in (ada, grace, eve):
        page = client_for(user).get("/settings/").text
        offered[user.first_name] = ("Declare" in page, 'href="/settings/members/"' in page)
    assert offered == {"Ada": (True, True), "Grace": (True, False), "Eve": (False, False)}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_to_the_content_security_policy(path: Path) -> None:
    source = path.read_text()
    if (
        path == EXPORTED
    ):  # a file that people keep, with a policy of its own and no script: its styles are in it
        source = source.replace('<style>{% include "postmortems/export.css" %}</style>', "")
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"""hx-(vals|vars|headers)=['"]js:|hx-trigger="[^"]*\[""", source)
    assert not re.search(r"""(src|href)=["'](https?:)?//""", source)


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    sprite = (ROOT / "templates" / "_sprite.html").read_text()
    there = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    source = "".join(path.read_text() for path in TEMPLATES)
    used = set(re.findall(r'href="#((?:i|shape|tone)-[\w-]+)"|"_icon\.html" with name="([\w-]+)"', source))
    assert {name for pair in used for name in pair if name} <= there


def test_a_missing_page_says_so(ada: User, client_for: ClientFor) -> None:
    response = client_for(ada).get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert "Ada Lovelace" in response.text


@override_settings(ROOT_URLCONF="tests.front_pages")
def test_a_fault_of_ours_says_nothing_of_its_cause(db: None) -> None:
    response = Client(raise_request_exception=False).get("/front/fails/")
    assert response.status_code == 500
    assert "Something broke on our side" in response.text
    assert "RuntimeError" not in response.text


# -- in a browser --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread; the tests' own queries beside it are not asynchronous.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=30_000)  # every processor may be busy with other tests
        found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    settings.ROOT_URLCONF = "tests.front_pages"
    settings.SITE_URL = str(live_server)
    front_pages.notes.clear()
    return str(live_server)


@pytest.fixture
def open_as(chromium: Browser, site: str, client_for: ClientFor) -> Iterator[Callable[..., Page]]:
    """A page of the site for a signed-in person (or nobody), which may not break the security policy."""
    contexts, complaints = [], []

    def open_page(user: User | None, path: str, **options: object) -> Page:
        context = chromium.new_context(base_url=site, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if user:
            cookie = client_for(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


Open = Callable[..., Page]
PAGES = [
    "/settings/", "/settings/members/", "/settings/members/{grace}/", "/settings/teams/", "/settings/teams/platform/",
    "/accounts/password/change/", "/accounts/logout/", "/nowhere/",
]  # fmt: skip


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}]
)
def test_pages_of_people_have_no_axe_violation_and_fit(
    ada: User, grace: User, open_as: Open, look: dict[str, object]
) -> None:
    team = operations.create_team(name="Platform", by=ada)
    operations.add_member(team.pk, grace.pk, by=ada)
    operations.invite(role=Role.VIEWER, by=ada)
    page = open_as(ada, "/settings/", **look)
    for path in PAGES:
        page.goto(path.format(grace=grace.pk))
        assert_sound(page)


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}])
def test_entrance_pages_have_no_axe_violation_and_fit(
    ada: User, open_as: Open, look: dict[str, object]
) -> None:
    _, token = operations.invite(role=Role.VIEWER, by=ada)
    page = open_as(None, "/accounts/login/", **look)
    assert_sound(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".problems")).to_be_focused()
    assert_sound(page)
    for path in (f"/join/{token}/", "/join/used/", "/accounts/password/reset/"):
        page.goto(path)
        assert_sound(page)


def assert_sound(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"


def test_people_come_in_and_are_invited_without_javascript(ada: User, open_as: Open) -> None:
    page = open_as(None, "/accounts/login/?next=/settings/members/", java_script_enabled=False)
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Make invitation link").click()
    link = page.locator("code").inner_text()
    guest = open_as(None, link, java_script_enabled=False)
    expect(guest.get_by_role("heading", name="Join Allclear")).to_be_visible()


def test_a_failed_request_keeps_the_text_and_the_button(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#words").fill("precious")
    for _ in range(2):
        page.get_by_role("button", name="Break").click()
        expect(page.locator("#broken [role=alert]")).to_contain_text("What you typed is still here")
    expect(page.locator("#words")).to_have_value("precious")


def test_a_tick_that_was_not_saved_is_taken_back(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#tick").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(page.locator("#tick")).not_to_be_checked()


def test_without_a_connection_the_text_stays_and_goes_through_afterwards(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#text").fill("written offline")
    page.context.set_offline(True)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#note [role=alert]")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#answer")).to_have_text("Noted 1")
    assert front_pages.notes == ["written offline"]


def test_a_double_click_sends_once(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#text").fill("once")
    page.get_by_role("button", name="Add note").dblclick()
    expect(page.locator("#answer")).to_have_text("Noted 1")
    page.wait_for_timeout(800)
    assert front_pages.notes == ["once"]


def test_a_draft_survives_until_the_server_has_it(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#text").fill("half a thought")
    page.reload()
    expect(page.locator("#text")).to_have_value("half a thought")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#text")).to_have_value("")
    page.reload()
    expect(page.locator("#text")).to_have_value("")


def test_drafts_are_gone_after_signing_out(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.locator("#text").fill("for my eyes only")
    page.get_by_label("Account: Ada Lovelace").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "for my eyes" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_morph_leaves_what_is_open_and_what_was_typed(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/")
    page.get_by_text("More", exact=True).click()
    page.locator("#name").fill("mine")
    page.locator("#morph").click()
    expect(page.locator("#said")).to_have_text("second")
    expect(page.get_by_text("Inside")).to_be_visible()
    expect(page.locator("#name")).to_have_value("mine")
    expect(page.locator("#other")).to_have_value("second")


def test_the_chosen_theme_stays(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/settings/", color_scheme="light")
    page.locator("main").get_by_role("button", name="Light or dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_command_is_copied(ada: User, open_as: Open) -> None:
    page = open_as(ada, "/front/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "git log --oneline -10"
