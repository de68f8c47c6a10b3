"""The runbook editor in a real browser: what is understood follows the typing, and bytes stay what they were."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runbooks import operations
from runbooks.fallback import STARTER
from runbooks.models import Revision
from tests.browser.conftest import NewPage

SignIn = Callable[[Page, User], Page]
STARTER_SOURCE = (STARTER / "incident-response.md").read_bytes()
CRLF = "\ufeff# Windows\r\n\r\n## Triage\r\n- [ ] Look\nand a mixed end\r\n".encode()
DROP = """text => {
  const files = new DataTransfer();
  files.items.add(new File([text], "dropped.md", { type: "text/markdown" }));
  document.getElementById("source").dispatchEvent(
    new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(new_page: NewPage, sign_in: SignIn, grace: User) -> Page:
    return sign_in(new_page(), grace)


def selected_line(page: Page) -> str:
    script = "() => source.value.slice(source.selectionStart, source.selectionEnd)"
    return str(page.evaluate(script))


def test_what_is_understood_follows_the_typing_and_leads_to_its_line(page: Page) -> None:
    page.goto("/runbooks/new/")
    page.get_by_label("Markdown").fill(STARTER_SOURCE.decode())
    understood = page.get_by_role("region", name="Reading result")
    understood.get_by_text("Containment branches").click()
    understood.get_by_role("link", name="If caused by load").click()
    assert selected_line(page) == "### If caused by load"
    page.keyboard.type("### If caused by the moon")
    expect(understood.get_by_role("link", name="If caused by the moon")).to_be_visible()  # and still unfolded


def test_publish_what_was_pasted(page: Page) -> None:
    page.goto("/runbooks/new/")
    page.get_by_label("Markdown").fill(STARTER_SOURCE.decode())
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Incident Response")
    assert bytes(Revision.objects.get().source) == STARTER_SOURCE


@pytest.mark.parametrize("javascript", [True, False])
def test_an_uploaded_file_is_kept_byte_for_byte(
    new_page: NewPage, sign_in: SignIn, grace: User, tmp_path: Path, javascript: bool
) -> None:
    (tmp_path / "windows.md").write_bytes(CRLF)
    page = sign_in(new_page(javascript=javascript), grace)
    page.goto("/runbooks/new/")
    page.get_by_label("or a file").set_input_files(tmp_path / "windows.md")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("Triage: 1 step")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/runbooks/windows/")
    assert bytes(Revision.objects.get().source) == CRLF


def test_an_edit_without_a_change_publishes_nothing(page: Page, ada: User) -> None:
    operations.create_runbook(CRLF, by=ada, filename="windows.md")
    page.goto("/runbooks/windows/edit/")
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_text("Nothing changed: this is revision 1 as it stands.")).to_be_visible()
    assert Revision.objects.count() == 1


def test_a_dropped_file_is_read_at_once(page: Page) -> None:
    page.goto("/runbooks/new/")
    page.evaluate(DROP, "# Dropped\n\n- [ ] do it\n")
    expect(page.get_by_label("Markdown")).to_have_value("# Dropped\n\n- [ ] do it\n")
    expect(page.get_by_text("Dropped: 1 step")).to_be_visible()


def test_without_javascript_a_find_leads_to_its_numbered_line(
    new_page: NewPage, sign_in: SignIn, grace: User
) -> None:
    page = sign_in(new_page(javascript=False), grace)
    page.goto("/runbooks/new/")
    page.get_by_label("Markdown").fill("# A\n\n## Triage\n- [ ] Look\n")
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("link", name="Checklists").click()
    expect(page.locator("li:target")).to_contain_text("Look")


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_runbook_pages_have_no_violation_and_fit(
    new_page: NewPage,
    sign_in: SignIn,
    grace: User,
    ada: User,
    axe: Callable[[Page], None],
    phone: bool,
    dark: bool,
) -> None:
    made = operations.create_runbook(STARTER_SOURCE, by=ada, filename="incident-response.md").runbook
    operations.publish(made, STARTER_SOURCE + b"\nMore.\n", by=grace)
    page = sign_in(new_page(phone=phone, dark=dark), grace)
    for path in (
        "",
        "new/",
        "incident-response/",
        "incident-response/edit/",
        "incident-response/revisions/2/changes/",
    ):
        page.goto(f"/runbooks/{path}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
