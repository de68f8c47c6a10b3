"""The main job, end to end: a runbook pasted, an incident declared from it, worked by two people, and over."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.operations import setup_token
from incidents.models import Incident
from incidents.timeline import faults
from tests.browser.conftest import NewPage

RUNBOOK = (Path(__file__).parents[1] / "runbooks" / "documents" / "incident-response.md").read_text()
PASSWORD = "correct horse battery staple"
SECOND = 1000
# How htmx logs a preview that a newer one replaced while it was on its way.
SUPERSEDED = "htmx:(afterRequest|sendAbort)"
Axe = Callable[[Page], None]


def test_from_pasted_runbook_to_resolved_incident(new_page: NewPage, axe: Axe) -> None:
    ada = set_up(new_page(expect=[SUPERSEDED]))
    grace = accept_invitation(ada, new_page(phone=True))
    paste_runbook(ada)
    declare(ada, axe)

    room = ada.url
    grace.goto(room)
    expect(grace.locator("[data-live]")).to_have_text("Live")
    expect(ada.locator("#presence")).to_contain_text("2 here")

    work_the_checklist(ada, grace)
    follow_a_cause(ada, grace)
    post_an_update(grace, ada)
    axe(ada)
    axe(grace)
    resolve(ada, grace)

    ada.goto("/")
    expect(ada.get_by_role("heading", level=1)).to_have_text("All clear.")
    ada.goto("/incidents/?q=chat")
    expect(ada.get_by_role("main")).to_contain_text("Chat not working")
    incident = Incident.objects.get()
    assert incident.status == "resolved"
    assert faults(incident) == []


def set_up(page: Page) -> Page:
    page.goto(f"/setup/{setup_token()}/")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label(re.compile("E-?mail")).fill("ada@example.com")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All clear.")
    return page


def accept_invitation(admin: Page, page: Page) -> Page:
    admin.goto("/settings/members/")
    admin.get_by_role("button", name="Make invitation link").click()
    link = admin.locator("main").get_by_text(re.compile(r"https?://\S+/join/\S+")).first.inner_text()
    page.goto(re.search(r"https?://\S+/join/\S+", link).group(0))  # type: ignore[union-attr]
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label(re.compile("E-?mail")).fill("grace@example.com")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All clear.")
    assert User.objects.get(email="grace@example.com").role == "responder"
    return page


def paste_runbook(page: Page) -> None:
    page.goto("/runbooks/new/")
    page.get_by_role("textbox", name="Markdown").fill(RUNBOOK)
    understood = page.locator("#understood")
    expect(understood).to_contain_text(re.compile(r"Severity levels\D*4"))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Incident Response Runbook")


def declare(page: Page, axe: Axe) -> None:
    """With the keyboard alone."""
    page.goto("/declare/")
    page.keyboard.type("Chat not working")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first of the four, SEV1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("a third of users cannot chat")
    expect(page.locator("#declare-preview")).to_contain_text("update every 30 minutes")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chat not working")
    expect(page.locator("#head")).to_contain_text("SEV2")


def work_the_checklist(ada: Page, grace: Page) -> None:
    """Both tick at once, and each sees both ticks within a second or so; a question is answered for all."""
    mine, theirs = (page.locator("#checklist [role=checkbox]") for page in (ada, grace))
    mine.nth(0).click()
    theirs.nth(1).click()
    for boxes in (mine, theirs):
        for place in (0, 1):
            expect(boxes.nth(place)).to_have_attribute("aria-checked", "true", timeout=2 * SECOND)
    answer = grace.get_by_label("What percentage of users affected?")
    answer.fill("about 38 %")
    answer.blur()
    expect(ada.get_by_label("What percentage of users affected?")).to_have_value("about 38 %")
    expect(ada.locator("#checklist")).to_contain_text("3 of 14")


def follow_a_cause(ada: Page, grace: Page) -> None:
    ada.locator("#containment").get_by_role("button", name="Recent deployment").click()
    expect(grace.locator("#containment")).to_contain_text("vercel rollback")
    grace.locator("#containment").get_by_role("button", name="I ran this").first.click()
    expect(ada.locator("#feed")).to_contain_text("vercel rollback")


def post_an_update(grace: Page, ada: Page) -> None:
    """What is unfilled is pointed out before anything is posted."""
    grace.get_by_label("Feature", exact=True).fill("chat")
    form = grace.locator("#update-form")
    form.get_by_role("button", name="Post update").click()
    expect(form).to_contain_text("Not filled in yet: [symptom]")
    expect(grace.get_by_label("Feature", exact=True)).to_have_value("chat")
    grace.get_by_label("Symptom", exact=True).fill("replies that never finish")
    form.get_by_role("button", name="Post update").click()
    expect(ada.locator("#feed")).to_contain_text("Users may experience replies that never finish.")
    expect(ada.locator("#vitals .due", has_text="Update")).to_have_attribute("data-due", "ok")


def resolve(ada: Page, grace: Page) -> None:
    ada.locator("#status-resolved").click()
    expect(grace.locator("#vitals")).to_contain_text("Lasted")
    expect(grace.locator("#feed")).to_contain_text("Resolved")
