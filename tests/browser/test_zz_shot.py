import pytest
from playwright.sync_api import expect
from tests.postmortems.conftest import *
from tests.browser.conftest import *
from postmortems.operations.writing import save
from incidents import operations

@pytest.mark.parametrize("phone,dark,js", [(False,False,True),(True,True,True),(False,False,False)])
def test_shot(new_page, sign_in, postmortem, ada, grace, axe, phone, dark, js):
    for n in range(5):
        operations.add_note(postmortem.incident_id, f"Note number {n}: the cookie is wrong\nsecond line", by=grace)
    big = TEXT + "\n## Impact\n\n- Users affected: 2,140\n- Features impacted: sign-in\n\n| Action | Owner |\n|---|---|\n| Do it | @ada |\n\n## Lessons Learned\n\n- What went well: [list]\n"
    save(postmortem.pk, big, base=1, by=grace)
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "Other."), base=1, by=ada)
    save(postmortem.pk, big.replace("Sign-in looped.", "Third."), base=2, by=ada)
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "Fourth."), base=1, by=grace)
    page = sign_in(new_page(phone=phone, dark=dark, javascript=js), ada)
    where = f"/incidents/{postmortem.incident_id}/postmortem/"
    name = f"/tmp/ed-{'phone' if phone else 'desk'}-{'js' if js else 'nojs'}"
    page.goto(where)
    page.screenshot(path=f"{name}-1.png", full_page=True)
    if js:
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_label("Markdown").click()
        page.keyboard.press("Control+End")
        page.keyboard.type("\nMore words")
        page.get_by_text("Insert from timeline").click()
        page.wait_for_timeout(600)
        page.screenshot(path=f"{name}-2.png", full_page=True)
        page.get_by_text("Insert a field").click()
        page.wait_for_timeout(2500)
        page.screenshot(path=f"{name}-3.png", full_page=False)
    for n, path in enumerate(["versions/", "versions/2/", "changes/", "conflicts/5/", "insert/"]):
        page.goto(where+path)
        page.screenshot(path=f"{name}-p{n}.png", full_page=True)
        if js:
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
