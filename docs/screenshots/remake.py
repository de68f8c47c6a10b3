"""Remake the pictures beside this file: `make screenshots`.

Starts Allclear on a home of its own that is thrown away afterwards, fills in the demonstration, and photographs
the pages. The people, incidents and words are those of `manage.py demo`, the times those of today.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
# name, address, dark, phone; {room} is the incident whose update is overdue, {postmortem} waits for its reviewers
PICTURES = [
    ("board", "/", False, False),
    ("board-dark", "/", True, False),
    ("board-phone", "/", False, True),
    ("room", "{room}", False, False),
    ("room-dark", "{room}", True, False),
    ("room-phone", "{room}", False, True),
    ("declare", "/declare/", False, False),
    ("runbook", "/runbooks/incident-response/", False, False),
    ("history", "/incidents/", False, False),
    ("postmortem", "{postmortem}", False, False),
    ("postmortem-dark", "{postmortem}", True, False),
    ("postmortem-phone", "{postmortem}", False, True),
    ("postmortems", "/postmortems/", False, False),
    ("actions", "/actions/", False, False),
    ("actions-dark", "/actions/", True, False),
    ("actions-phone", "/actions/", False, True),
    ("insights", "/insights/", False, False),
    ("insights-dark", "/insights/?period=365d", True, False),
    ("insights-phone", "/insights/", False, True),
]
#: Pages that say more below what fits on a screen: their pictures are this high.
TALL = {
    "insights": 1800,
    "insights-dark": 1800,
    "insights-phone": 1500,
    "postmortem": 1200,
    "postmortem-dark": 1200,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as home, portal(Path(home)) as (url, password), sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--disable-gpu", "--disable-background-networking"]
            + (["--no-sandbox"] if os.geteuid() == 0 else []),
        )
        photograph(browser, url, password)
        browser.close()


@contextmanager
def portal(home: Path) -> Iterator[tuple[str, str]]:
    """A running portal with the demonstration in it: its address, and everyone's password."""
    password = secrets.token_urlsafe(12)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"ALLCLEAR_HOME": str(home), "PORT": str(port), "ALLCLEAR_ORGANISATION": "Quayside"}
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")} | settings
    run([sys.executable, "-m", "config.prepare", "demo", "--password", password], env)
    server = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"], cwd=ROOT, env=env, stdout=subprocess.PIPE
    )
    try:
        line = server.stdout.readline().decode() if server.stdout else ""
        url = line.split()[-1].rstrip("/")
        urllib.request.urlopen(f"{url}/healthz", timeout=30).close()  # noqa: S310 ours, on loopback
        yield url, password
    finally:
        server.terminate()
        server.communicate(timeout=60)


def run(command: list[str], env: dict[str, str]) -> None:
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


def photograph(browser: Browser, url: str, password: str) -> None:
    page = browser.new_page(base_url=url, viewport=DESKTOP)
    page.goto("/accounts/login/")
    page.fill("[name=login]", "maya@quayside.example")
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    room = page.locator(".now a").first.get_attribute("href")
    page.goto("/postmortems/?status=in_review")
    postmortem = page.locator("main td a").first.get_attribute("href")
    state = page.context.storage_state()
    for name, address, dark, phone in PICTURES:
        context = browser.new_context(
            base_url=url,
            storage_state=state,
            viewport=_size(name, PHONE if phone else DESKTOP),
            color_scheme="dark" if dark else "light",
            device_scale_factor=1,
        )
        take(context.new_page(), name, address.format(room=room, postmortem=postmortem))
        context.close()


def _size(name: str, usual: ViewportSize) -> ViewportSize:
    return {"width": usual["width"], "height": TALL.get(name, usual["height"])}


def take(page: Page, name: str, address: str) -> None:
    page.goto(address)
    page.wait_for_timeout(800)  # the stream opens, and the clocks tick
    page.screenshot(path=HERE / f"{name}.png")
    sys.stdout.write(f"docs/screenshots/{name}.png\n")


if __name__ == "__main__":
    main()
