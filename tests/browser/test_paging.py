"""Paging, snoozing and answering, in a browser: on a desk, on a phone, without JavaScript."""

import os

import pytest
from playwright.sync_api import Page

from accounts.models import Team
from incidents.operations import Declaration, declare, note_delivery_failed
from notifications import clocks, contacts, oncall, pages
from runbooks.operations import create_runbook
from tests.notifications.conftest import RUNBOOK

SHOTS = os.environ.get("SHOTS", "")
ROTA = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20200101T000000Z\r\n"
    b"DTEND:20200102T000000Z\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Grace Hopper\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def incident(transactional_db, ada, grace, settings):
    revision = create_runbook(RUNBOOK, by=None)
    calendar = oncall.add_calendar(name="Platform rota", url="", source=ROTA, by=ada)
    contacts.bind(revision.runbook_id, "Primary On-Call", by=ada, calendar=calendar)
    incident = declare(
        Declaration(title="Chat not working", severity=1, impact="Nobody can chat"), revision=revision, by=ada
    )
    clocks.set_clocks(incident.pk)
    return incident


def test_a_contact_is_paged_from_the_room_and_answers_on_a_phone(
    incident, new_page, sign_in, ada, grace, axe
):
    desk = sign_in(new_page(), ada)
    desk.goto(f"/incidents/{incident.pk}/")
    desk.get_by_text("until").wait_for()
    axe(desk)
    desk.get_by_role("link", name="Page Primary On-Call").click()
    desk.get_by_label("What do you need?").wait_for()
    shot(desk, "page-dialog")
    axe(desk)
    desk.get_by_role("button", name="Page now").click()
    desk.locator("#people").get_by_text("not acknowledged yet").wait_for()
    assert not desk.locator("#dialog").is_visible()
    shot(desk, "room-paged")

    phone = new_page(phone=True)
    phone.goto(pages.path_of(incident.pages.get().notice, grace.pk))
    axe(phone)
    shot(phone, "answer")
    phone.get_by_role("button", name="Acknowledge").click()
    phone.get_by_text("Acknowledged by Grace Hopper").wait_for()
    shot(phone, "answered")
    axe(phone)

    desk.reload()
    desk.locator("#people").get_by_text("Page acknowledged").wait_for()
    incident.refresh_from_db()
    assert incident.acknowledged_by == grace


def test_a_failure_is_red_with_the_number_in_both_themes(incident, new_page, sign_in, ada, axe):
    note_delivery_failed(
        incident.pk, delivery="1", to="Secondary", channel="E-mail", why="mailbox full",
        role="Secondary On-Call", call="+44 20 7946 0000",
    )  # fmt: skip
    for name, options in {"light": {}, "dark": {"dark": True}, "phone": {"phone": True}}.items():
        page = sign_in(new_page(**options), ada)
        page.goto(f"/incidents/{incident.pk}/")
        page.locator("#people").get_by_text("Not reached: call").wait_for()
        page.get_by_text("Could not reach Secondary by e-mail").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        shot(page, f"failed-{name}")
        axe(page)


def test_nudges_are_snoozed_and_the_cadence_changed_in_the_dialog(incident, new_page, sign_in, ada, axe):
    from incidents import operations

    operations.assign_role(incident.pk, "commander", ada, by=ada)
    page = sign_in(new_page(), ada)
    page.goto(f"/incidents/{incident.pk}/")
    page.locator("#more > summary").click()
    page.get_by_role("link", name="Snooze nudges").click()
    page.get_by_label("For how long").select_option("10")
    axe(page)
    shot(page, "snooze")
    page.get_by_role("button", name="Snooze").click()
    page.locator("#feed").get_by_text("snoozed nudges for 10 minutes").wait_for()

    page.locator("#more > summary").click()
    page.get_by_role("link", name="Change update cadence").click()
    page.get_by_label("Minutes between updates").fill("10")
    page.locator("#dialog").get_by_label("Reason").fill("Many ask")
    page.get_by_role("button", name="Change").last.click()
    page.locator("#feed").get_by_text("from every 20 minutes to every 10 minutes").wait_for()


def test_paging_works_without_javascript(incident, new_page, sign_in, ada):
    page = sign_in(new_page(javascript=False), ada)
    page.goto(f"/incidents/{incident.pk}/")
    page.get_by_role("link", name="Page Secondary On-Call").click()
    page.get_by_role("button", name="Page now").click()

    assert page.url.endswith("#people")
    assert page.locator("#people").get_by_text("not acknowledged yet").is_visible()


def test_the_settings_can_be_read_by_everyone(incident, new_page, sign_in, ada, axe):
    Team.objects.create(name="Chat", slug="chat")
    slug = incident.revision.runbook.slug
    addresses = {
        "bindings": f"/runbooks/{slug}/contacts/", "bind": f"/runbooks/{slug}/contacts/0/",
        "calendars": "/settings/on-call/", "team": "/settings/teams/chat/", "declare": "/declare/",
    }  # fmt: skip
    for theme, options in {"light": {}, "dark": {"dark": True}, "phone": {"phone": True}}.items():
        page = sign_in(new_page(**options), ada)
        for name, address in addresses.items():
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], (
                address
            )
            shot(page, f"{name}-{theme}")
            axe(page)
