"""All words of tests/security/vectors.py in a document and its exports, in a real browser: nothing runs, nothing is fetched."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from postmortems.exporting.html import page_of
from postmortems.models import Postmortem
from postmortems.rendering import html_of
from tests.postmortems.conftest import incident, postmortem, revision
from tests.security.test_documents import LIVE, dressed, furnish
from tests.security.vectors import ALL

__all__ = ["incident", "postmortem", "revision"]


def test_words_of_documents_stay_words_in_a_browser(
    new_page, sign_in, axe, ada, postmortem: Postmortem, tmp_path: Path
) -> None:
    """Where the policy of the site does not help: the files are opened without it, and without a policy of their own."""
    words = [vector.replace("\x00", "") for vector in ALL]
    written = dressed(furnish(postmortem, words, ada), f"{ALL[2]} {ALL[3]}", ada)
    page = sign_in(new_page(expect=["net::ERR", "Refused to", "Content Security Policy"]), ada)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.on("dialog", lambda dialog: sent.append(f"dialog {dialog.message}"))
    exported = page_of(written)
    bare = exported.replace('<meta http-equiv="Content-Security-Policy"', "<meta name=none")
    assert bare != exported
    document = f"<!doctype html><title>x</title><article>{html_of(written, LIVE + written.text)}</article>"
    for name, html in (("exported.html", exported), ("bare.html", bare), ("document.html", document)):
        (tmp_path / name).write_text(html)
        page.goto(f"file://{tmp_path / name}", wait_until="load")
        page.mouse.move(200, 200)
        _check(page, sent)
    for address in ("/postmortems/", "/postmortems/?q=x", f"/incidents/{written.incident_id}/postmortem/"):
        page.goto(address, wait_until="load")
        assert page.evaluate("window.__pwn") is None
    page.goto("/postmortems/")
    axe(page)


def _check(page: Page, sent: list[str]) -> None:
    assert page.evaluate("window.__pwn") is None, page.url
    assert page.locator("script, iframe, object, embed, form, [hx-get], style:not(head style)").count() == 0
    elsewhere = [url for url in sent if urlsplit(url).scheme not in ("file", "data")]
    assert elsewhere == [], page.url


def test_exported_page_reads_well(new_page, axe, postmortem: Postmortem, tmp_path: Path) -> None:
    postmortem.text = "# Sign-in\n\n{{ timeline }}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n"
    (tmp_path / "exported.html").write_text(page_of(postmortem))
    for dark, phone in ((False, False), (True, True)):
        page = new_page(dark=dark, phone=phone, expect=["Content Security Policy", "net::ERR"])
        page.goto(f"file://{tmp_path / 'exported.html'}")
        assert page.get_by_role("heading", level=1).inner_text() == postmortem.title
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
