"""An action item from the room to its end: promised, changed on the board, asked to be dropped, kept, and done."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from postmortems.models import ActionItem
from postmortems.operations.starting import start
from runbooks.operations import create_runbook
from tests.browser.conftest import NewPage
from tests.incidents.conftest import DOCUMENTS

Axe = Callable[[Page], None]


@pytest.fixture
def incident(transactional_db: None, ada: User) -> Incident:
    revision = create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)
    said = operations.Declaration("Chat not working", 2, impact="Nobody can chat")
    incident = operations.declare(said, revision=revision, by=ada)
    operations.change_status(incident.pk, "resolved", by=ada)
    start(incident.pk, by=ada)
    return incident


def test_from_the_room_to_done_with_evidence(
    new_page: NewPage,
    sign_in: Callable[[Page, User], Page],
    incident: Incident,
    ada: User,
    grace: User,
    axe: Axe,
) -> None:
    page, phone = sign_in(new_page(), ada), sign_in(new_page(phone=True), grace)
    page.goto(f"/incidents/{incident.pk}/")
    promise(page, axe)
    closing_is_refused(page)
    give_it_an_owner_and_a_date(page, axe)
    page.goto(f"/incidents/{incident.pk}/")
    page.locator("#close").click()
    expect(page.locator("#vitals")).to_contain_text("Closed")
    ask_to_drop(page)
    keep(phone, axe)
    finish(phone, axe)
    expect(phone.locator("h1")).to_have_text("No actions open.")
    item = ActionItem.objects.get()
    assert (item.status, item.evidence, item.closed_by) == ("done", "https://example.com/pull/7", grace)
    add_to_the_document(page, incident, axe)
    change_together_without_javascript(sign_in(new_page(javascript=False, phone=True), ada), ada)


def promise(page: Page, axe: Axe) -> None:
    """In the room's dialog, with the keyboard."""
    page.get_by_role("link", name="Add action item").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What should change")).to_be_focused()
    axe(page)
    page.keyboard.type("Alert on an empty stream")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#room-items")).to_contain_text("Alert on an empty stream")
    expect(page.locator("#feed")).to_contain_text("added the action item Alert on an empty stream")


def closing_is_refused(page: Page) -> None:
    page.locator("#close").click()
    expect(page.get_by_role("alert")).to_contain_text("An action item has no owner who is there, or no date")
    page.locator("#vitals").get_by_role("link", name="Alert on an empty stream").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the action item")


def give_it_an_owner_and_a_date(page: Page, axe: Axe) -> None:
    """In its row of the board, which first refuses, and keeps what was typed."""
    page.goto("/actions/")
    axe(page)
    page.get_by_role("link", name=re.compile("Edit ACT-")).click()
    row = page.locator("tr.new")
    expect(row.get_by_label("What should change")).to_be_focused()
    row.get_by_label("What should change").fill("")
    row.get_by_label("Owner").select_option("Grace Hopper")
    row.locator("form").evaluate("form => { form.noValidate = true }")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".error")).to_contain_text("Say what should change")
    axe(page)
    row.get_by_label("What should change").fill("Alert when a stream has no tokens")
    row.get_by_label("Due").fill("2020-01-02")
    row.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("1 action open. 1 is overdue.")
    expect(page.locator(".actions tbody tr")).to_contain_text("Grace Hopper")
    expect(page.locator(".actions tbody tr .due")).to_contain_text("days late")


def ask_to_drop(page: Page) -> None:
    page.goto("/actions/")
    page.get_by_label(re.compile("Status of")).select_option("Won’t do")
    row = page.locator("tr.new")
    expect(row.get_by_label("Why it should not be done")).to_be_focused()
    row.get_by_label("Why it should not be done").fill("The vendor watches it now")
    row.get_by_role("button", name="Ask to drop it").click()
    expect(page.locator(".actions tbody tr")).to_contain_text("Ada Lovelace asks to drop it")


def keep(page: Page, axe: Axe) -> None:
    """A second person, on a phone."""
    page.goto("/actions/?show=decide")
    axe(page)
    page.get_by_role("link", name="Ada Lovelace asks to drop it").click()
    expect(page.locator("#drop")).to_contain_text("The vendor watches it now")
    axe(page)
    page.get_by_label("Say something to it").fill("Only in one region")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("main")).to_contain_text("Only in one region")


def finish(page: Page, axe: Axe) -> None:
    page.goto("/actions/?show=mine")
    page.get_by_label(re.compile("Status of")).select_option("Done")
    evidence = page.get_by_label("What shows that it is done")
    evidence.fill("done")
    page.get_by_role("button", name="Mark it done").click()
    expect(page.locator("tr.new .error")).to_contain_text("a sentence that somebody could check")
    expect(evidence).to_have_value("done")
    axe(page)
    evidence.fill("https://example.com/pull/7")
    page.get_by_role("button", name="Mark it done").click()
    expect(page.locator(".actions tbody tr")).to_contain_text("Done")
    # The chart and the list beside the board come along, without a reload.
    page.get_by_text("Data", exact=True).click()
    expect(page.locator("#actions-side tbody tr").last).to_have_text(re.compile(r"\D1\s*1$|11$"))
    expect(page.locator("#actions-side")).to_contain_text("Nobody has an open action.")
    widest = page.evaluate("document.documentElement.scrollWidth")
    assert widest <= 390


def add_to_the_document(page: Page, incident: Incident, axe: Axe) -> None:
    """In the last line of its table, which is empty again for the next one."""
    page.goto(f"/incidents/{incident.pk}/postmortem/")
    table = page.locator("#action-items")
    table.get_by_label("What should change").fill("Rehearse the rollback")
    table.get_by_role("button", name="Add").click()
    expect(table.get_by_role("alert")).to_contain_text("the action item needs an owner and a date")
    table.get_by_label("Owner").select_option("Grace Hopper")
    table.get_by_label("Due").fill("2099-01-02")
    table.get_by_role("button", name="Add").click()
    expect(table.get_by_role("link", name="Rehearse the rollback")).to_be_visible()
    expect(table.get_by_label("What should change")).to_have_value("")
    axe(page)


def change_together_without_javascript(page: Page, ada: User) -> None:
    """Add, choose, change together, set a status, finish: plain forms."""
    page.goto("/actions/add/")
    page.get_by_label("What should change").fill("Write down the rollback")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write down the rollback")
    page.goto("/actions/?q=write")
    page.get_by_label(re.compile("Choose ACT-")).check()
    page.locator("summary", has_text="Change the chosen ones").click()
    page.locator("#bulk").get_by_label("Owner").select_option("Ada Lovelace")
    page.get_by_role("button", name="Change them").click()
    expect(page.get_by_role("heading", name="1 action changed.")).to_be_visible()
    page.goto("/actions/?q=write")
    page.get_by_label(re.compile("Status of")).select_option("In review")
    page.get_by_role("button", name="Set the status").click()
    expect(page).to_have_url(re.compile(r"/actions/\?q=write#item-\d+$"))
    page.get_by_label(re.compile("Status of")).select_option("Done")
    page.get_by_role("button", name="Set the status").click()
    page.get_by_label("What shows that it is done").fill("Everyone on call rehearsed it on Monday")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Ada Lovelace marked it done")
    assert ActionItem.objects.filter(owner=ada, status="done").count() == 1
