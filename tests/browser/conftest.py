"""A real browser on a real server: the portal in a process of its own, on the tests' database.

    def test_something(new_page, sign_in, ada, axe):
        page = sign_in(new_page(), ada)     # or new_page(phone=True), new_page(javascript=False)
        page.goto("/")
        axe(page)

Every page is watched: a script error, a breach of the Content-Security-Policy, a static file that is missing or
a fault of the server fails the test. A test that means to cause one says so: `new_page(expect=["net::ERR_"])`.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

from accounts.models import User
from config.environment import BASE_DIR

RESULTS = BASE_DIR / "test-results"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
LONGEST_WAIT = 30_000  # ms for what is awaited: every processor may be busy with other tests
# The one without windows does the same with less.
CHROMIUMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
# Chromium logs each answer of 400 and more as an error; those that matter are looked at one by one.
ANSWERS = r"Failed to load resource: the server responded with a status of"


class NewPage(Protocol):
    """Opens a page in a browser profile of its own, so that two people never share cookies."""

    def __call__(
        self, *, phone: bool = False, javascript: bool = True, dark: bool = False, expect: Sequence[str] = ()
    ) -> Page: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Gone before a test that wants an event loop of its own: Playwright's is in its place."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert found, "No Chromium: apt-get install chromium"
    flags = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would take this thread, with Playwright's loop in it, for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=LONGEST_WAIT)
        chromium = playwright.chromium.launch(executable_path=found, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def server_url(django_db_setup: None, database_url: str) -> Iterator[str]:
    """The portal's web process, on the tests' database. Gone before tests that count who listens to it."""
    with serving(database_url) as address:
        yield address


@contextmanager
def serving(database_url: str, port: int = 0) -> Iterator[str]:
    """A web process of the portal on the tests' database, at the address given back; any free port for 0."""
    url = urlsplit(database_url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
        listening.set_inheritable(True)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        ours = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "ALLCLEAR_SECRET_KEY": settings.SECRET_KEY,
        }
        server = subprocess.Popen(
            [sys.executable, "-m", "config.web", "--fd", str(listening.fileno())],
            cwd=BASE_DIR,
            env=os.environ | ours | {"ALLCLEAR_SITE_URL": address},
            pass_fds=[listening.fileno()],
        )
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=60).close()
            yield address
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture
def new_page(
    browser: Browser, server_url: str, transactional_db: None, request: pytest.FixtureRequest
) -> Iterator[NewPage]:
    """Opens pages, watches them, and at the end says what went wrong in them."""
    complaints: list[str] = []
    pages: list[Page] = []
    cache.clear()  # the counters of the rate limits

    def open_page(
        *, phone: bool = False, javascript: bool = True, dark: bool = False, expect: Sequence[str] = ()
    ) -> Page:
        context = browser.new_context(
            base_url=server_url,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            is_mobile=phone,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        context.set_default_timeout(LONGEST_WAIT)
        page = context.new_page()
        _watch(page, complaints, [ANSWERS, *expect])
        pages.append(page)
        return page

    yield open_page
    _keep_pictures_of_failure(pages, request)
    for page in pages:
        page.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def desktop(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture
def phone(new_page: NewPage) -> Page:
    return new_page(phone=True)


@pytest.fixture
def sign_in(server_url: str) -> Callable[[Page, User], Page]:
    """Have the page signed in as a person, without going through the form."""

    def signed_in(page: Page, user: User) -> Page:
        client = Client()
        client.force_login(user, backend="accounts.known.Backend")
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server_url}])
        return page

    return signed_in


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails on any violation of axe-core's rules, good practice included."""

    def check(page: Page) -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"

    return check


def _watch(page: Page, complaints: list[str], expected: Sequence[str]) -> None:
    def complain(what: str) -> None:
        if not any(re.search(pattern, what) for pattern in expected):
            complaints.append(what)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complain(f"{page.url}: {message.text}")

    def on_response(response: Response) -> None:
        is_static = response.request.resource_type in ("stylesheet", "script", "image", "font")
        if response.status >= 500 or (is_static and response.status >= 400):
            complain(f"{response.request.method} {response.url}: {response.status}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complain(f"{page.url}: {error}"))
    page.on("response", on_response)


def _keep_pictures_of_failure(pages: list[Page], request: pytest.FixtureRequest) -> None:
    report = request.node.stash.get(OUTCOME, None)
    if report is None or not report.failed:
        return
    RESULTS.mkdir(exist_ok=True)
    for number, page in enumerate(pages, 1):
        name = re.sub(r"[^\w.-]+", "-", request.node.name)
        page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)


OUTCOME = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report
    return report
