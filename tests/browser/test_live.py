"""The room and the board follow what others do, in a real browser, whatever happens to the connection."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts import operations as people
from accounts.models import User
from incidents import operations
from incidents.models import Incident, Step
from incidents.operations import Declaration, declare
from incidents.states import Status
from runbooks.models import Revision
from runbooks.operations import create_runbook
from tests.live.conftest import RUNBOOK
from tests.live.streaming import Server

SECOND = 1000
LOST = ["net::ERR_", "Failed to load resource", "EventSource", "htmx:sendError", "htmx:afterRequest"]


@pytest.fixture
def revision(transactional_db) -> Revision:
    return create_runbook(RUNBOOK, by=None)


@pytest.fixture
def incident(revision, ada) -> Incident:
    return declare(Declaration(title="Chat not working", severity=2), revision=revision, by=ada)


@pytest.fixture
def enter(new_page, sign_in, incident) -> Callable[..., Page]:
    """Opens the room as somebody and waits until it is live."""

    def entered(who, *, expects=(), live: bool = True, address: str = "") -> Page:
        page: Page = sign_in(new_page(expect=expects), who)
        page.goto(address or f"/incidents/{incident.pk}/")
        if live:
            expect(mark(page)).to_have_text("Live")
        return page

    return entered


def mark(page: Page) -> Locator:
    return page.locator("[data-live]:not([hidden])")  # it is hidden until the page knows


def block_streams(page: Page) -> None:
    page.route(re.compile(r"/live/(board|incidents/\d+)/\?"), lambda route: route.abort())


def first_step(incident: Incident) -> Step:
    return Step.objects.filter(incident=incident, kind="task")[0]


def test_two_people_see_each_other_and_each_others_ticks(enter, ada, grace):
    mine, theirs = enter(ada), enter(grace)
    expect(mine.locator("#presence .face")).to_have_count(2)
    expect(theirs.locator("#presence ul")).to_have_attribute(
        "aria-label", "Here now: Ada Lovelace, Grace Hopper"
    )
    box = mine.locator("#checklist [role=checkbox]").first
    box.click()
    seen = theirs.locator("#checklist [role=checkbox]").first
    expect(seen).to_have_attribute("aria-checked", "true", timeout=SECOND)
    expect(theirs.locator("#jump")).to_contain_text("1/4")
    theirs.context.close()
    expect(mine.locator("#presence .face")).to_have_count(1, timeout=10 * SECOND)


def test_every_kind_of_change_is_seen_within_a_second(
    enter: Callable[..., Page], ada: User, grace: User, incident: Incident
) -> None:
    page = enter(grace)
    changes: list[tuple[Callable[[], object], Locator, str]] = [
        (lambda: operations.change_severity(incident.pk, 1, by=ada), page.locator("#head"), "SEV1"),
        (lambda: operations.acknowledge(incident.pk, by=ada), page.locator("#feed"), "acknowledged"),
        (
            lambda: operations.assign_role(incident.pk, "commander", ada, by=ada),
            page.locator("#roles"),
            "Ada",
        ),
        (
            lambda: operations.add_note(incident.pk, "Looked at the logs", by=ada),
            page.locator("#feed"),
            "the logs",
        ),
        (
            lambda: operations.post_update(incident.pk, "We are on it", by=ada),
            page.locator("#feed"),
            "We are on it",
        ),
    ]
    for change, place, words in changes:
        change()
        expect(place).to_contain_text(re.compile(words, re.IGNORECASE), timeout=SECOND)


def test_the_board_follows(new_page, sign_in, ada, eve, revision):
    page = sign_in(new_page(), eve)
    page.goto("/")
    expect(mark(page)).to_have_text("Live")
    incident = declare(Declaration(title="Mail is late", severity=2), revision=revision, by=ada)
    expect(page.get_by_role("link", name="Mail is late").first).to_be_visible(timeout=1.5 * SECOND)
    operations.change_status(incident.pk, Status.RESOLVED, by=ada)
    expect(page.locator("#board .row")).to_have_count(0, timeout=1.5 * SECOND)
    expect(mark(page)).to_have_text("Live")


def test_what_one_types_holds_and_has_open_survives_others_changes(enter, ada, grace, incident):
    page = enter(grace)
    page.locator("#checklist .step summary").first.click()
    note = page.locator("#composer textarea")
    note.fill("I think it is the cache, because")
    note.press("End")
    for number in range(3):
        operations.add_note(incident.pk, f"Note {number}", by=ada)
        operations.set_step_done(incident.pk, first_step(incident).pk, number % 2 == 0, by=ada)
        expect(page.locator("#feed")).to_contain_text(f"Note {number}")
        note.press_sequentially(" more")
    expect(note).to_have_value("I think it is the cache, because more more more")
    expect(note).to_be_focused()
    expect(page.locator("#checklist .step details").first).to_have_attribute("open", "")


def test_an_answer_half_typed_inside_a_changing_part_survives(enter, ada, grace, incident):
    page = enter(grace)
    field = page.get_by_label("Are all users affected?")
    field.fill("most of them, th")
    operations.set_step_done(incident.pk, first_step(incident).pk, True, by=ada)
    expect(page.locator("#checklist [role=checkbox]").first).to_have_attribute("aria-checked", "true")
    expect(field).to_have_value("most of them, th")
    expect(field).to_be_focused()


def test_with_streams_blocked_the_room_asks_instead(enter, new_page, sign_in, ada, grace, incident):
    page = sign_in(new_page(expect=LOST), grace)
    block_streams(page)
    page.goto(f"/incidents/{incident.pk}/")
    expect(mark(page)).to_have_text("Reconnecting")
    for words in ("first", "second"):
        operations.add_note(incident.pk, words, by=ada)
        expect(page.locator("#feed")).to_contain_text(words, timeout=5 * SECOND)
    expect(page.locator("#connection")).to_have_count(0)
    other = enter(ada)
    expect(other.locator("#presence .face")).to_have_count(2)
    page.unroute_all()
    expect(mark(page)).to_have_text("Live", timeout=30 * SECOND)


def test_with_streams_held_back_by_a_proxy_the_room_asks_instead(new_page, sign_in, ada, grace, incident):
    page = sign_in(new_page(expect=LOST), grace)
    page.route(re.compile(r"/live/incidents/\d+/\?"), lambda route: None)
    page.goto(f"/incidents/{incident.pk}/")
    operations.add_note(incident.pk, "nothing gets through", by=ada)
    expect(page.locator("#feed")).to_contain_text("nothing gets through", timeout=5 * SECOND)


def test_with_streams_blocked_the_board_asks_instead(new_page, sign_in, ada, eve, revision):
    page = sign_in(new_page(expect=LOST), eve)
    block_streams(page)
    page.goto("/")
    declare(Declaration(title="Mail is late", severity=2), revision=revision, by=ada)
    expect(page.get_by_role("link", name="Mail is late").first).to_be_visible(timeout=5 * SECOND)


def test_offline_it_says_so_and_afterwards_nothing_is_missing(enter, ada, grace, incident):
    page = enter(grace, expects=LOST)
    page.context.set_offline(True)
    expect(mark(page)).to_have_text("Offline")
    expect(page.locator("#connection")).to_contain_text("You are offline", timeout=15 * SECOND)
    operations.add_note(incident.pk, "while you were away", by=ada)
    operations.set_step_done(incident.pk, first_step(incident).pk, True, by=ada)
    page.context.set_offline(False)
    expect(mark(page)).to_have_text("Live")
    expect(page.locator("#feed")).to_contain_text("while you were away", timeout=2 * SECOND)
    expect(page.locator("#checklist [role=checkbox]").first).to_have_attribute("aria-checked", "true")
    expect(page.locator("#connection")).to_have_count(0)


def test_who_loses_access_is_shown_the_door(enter, ada, grace, incident):
    page = enter(grace)
    expect(page.locator("#on-call .unscripted")).to_have_count(
        0
    )  # else this is still asked for when it is private
    operations.change_privacy(incident.pk, True, by=ada)
    expect(page.locator("h1")).not_to_contain_text("Chat not working", timeout=3 * SECOND)
    expect(page.locator("body")).not_to_contain_text("Chat not working")


def test_who_is_signed_out_while_typing_keeps_the_text(enter, ada, grace, incident):
    page = enter(grace)
    note = page.locator("#composer textarea")
    note.fill("Half a thought")
    people.sign_out_everywhere(grace.pk)
    expect(page.locator("#connection")).to_contain_text("You have been signed out", timeout=3 * SECOND)
    expect(mark(page)).to_have_text("Offline")
    expect(note).to_have_value("Half a thought")


def test_a_filtered_timeline_stays_filtered_while_the_rest_follows(enter, ada, grace, incident):
    page = enter(grace, address=f"/incidents/{incident.pk}/?show=decisions")
    operations.add_note(incident.pk, "Only a note", by=ada)
    operations.set_step_done(incident.pk, first_step(incident).pk, True, by=ada)
    expect(page.locator("#checklist [role=checkbox]").first).to_have_attribute(
        "aria-checked", "true", timeout=SECOND
    )
    time.sleep(0.3)
    expect(page.locator("#feed")).not_to_contain_text("Only a note")


def test_a_server_that_dies_and_starts_anew_is_found_again(new_page, sign_in, ada, grace, incident):
    server = Server()
    try:
        page = sign_in(new_page(expect=LOST), grace)
        page.goto(f"{server.url}/incidents/{incident.pk}/")
        expect(mark(page)).to_have_text("Live")
        server.process.kill()
        server.process.wait()
        expect(mark(page)).not_to_have_text("Live", timeout=SECOND)
        operations.add_note(incident.pk, "while it was down", by=ada)
        server = Server(port=server.port)
        expect(mark(page)).to_have_text("Live")
        expect(page.locator("#feed")).to_contain_text("while it was down", timeout=2 * SECOND)
    finally:
        server.stop()


def test_the_update_form_stays_when_the_severity_changes(enter, ada, grace, incident):
    page = enter(grace)
    page.locator("#template").select_option("-")
    page.get_by_label("Message").fill("We are on it")
    operations.change_severity(incident.pk, 1, by=ada, reason="everything is down")
    expect(page.locator("#head")).to_contain_text("SEV1")
    expect(page.get_by_label("Message")).to_have_value("We are on it")
    expect(page.locator("#next-due")).to_have_count(1)


def test_who_comes_second_is_asked_what_the_first_one_changed(enter, ada, grace, incident):
    page = enter(grace)
    first, second = incident.checklists.filter(is_branch=True)[:2]

    def slowly(route):
        operations.choose_branch(incident.pk, first.pk, by=ada)
        expect(page.locator("#containment .chosen")).to_be_visible()
        route.continue_()

    page.route(re.compile(r"/choose/"), slowly)
    page.locator(f"button#choose-{second.pk}").click()
    expect(page.locator("#dialog")).to_contain_text("is given up; what was done there stays on record")
