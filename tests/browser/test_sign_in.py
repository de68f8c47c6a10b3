"""Coming in, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import PASSWORD


def test_ada_signs_in_with_her_password(desktop, ada, axe):
    desktop.goto("/")
    expect(desktop).to_have_url(re.compile(r"/accounts/login/\?next=/"))
    axe(desktop)
    desktop.get_by_label("Email").fill(ada.email)
    desktop.get_by_label("Password", exact=True).fill(PASSWORD)
    desktop.get_by_role("button", name="Sign in").click()
    expect(desktop).to_have_url(re.compile(r":\d+/$"))
    axe(desktop)


def test_signing_in_works_on_a_phone_without_javascript(new_page, ada):
    page = new_page(phone=True, javascript=False)
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r":\d+/$"))


@pytest.mark.parametrize(
    "address", ["/", "/runbooks/", "/incidents/", "/declare/", "/settings/", "/settings/members/"]
)
@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
def test_an_empty_portal_has_no_barrier_and_no_sideways_scroll(new_page, sign_in, ada, axe, address, phone):
    page = sign_in(new_page(phone=phone, dark=phone), ada)
    page.goto(address)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
