"""A post-mortem from asking for a review to published and taken back, as two people see it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from incidents.models import Incident
from postmortems.models import Comment, Postmortem
from tests.browser.conftest import NewPage
from tests.postmortems.conftest import a_postmortem, incident, revision  # noqa: F401
from tests.postmortems.test_gate import WHOLE

#: With headings that go down from the page's own.
TEXT = WHOLE.replace("## Incident", "# Incident").replace("### ", "## ")
SignIn = Callable[[Page, User], Page]
Axe = Callable[[Page], None]


@pytest.fixture
def document(incident: Incident, ada: User) -> Postmortem:  # noqa: F811
    return a_postmortem(incident, ada, TEXT)


def test_from_review_to_published_over_a_warning_and_taken_back(
    new_page: NewPage, sign_in: SignIn, axe: Axe, document: Postmortem, ada: User, grace: User
) -> None:
    author, reader = sign_in(new_page(), ada), sign_in(new_page(phone=True), grace)
    address = f"/incidents/{document.incident_id}/postmortem/"
    author.goto(address)
    author.get_by_role("link", name="Request review").click()
    author.get_by_label("Grace Hopper").check()
    author.get_by_role("button", name="Ask", exact=True).click()
    expect(author.locator("#review")).to_contain_text("Asked since")

    comment_on_a_passage(reader, address, axe)
    ask_for_changes(reader, axe)
    settle_and_ask_again(author, address, axe)
    reader.goto(address)
    reader.get_by_role("button", name="Approve").click()
    expect(reader.locator("#review")).to_contain_text("Grace Hopper, you, approved")

    publish_over_a_warning(author, address, document, axe)
    author.get_by_role("link", name="Take back").click()
    author.get_by_label("Reason, for the timeline").fill("A name was in it")
    author.get_by_role("button", name="Take back").click()
    expect(author.locator("h1 + p .tag").first).to_have_text("Draft")
    document.refresh_from_db()
    assert document.status == "draft"


def comment_on_a_passage(page: Page, address: str, axe: Axe) -> None:
    """One selected in the rendered document, one in the text."""
    page.goto(address)
    page.locator(".prose p", has_text="The cookie was scoped").evaluate(
        "el => getSelection().selectAllChildren(el)"
    )
    page.locator("[data-comment]").first.click()
    expect(page.get_by_label("Passage")).to_have_value(
        re.compile("^The cookie was scoped to app.example while")
    )
    page.get_by_label("Comment", exact=True).fill("Why did the tests pass?\nAnd the probe?")
    page.get_by_role("button", name="Add comment").click()
    thread = page.locator("#comments .thread")
    expect(thread).to_contain_text("Line 16")
    assert "pass?\nAnd" in thread.locator(".said").inner_text()  # on lines of its own, as it was typed
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#doc").evaluate(
        "el => { el.focus(); const at = el.value.indexOf('2,140'); el.setSelectionRange(at, at + 5); }"
    )
    page.locator("[data-comment]").first.click()
    expect(page.get_by_label("Passage")).to_have_value("2,140")
    page.get_by_label("Comment", exact=True).fill("Of how many?")
    page.get_by_role("button", name="Add comment").click()
    expect(thread).to_have_count(2)
    assert Comment.objects.get(quote="2,140").start == TEXT.index("2,140")


def ask_for_changes(page: Page, axe: Axe) -> None:
    page.get_by_role("link", name="Say more").click()
    page.get_by_label("Ask for changes").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("main")).to_contain_text("Say what should change.")
    axe(page)
    page.get_by_label("In your words").fill("Say why the tests passed.")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#review")).to_contain_text("you, asked for changes")


def settle_and_ask_again(page: Page, address: str, axe: Axe) -> None:
    page.goto(address)
    axe(page)
    page.get_by_text("Line 16").click()
    assert (
        page.locator("#doc")
        .evaluate("el => el.value.slice(el.selectionStart, el.selectionEnd)")
        .startswith("The")
    )
    page.get_by_role("button", name=re.compile("Settle")).first.click()
    expect(page.locator("#comments .thread")).to_have_count(1)
    Postmortem.objects.update(text=TEXT.replace("Every test", "No test") + "\n", number=2, last_number=2)
    page.goto(address)
    page.get_by_role("button", name=re.compile("Ask again")).click()
    expect(page.locator("#review")).to_contain_text("earlier, of version 1: “Say why the tests passed.”")


def publish_over_a_warning(page: Page, address: str, document: Postmortem, axe: Axe) -> None:
    page.goto(address)
    page.get_by_role("link", name="Review and publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 comment is not settled.")
    axe(page)
    dialog.get_by_role("button", name="Publish all the same").click()
    expect(page.get_by_role("main")).to_contain_text("Say why it is published all the same.")
    page.get_by_label("Why publish it all the same?").fill("The customer waits")
    page.get_by_role("button", name="Publish all the same").click()
    expect(page.get_by_role("main")).to_contain_text("over 1 warning: “The customer waits”")
    page.goto(f"/incidents/{document.incident_id}/")
    expect(page.locator("#feed")).to_contain_text("1 comment is not settled.")
    page.goto(address)


def test_finding_leads_to_its_line_and_timeline_is_put_right_on_a_phone(
    new_page: NewPage, sign_in: SignIn, axe: Axe, document: Postmortem, ada: User
) -> None:
    Postmortem.objects.update(text=TEXT.replace("2,140", "[number/percentage]"))
    page = sign_in(new_page(phone=True, dark=True), ada)
    page.goto(f"/incidents/{document.incident_id}/postmortem/")
    asks, publishes = (
        page.get_by_role("link", name=name) for name in ("Request review", "Review and publish")
    )
    boxes = [button.bounding_box() for button in (asks, publishes)]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"]  # side by side under a thumb
    publishes.click()
    page.get_by_role("dialog").get_by_role("link", name="Line 19").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    selected = page.locator("#doc").evaluate("el => el.value.slice(el.selectionStart, el.selectionEnd)")
    assert selected == "- Users affected: [number/percentage]"

    page.goto(f"/incidents/{document.incident_id}/postmortem/timeline/")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("What happened").fill("The alert had fired")
    page.get_by_label("When it happened").fill("2026-01-02 03:04")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".feed li").first).to_contain_text("The alert had fired")
    page.locator(".feed li").first.get_by_role("button", name=re.compile("Leave out")).click()
    expect(page.locator(".feed")).not_to_contain_text("The alert had fired")


def test_everything_can_be_done_without_javascript(
    new_page: NewPage, sign_in: SignIn, document: Postmortem, ada: User, grace: User
) -> None:
    page = sign_in(new_page(javascript=False), grace)
    page.goto(f"/incidents/{document.incident_id}/postmortem/")
    page.get_by_label("Passage").fill("the rollback was one command")
    page.get_by_label("Comment", exact=True).fill("Which?")
    page.get_by_role("button", name="Add comment").click()
    page.get_by_text("Reply", exact=False).first.click()
    page.get_by_label("Your reply").fill("vercel rollback")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator("#comments")).to_contain_text("vercel rollback")
    page.get_by_role("button", name=re.compile("Settle")).click()
    page.get_by_role("link", name="Review and publish").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing is missing.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("h1 + p .tag").first).to_have_text("Published")
