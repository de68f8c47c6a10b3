"""The figures in a browser: read, narrowed, followed to what is behind them, printed; on a desk and in a hand."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from runbooks.operations import create_runbook
from tests.browser.conftest import NewPage
from tests.incidents.conftest import DOCUMENTS
from tests.postmortems.test_insights_figures import an_incident
from tests.postmortems.test_insights_page import everything


def test_figures_are_read_narrowed_followed_and_printed(
    new_page: NewPage, sign_in, axe, ada: User, grace: User
):
    _a_past(ada, grace)
    page = sign_in(new_page(), ada)
    page.goto("/insights/")
    axe(page)
    page.evaluate("for (const data of document.querySelectorAll('main details')) data.open = true")
    axe(page)

    page.get_by_label("Period").select_option("Between two days")
    day = timezone.localdate() - timedelta(days=10)
    page.get_by_label("From", exact=True).fill(day.isoformat())
    page.get_by_label("To", exact=True).fill(day.isoformat())
    page.get_by_label("Team").select_option("Web")
    page.get_by_role("button", name="Show").click()
    resolve = page.get_by_role("region", name="Time to resolve")
    expect(resolve.locator(".reading")).to_contain_text("1 h in the median of 1 incident;")

    resolve.get_by_role("link", name="1 h").first.click()
    expect(page.get_by_role("heading", level=2)).to_have_text("1 incident")
    axe(page)
    page.get_by_role("link", name="Chat not working").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chat not working")

    phone = sign_in(new_page(phone=True, javascript=False, dark=True), ada)
    for address in (
        "/insights/?period=365d",
        "/insights/behind/?figure=updates",
        "/insights/behind/?figure=overdue",
    ):
        phone.goto(address)
        assert _width(phone) <= 390, address
    sheet = sign_in(new_page(), grace)
    sheet.goto("/insights/")
    axe(sheet)
    sheet.emulate_media(media="print")
    expect(sheet.get_by_role("button", name="Show")).to_be_hidden()
    expect(sheet.get_by_text("What is counted")).to_be_visible()
    # Browsers leave backgrounds out of print, and a severity's shape is one.
    sign = "getComputedStyle(document.querySelector('.insights .sev'), '::before').printColorAdjust"
    assert sheet.evaluate(sign) == "exact"


def _a_past(ada: User, grace: User) -> None:
    """A whole incident, and more than have a sign each in the week before."""
    revision = create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)
    everything(revision, ada, grace)
    for number in range(12):
        level = 1 + number % 5
        at = timezone.now() - timedelta(days=17, minutes=number)
        an_incident(revision, ada, at, severity=level, severity_name=f"SEV{level}", resolved=30 * level)


def _width(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))
