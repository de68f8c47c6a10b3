"""All the words of tests/security/vectors.py at once, in a real browser: nothing runs, nothing is fetched."""

from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Page

from tests.security.gallery import addresses, hang
from tests.security.vectors import VECTORS

#: Each page that shows people's words once; the first so many of a list stand for the rest.
MOST_ALIKE = 2


def test_words_stay_words_in_a_browser(new_page, sign_in, server_url):
    looks, incident = hang(VECTORS)
    page = sign_in(new_page(), looks)
    sent: list[str] = []
    said: list[str] = []

    def refuse(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("request", lambda request: sent.append(request.url))
    room = f"/incidents/{incident.pk}/"
    for address in _different(addresses(incident)):
        page.goto(address, wait_until="load")
        _check(page, sent, said, server_url)
    page.goto(room)
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    _open_dialogs(page)
    page.goto("/declare/")
    page.get_by_label("What is happening?").fill(f"Chat {VECTORS[2]}")
    page.locator("#declare-preview").get_by_text("window.__pwn").first.wait_for()
    _check(page, sent, said, server_url)
    page.goto("/runbooks/new/")
    with page.expect_response("**/runbooks/preview/"):
        page.get_by_label("Markdown").fill("\n\n".join(VECTORS))
    page.wait_for_timeout(300)
    _check(page, sent, said, server_url)


def _different(found: list[str]) -> list[str]:
    """Without the third and further of addresses that differ by numbers alone."""
    seen: dict[str, int] = {}
    kept = []
    for address in found:
        kind = "".join(letter for letter in address if not letter.isdigit())
        seen[kind] = seen.get(kind, 0) + 1
        kept += [address] if seen[kind] <= MOST_ALIKE and address != "/nowhere/" else []
    return kept


def _open_dialogs(page: Page) -> None:
    for number in range(3):
        links = page.locator('a[hx-get*="/skip/"], a[hx-get*="/correct/"], a[hx-get*="/merge/"]')
        links.nth(number * 7).evaluate("link => link.click()")
        page.locator("#dialog-body form").wait_for()
        assert page.evaluate("window.__pwn") is None
        page.keyboard.press("Escape")


def _check(page: Page, sent: list[str], said: list[str], server_url: str) -> None:
    assert said == []
    assert page.evaluate("window.__pwn") is None, page.url
    elsewhere = [url for url in sent if not url.startswith(server_url) and urlsplit(url).scheme != "data"]
    assert elsewhere == [], page.url
