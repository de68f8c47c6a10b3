"""The room in a real browser: its dialog, what one has typed, and working it without JavaScript and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from runbooks.operations import create_runbook
from tests.browser.conftest import NewPage
from tests.incidents.conftest import DOCUMENTS

Axe = Callable[[Page], None]


@pytest.fixture
def incident(transactional_db: None, ada: User) -> Incident:
    revision = create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)
    said = operations.Declaration("Chat not working", 2, impact="Nobody can chat", symptom="spinners")
    return operations.declare(said, revision=revision, by=ada)


@pytest.fixture
def enter(
    new_page: NewPage, sign_in: Callable[[Page, User], Page], incident: Incident
) -> Callable[..., Page]:
    def entered(who: User, **options: object) -> Page:
        page = sign_in(new_page(**options), who)  # type: ignore[arg-type]
        page.goto(f"/incidents/{incident.pk}/")
        return page

    return entered


def test_dialog_asks_refuses_and_closes(enter: Callable[..., Page], ada: User, axe: Axe) -> None:
    page = enter(ada)
    page.get_by_role("link", name="Severity").click()
    dialog = page.get_by_role("dialog", name="Change severity")
    expect(dialog.get_by_text("Response: Immediate")).to_be_visible()
    axe(page)
    dialog.locator("label", has_text="SEV1").click()
    dialog.get_by_label("Reason").fill("Everyone is affected")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#head .sev")).to_have_text("SEV1")
    expect(page.locator("#feed li").first).to_contain_text("Everyone is affected")
    page.get_by_role("link", name="Severity").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Severity")).to_be_focused()


def test_what_is_being_typed_stays_while_others_change_the_room(
    enter: Callable[..., Page], ada: User, grace: User, incident: Incident
) -> None:
    page = enter(grace)
    expect(page.locator("[data-live]")).to_have_text("Live")
    answer, note = page.get_by_label("Which features are impacted?"), page.get_by_label("Add to the timeline")
    answer.press_sequentially("Chat rep")
    note.press_sequentially("Half a no")
    page.locator("summary", has_text="Assess Scope").focus()
    question = incident.steps.filter(kind="question")[0]
    operations.answer_question(incident.pk, question.pk, "About 38%", by=ada)
    expect(page.get_by_label("What percentage of users affected?")).to_have_value("About 38%")
    expect(note).to_have_value("Half a no")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#feed li").first).to_contain_text("Half a no")
    expect(note).to_have_value("")


def test_status_refused_from_an_old_page_says_why_beside_it(
    enter: Callable[..., Page], ada: User, grace: User, incident: Incident
) -> None:
    page = enter(grace, expect=["net::ERR_"])
    page.route("**/live/**", lambda route: route.abort())
    page.reload()
    operations.change_status(incident.pk, "resolved", by=ada)
    page.get_by_role("button", name="Monitoring").click()
    expect(page.get_by_role("alert")).to_contain_text("An incident that is resolved cannot become monitoring")


def test_filter_is_followed(enter: Callable[..., Page], ada: User, grace: User, incident: Incident) -> None:
    page = enter(grace)
    page.get_by_role("link", name="Decisions").click()
    expect(page.locator("[data-live]")).to_have_text("Live")
    operations.add_note(incident.pk, "We see locks", by=ada)
    operations.change_severity(incident.pk, 1, by=ada, reason="Everyone is affected")
    expect(page.locator("#feed li").first).to_contain_text("Everyone is affected")
    expect(page.locator("#feed")).not_to_contain_text("We see locks")


def test_preview_follows_the_fields_and_the_tag_the_status(enter: Callable[..., Page], ada: User) -> None:
    page = enter(ada)
    page.get_by_role("textbox", name="Symptom").fill("spinners that never end")
    expect(page.locator("#message")).to_contain_text("may experience spinners that never end.")
    page.get_by_role("button", name="Identified").click()
    expect(page.locator("#message")).to_contain_text("[IDENTIFIED]")
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#feed li").first).to_contain_text("[IDENTIFIED] We're aware of issues")
    expect(page.locator("#feed li").first).to_contain_text("spinners that never end")


@pytest.mark.parametrize("phone", [False, True])
def test_room_is_worked_without_javascript(enter: Callable[..., Page], ada: User, phone: bool) -> None:
    page = enter(ada, javascript=False, phone=phone)
    page.get_by_role("checkbox", name="Acknowledge the alert").click()
    expect(page.get_by_role("checkbox", name="Acknowledge the alert")).to_be_checked()
    page.get_by_label("Which features are impacted?").fill("Chat")
    page.locator("form", has=page.get_by_label("Which features are impacted?")).get_by_role("button").click()
    expect(page.get_by_label("Which features are impacted?")).to_have_value("Chat")
    page.get_by_role("button", name="Database issues").click()
    page.get_by_role("link", name="Security incident").click()
    page.get_by_label("Why it changes").fill("No locks")
    page.get_by_role("button", name="Follow this cause").click()
    expect(page.get_by_text("Revoke affected API keys")).to_be_visible()
    page.get_by_label("Template").select_option("Resolution Update")
    page.get_by_role("button", name="Use").click()
    page.get_by_role("button", name="Post update").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Not filled in yet: [brief explanation], [end time].")
    page.get_by_label("Brief explanation").fill("A lock")
    page.get_by_label("End time").fill("03:10")
    page.get_by_role("button", name="Post update").last.click()
    expect(page.locator("#feed li").first).to_contain_text("Root cause: A lock")


@pytest.mark.parametrize("dark", [False, True])
def test_room_on_a_phone_fits_and_is_accessible(
    enter: Callable[..., Page], ada: User, dark: bool, axe: Axe
) -> None:
    page = enter(ada, phone=True, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    axe(page)
    expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_be_visible()
    page.locator("#more summary").click()
    axe(page)


#: Controls of less than 44 px in a row of their own; links in running text may be as high as the text.
TOO_SMALL = """() => [...document.querySelectorAll('main :is(button, summary, select, input:not([type=hidden]), a.btn)')]
  .filter(el => el.checkVisibility({ visibilityProperty: true }) && !el.matches('.box, [type=checkbox], [type=radio]'))
  .filter(el => { const box = el.getBoundingClientRect(); return box.width && Math.min(box.width, box.height) < 43.5; })
  .map(el => el.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("severity", [2, 4])
def test_room_on_a_phone_is_for_fingers_and_no_wider_than_it(
    enter: Callable[..., Page], ada: User, incident: Incident, severity: int
) -> None:
    if severity != incident.severity:
        operations.change_severity(incident.pk, severity, by=ada, reason="No update is owed")
    page = enter(ada, phone=True)
    page.get_by_role("button", name="Recent deployment").click()
    expect(page.locator("#containment")).to_contain_text("vercel rollback")
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def test_a_title_of_two_lines_keeps_its_count_beside_it(
    enter: Callable[..., Page], ada: User, incident: Incident
) -> None:
    page = enter(ada, phone=True)
    summary = page.locator("#checklist .phase > summary").first
    title, count = summary.locator("h3").bounding_box(), summary.locator(".meta").bounding_box()
    assert title and count
    assert count["y"] < title["y"] + title["height"]
    assert count["x"] > title["x"] + title["width"] - 1
