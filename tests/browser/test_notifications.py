"""What people see of what is said to them, in a real browser: the count that comes by itself, and every page."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Team
from incidents import operations as incidents
from incidents.models import Incident, Step
from incidents.operations import Declaration, declare
from notifications import operations
from notifications.deliveries import deliver
from notifications.models import Delivery, Notice
from notifications.reached import Reached
from postmortems.operations import feeds, items
from runbooks.operations import create_runbook
from tests.notifications.conftest import RUNBOOK

PAGES = [
    *("/your-move/", "/inbox/", "/settings/notifications/", "/settings/notifications/teams/web/"),
    *("/settings/deliveries/", "/settings/deliveries/{delivery}/", "/settings/feeds/", "/"),
]


@pytest.fixture
def busy(transactional_db, ada, grace) -> Delivery:
    """Much to do for ada: updates, pages, steps, failures, and long words."""
    revision = create_runbook(RUNBOOK, by=None)
    found = [
        declare(Declaration(title=title, severity=level, impact="Nobody can chat"), revision=revision, by=ada)
        for level, title in enumerate(
            ("Chat not working", "Payments fail", "Slow search " * 8, "Wrong logo"), 1
        )
    ]
    first = found[0]
    incidents.acknowledge(first.pk, by=grace)
    incidents.assign_role(first.pk, "commander", ada, by=ada)
    Incident.objects.filter(pk=first.pk).update(next_update_due_at=timezone.now() - timedelta(minutes=7))
    step = Step.objects.filter(incident=first, kind="task")[0]
    incidents.assign_step(first.pk, step.pk, ada, by=grace)
    for days in (-9, 0, 3):
        due_on = timezone.now().date() + timedelta(days=days)
        items.add_item(
            by=grace, title="Probe sign-in from outside " * 5, owner=ada, due_on=due_on, incident=first
        )
    feeds.make_feed("due_dates", by=ada)
    for urgency, incident, title in (
        ("page", first, "Acknowledge: SEV1"),
        ("nudge", found[2], "Update overdue by 7 min"),
        ("reminder", None, "Fix the alarm " * 12),
    ):
        say(ada, title, urgency, incident)
    team = Team.objects.create(name="Web", slug="web")
    team.members.add(ada)
    for owner in (None, team):
        for channel, address in (
            ("webhook", "https://hooks.example.com/services/T0000/B0000/abcdefghijklmnop"),
            ("apprise", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz0123456/987654321"),
            ("email", "a-rather-long-address-of-somebody@mail.department.example.com"),
        ):
            operations.add_destination(
                by=ada,
                team=owner,
                channel=channel,
                name=f"My {channel}",
                address=address,
                uses=["page", "nudge"],
            )
    mail = say(ada, "A mail that failed " * 5, "nudge", first)
    return Delivery.objects.create(
        notice=mail.notice, recipient=ada, channel="webhook", address="https://hooks.example.com/x", dedupe_key="x",
        state="failed", last_error="410 It says that it is gone for good. " * 8, expires_at=timezone.now() + timedelta(hours=1), attempts=3,
    )  # fmt: skip


def say(to, title, urgency="nudge", incident=None) -> Delivery:
    notice = Notice.objects.create(
        urgency=urgency, incident=incident, title=title[:250], text="We see **no replies**.\n\n> [INVESTIGATING] …",
        path="/runbooks/", action="Post the update", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    deliver(notice, Reached(user=to))
    return Delivery.objects.get(notice=notice, channel="inbox")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
@pytest.mark.parametrize("address", PAGES)
def test_a_busy_page_has_no_barrier_and_no_sideways_scroll(new_page, sign_in, ada, axe, busy, address, phone):
    page = sign_in(new_page(phone=phone, dark=phone), ada)
    page.goto(address.format(delivery=busy.pk))
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("address", ["/your-move/", "/inbox/", "/settings/notifications/"])
def test_an_empty_page_has_no_barrier(new_page, sign_in, grace, axe, address):
    page = sign_in(new_page(phone=True), grace)
    page.goto(address)
    axe(page)


def test_the_count_comes_to_an_open_board_by_itself(new_page, sign_in, grace):
    page = sign_in(new_page(), grace)
    with page.expect_response("**/live/board/**"):
        page.goto("/")
    page.wait_for_timeout(500)
    say(grace, "Look")
    # Well before the poll, which comes every 15 s.
    expect(page.locator("#inbox-count")).to_contain_text("1", timeout=8000)


def test_elsewhere_the_count_is_asked_for(new_page, sign_in, grace):
    page = sign_in(new_page(), grace)
    page.goto("/runbooks/")
    say(grace, "Look")
    expect(page.locator("#inbox-count")).to_contain_text("1", timeout=25_000)


def test_a_form_on_a_page_of_its_own_is_sent_with_javascript_too(new_page, sign_in, ada, grace):
    revision = create_runbook(RUNBOOK, by=None)
    incident = declare(
        Declaration(title="Payments fail", severity=2, impact="Nobody can pay"), revision=revision, by=ada
    )
    page = sign_in(new_page(), ada)
    page.goto("/your-move/")

    page.get_by_role("link", name="Assign").first.click()
    page.locator("select[name=to]").select_option(label=grace.name)
    page.get_by_role("button", name="Hand over").click()

    page.wait_for_url(f"**/incidents/{incident.pk}/**")
    expect(page.locator("#roles")).to_contain_text(grace.name)


def test_everything_works_without_javascript_on_a_phone(new_page, sign_in, grace):
    page = sign_in(new_page(phone=True, javascript=False), grace)
    say(grace, "Look")
    page.goto("/")
    page.get_by_role("link", name="Inbox").click()
    page.get_by_role("button", name="Post the update").click()
    page.wait_for_url("**/runbooks/")
    page.goto("/settings/notifications/")
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_label("Quiet until").fill("07:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Kind").select_option("email")
    page.get_by_label("Name").fill("Home")
    page.get_by_label("Address", exact=True).fill("home@example.com")
    page.get_by_role("button", name="Add destination").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_an_address_for_a_calendar_is_made_copied_and_revoked(new_page, sign_in, grace):
    """A program reads it with no session; once it is revoked it reads nothing."""
    page = sign_in(new_page(), grace)
    page.goto("/settings/feeds/")
    page.get_by_role("button", name="Make an address for your due dates").click()
    address = urlsplit(page.locator("code").inner_text()).path
    stranger = new_page()
    assert stranger.request.get(address).text().startswith("BEGIN:VCALENDAR")
    page.reload()
    expect(page.get_by_text("last read")).to_be_visible()
    assert page.locator("code").count() == 0
    page.get_by_role("button", name="Revoke the address for your due dates").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    assert stranger.request.get(address).status == 404
