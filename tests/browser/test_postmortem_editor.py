"""The editor of a post-mortem in real browsers: two people at once, one of them offline, signed out, or without a server."""

import base64
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.sessions.models import Session
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from incidents import operations as incidents
from postmortems.models import Picture, Postmortem, PostmortemRevision
from postmortems.states import RevisionKind
from tests.browser.conftest import NewPage, serving
from tests.conftest import PASSWORD
from tests.postmortems.conftest import TEXT, a_picture, incident, postmortem, revision

__all__ = ["incident", "postmortem", "revision"]
SignIn = Callable[[Page, User], Page]
#: What a browser says of a server that is not there, or does not know who asks.
GONE = ["net::ERR_", "htmx:(afterRequest|sendError)", "Response Status Error Code 401"]
PASTE = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type: "image/png" }));
  doc.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }));
}"""
FIND = """words => { doc.focus(); const at = doc.value.indexOf(words);
  if (at < 0) throw new Error(`no ${words}`); doc.setSelectionRange(at, at + words.length); }"""


def text_of(page: Page) -> Locator:
    return page.get_by_label("Markdown")


def write(page: Page, after: str, words: str) -> None:
    """Type ``words`` where ``after`` ends."""
    page.evaluate(FIND, after)
    page.keyboard.press("ArrowRight")
    page.keyboard.type(words)


def state(page: Page) -> Locator:
    return page.locator("#autosave")


def until_saved(page: Page) -> None:
    """What was typed has arrived."""
    expect(state(page)).to_have_attribute("data-state", "saved")


def look_again(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('focus'))")


def test_two_people_write_at_once_and_nothing_is_lost(
    new_page: NewPage,
    sign_in: SignIn,
    database_url: str,
    postmortem: Postmortem,
    ada: User,
    grace: User,
    axe: Callable[[Page], None],
) -> None:
    def document() -> str:
        postmortem.refresh_from_db()
        return postmortem.text

    with ExitStack() as server:
        address = server.enter_context(serving(database_url))
        where = f"{address}/incidents/{postmortem.incident_id}/postmortem/"
        adas, graces = (sign_in(new_page(expect=GONE), user) for user in (ada, grace))
        for page in (adas, graces):
            page.goto(where)

        # Both write, and each sees what the other wrote; the caret stays where it was.
        write(adas, "Sign-in looped.", " For everyone.")
        until_saved(adas)
        write(graces, "wrong domain.", " Since 13:22.")
        expect(state(graces)).to_contain_text("Merged")
        expect(text_of(graces)).to_have_value(
            TEXT.replace("looped.", "looped. For everyone.").replace("domain.", "domain. Since 13:22.")
        )
        graces.keyboard.type(" Still here.")
        until_saved(graces)
        look_again(adas)
        expect(text_of(adas)).to_have_value(graces.evaluate("doc.value"))
        adas.keyboard.type(" And here.")
        until_saved(adas)
        assert "For everyone. And here.\n" in document() and "Since 13:22. Still here.\n" in document()

        # Grace's line drops; what she types is kept in her browser, and merged when she is back.
        graces.context.set_offline(True)
        graces.keyboard.type(" From the train.")
        expect(state(graces)).to_contain_text("Offline: kept in this browser")
        write(adas, "## Summary\n", "\nMeanwhile, ada.\n")
        until_saved(adas)
        graces.context.set_offline(False)
        expect(state(graces)).to_contain_text("Merged")
        assert "From the train." in document() and "Meanwhile, ada." in document()

        # Her session ends; she signs in in another tab, and goes on.
        Session.objects.filter(session_key__in=_sessions(graces)).delete()
        graces.keyboard.type(" After midnight.")
        expect(state(graces)).to_contain_text("Signed out: kept in this browser")
        with graces.context.expect_page() as opened:
            state(graces).get_by_role("link").click()
        door = opened.value
        door.get_by_label("Email").fill(grace.email)
        door.get_by_label("Password", exact=True).fill(PASSWORD)
        door.get_by_role("button", name="Sign in").click()
        door.wait_for_url("**/incidents/*/")
        door.close()
        look_again(graces)
        until_saved(graces)
        assert "After midnight." in document()

        # The server dies, and her laptop is closed; the text is offered when she comes back.
        server.close()
        write(graces, "After midnight.", " Kept till morning.")
        expect(state(graces)).to_contain_text("Offline: kept in this browser")
        graces.close()
        again = graces.context.new_page()
        server.enter_context(serving(database_url, urlsplit(address).port or 0))
        again.goto(where)
        expect(again.get_by_text("This browser kept text of yours that was not saved.")).to_be_visible()
        axe(again)
        again.get_by_role("button", name="Save it now").click()
        expect(text_of(again)).to_have_value(_containing("Kept till morning."))
        assert "Kept till morning." in document()

        # Both change one line: both texts are shown, both are kept, and one of them settles it.
        look_again(adas)
        expect(text_of(adas)).to_have_value(document())
        again.context.set_offline(True)
        again.evaluate(FIND, "Meanwhile, ada.")
        again.keyboard.type("Grace's words.")
        adas.evaluate(FIND, "Meanwhile, ada.")
        adas.keyboard.type("Ada's words.")
        until_saved(adas)
        again.context.set_offline(False)
        expect(state(again)).to_contain_text("In conflict")
        conflict = again.locator("#conflict")
        for words in ("Ada's words.", "Grace's words.", "Meanwhile, ada."):
            expect(conflict.get_by_text(words, exact=True)).to_be_visible()
        expect(text_of(again)).to_have_value(_containing("Grace's words."))
        axe(again)
        assert "Ada's words." in document()
        again.get_by_role("link", name="settle it now").click()
        axe(again)
        again.get_by_role("button", name="Save this text").click()
        expect(again.get_by_text("Settled: version")).to_be_visible()
        assert "Ada's words.\nGrace's words.\n" in document()
        assert not PostmortemRevision.objects.filter(kind=RevisionKind.CONFLICT, settled_number=None).exists()

        # The way back: an earlier version is the document again, as a version of its own.
        again.get_by_role("link", name="All versions").click()
        axe(again)
        again.get_by_role("link", name="1", exact=True).click()
        again.get_by_role("button", name="Restore this version").click()
        expect(again.get_by_text("Version 1 is the document again")).to_be_visible()
        assert document() == TEXT
        again.close()


def _sessions(page: Page) -> list[str]:
    return [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "allclear_session"]


def _containing(words: str) -> "re.Pattern[str]":
    return re.compile(re.escape(words))


def test_writing_has_keys_pictures_and_the_record_at_hand(
    new_page: NewPage,
    sign_in: SignIn,
    postmortem: Postmortem,
    ada: User,
    axe: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    incidents.add_note(postmortem.incident_id, "It is the cookie", by=ada)
    where = f"/incidents/{postmortem.incident_id}/postmortem/"
    for phone in (False, True):
        page = sign_in(new_page(phone=phone, dark=phone), ada)
        page.goto(where)
        page.get_by_text("Keyboard", exact=True).click()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page = sign_in(new_page(), ada)
    page.goto(where)
    # Keys, and lists that go on.
    page.evaluate(FIND, "A cookie")
    page.keyboard.press("Control+b")
    expect(text_of(page)).to_have_value(_containing("**A cookie** on"))
    expect(page.get_by_label("Preview").get_by_text("A cookie", exact=True)).to_be_visible()
    page.keyboard.press("Control+End")
    page.keyboard.type("- one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("end")
    expect(text_of(page)).to_have_value(_containing("- one\n- two\nend"))
    # Of the record, beside what is written.
    page.keyboard.press("Alt+e")
    page.get_by_label("It is the cookie").check()
    page.get_by_label("with a link to each").check()
    page.get_by_role("button", name="Insert", exact=True).click()
    expect(text_of(page)).to_have_value(
        re.compile(
            r"end\n- \[\d\d:\d\d UTC\]\(/incidents/\d+/events/\d+/\) - Ada Lovelace: It is the cookie\n"
        )
    )
    page.locator("[data-insert=fields] summary").click()
    page.get_by_role("button", name="Severity").click()
    expect(text_of(page)).to_have_value(_containing("SEV2"))
    # An action item of a line, by a key.
    page.keyboard.press("Control+End")
    page.keyboard.type("\n- [ ] Probe sign-in @ada 2027-01-04")
    page.keyboard.press("Alt+a")
    expect(text_of(page)).to_have_value(re.compile(r"\n- \[ACT-\d+\]\(/actions/\d+/\) Probe sign-in"))
    expect(page.locator("#action-items").get_by_role("link", name="Probe sign-in")).to_be_visible()
    # A picture from the clipboard.
    page.evaluate(PASTE, ["graph.png", base64.b64encode(a_picture()).decode()])
    expect(page.get_by_text("The picture is in the text.")).to_be_visible()
    picture = Picture.objects.get()
    expect(text_of(page)).to_have_value(_containing(f"![graph]({where}pictures/{picture.pk})"))
    page.evaluate(PASTE, ["not.png", base64.b64encode(b"<svg>").decode()])
    expect(page.get_by_text("This is no PNG, JPEG or WebP picture")).to_be_visible()
    page.keyboard.press("Control+s")
    until_saved(page)
    postmortem.refresh_from_db()
    assert postmortem.text == page.evaluate("doc.value")
    assert "Uploading" not in postmortem.text

    # The same by plain forms.
    plain = sign_in(new_page(javascript=False), ada)
    plain.goto(where)
    plain.get_by_label("Markdown").fill("## Summary\n\nBy hand.\n")
    (tmp_path / "second.png").write_bytes(a_picture(size=(9, 9)))
    plain.get_by_label("Picture").set_input_files(tmp_path / "second.png")
    plain.get_by_role("button", name="Save").click()
    expect(plain.get_by_text("Saved: version")).to_be_visible()
    plain.get_by_role("link", name="Insert from the record").click()
    plain.get_by_label("Severity").check()
    plain.get_by_role("button", name="Insert").click()
    expect(plain.get_by_text("Inserted: version")).to_be_visible()
    postmortem.refresh_from_db()
    assert "By hand." in postmortem.text and "![second](" in postmortem.text and "SEV2" in postmortem.text
    plain.get_by_role("button", name="Restore version 1").click()
    expect(plain.get_by_text("Version 1 is the document again")).to_be_visible()
