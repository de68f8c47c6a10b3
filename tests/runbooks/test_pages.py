"""The pages, as the people see them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Team, User
from runbooks import operations
from runbooks.fallback import STARTER
from runbooks.models import Revision, Runbook
from runbooks.reader import MAX_LINES
from runbooks.source import pack
from tests.runbooks.conftest import SOURCE

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
DOCUMENTS = Path(__file__).parent / "documents"
STARTER_SOURCE = (STARTER / "incident-response.md").read_bytes()
EDIT = "/runbooks/broken-things/edit/"
TEXT = SOURCE.decode().replace("\n", "\r\n")  # as a browser sends it


@pytest.fixture
def author(client_for: ClientFor, grace: User) -> Client:
    return client_for(grace)


def upload(source: bytes, name: str = "broken-things.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, source, content_type="text/markdown")


# Reading


def test_the_list_names_the_runbook_for_incidents(author: Client, revision: Revision) -> None:
    page = author.get("/runbooks/")
    assertContains(page, "Incidents use “Broken Things”")
    assertContains(page, 'href="/runbooks/broken-things/"')


def test_the_page_shows_the_document_with_what_was_understood(author: Client, revision: Revision) -> None:
    page = author.get("/runbooks/broken-things/")
    assertContains(page, "<h1>Broken Things</h1>", html=True)
    assertContains(page, "2 severity levels")
    assertContains(page, "Checklist, 2 steps, channel name")
    assertContains(page, "1 contact, 1 not set")
    assertContains(page, "Checklists</a> <small>Triage: 2 steps</small>")
    assertContains(page, "The starter’s “If caused by a recent deployment”")


def test_what_is_to_be_filled_in_is_marked(author: Client, ada: User) -> None:
    operations.create_runbook(STARTER_SOURCE, by=ada, filename="incident-response.md")
    page = author.get("/runbooks/incident-response/")
    assertContains(page, "[INVESTIGATING] We are looking into a problem with <mark>[feature]</mark>.")
    assertContains(page, '<mark class="warn">[Update]</mark>', count=4)


def test_every_link_to_a_line_leads_somewhere_on_the_page(author: Client, revision: Revision) -> None:
    html = author.get("/runbooks/broken-things/").content.decode()
    targets = set(re.findall(r'href="#(L\d+)"', html))
    assert targets and targets <= set(re.findall(r'id="(L\d+)"', html))


@pytest.mark.parametrize(
    "path", sorted((*DOCUMENTS.rglob("*.md"), *STARTER.glob("*.md"))), ids=lambda path: path.name
)
def test_any_document_is_shown_whole_with_its_links_leading_somewhere(
    author: Client, ada: User, path: Path
) -> None:
    made = operations.create_runbook(path.read_bytes(), by=ada).runbook
    for page in (f"/runbooks/{made.slug}/", f"/runbooks/{made.slug}/edit/"):
        html = author.get(page).content.decode()
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#(L\d+)"', html)) <= set(ids)


def test_ids_are_unique(author: Client, revision: Revision) -> None:
    html = author.get("/runbooks/broken-things/").content.decode()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_related_links_lead_to_the_runbook_they_mean(author: Client, revision: Revision, ada: User) -> None:
    assertContains(author.get("/runbooks/broken-things/"), "1 related runbook not here yet")
    operations.create_runbook(b"# Rolling back\n", by=ada, filename="rollback.md")
    page = author.get("/runbooks/broken-things/")
    assertContains(page, 'href="/runbooks/rollback/"', count=2)
    assertNotContains(page, "not here yet")


def test_a_related_link_is_known_by_its_title_too(author: Client, revision: Revision, ada: User) -> None:
    operations.create_runbook(b"# Rollback\n", by=ada, filename="go-back.md")
    assertContains(author.get("/runbooks/broken-things/"), 'href="/runbooks/go-back/"', count=2)


def test_a_related_link_that_is_no_address_leads_nowhere(author: Client, ada: User) -> None:
    source = b"# Odd\n\n## Related runbooks\n\n- [Rollback](//[x/rollback.md)\n"
    operations.create_runbook(source, by=ada, filename="odd.md")
    assertContains(author.get("/runbooks/odd/"), "1 related runbook not here yet")
    assertContains(author.post("/runbooks/preview/", {"source": source.decode()}), "Rollback")


def test_a_hostile_document_is_shown_harmless(author: Client, ada: User) -> None:
    source = (
        b"# <script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1))\n- [ ] `<b>`\n"
    )
    made = operations.create_runbook(source, by=ada, filename='"><b>.md').runbook
    for path in ("", "revisions/", "revisions/1/", "revisions/1/changes/", "edit/"):
        html = author.get(f"/runbooks/{made.slug}/{path}").content.decode()
        assert "<script>alert" not in html and "<img" not in html and "<b>" not in html


@pytest.mark.parametrize(
    "source", [b"[" * 60_000, b"- [ ] x\n" * 5_000, b"# a\n" * 3_000, b"|a|b|\n|-|-|\n" + b"|1|2|\n" * 4_000]
)
def test_a_flood_is_answered(author: Client, ada: User, source: bytes) -> None:
    made = operations.create_runbook(source, by=ada).runbook
    assert author.get(f"/runbooks/{made.slug}/").status_code == 200


def test_export_is_byte_for_byte_under_a_safe_name(author: Client, ada: User) -> None:
    source = b"\xef\xbb\xbf# Gem\xc3\xbcse\r\nmixed\nends"
    made = operations.create_runbook(source, by=ada, filename='Gemüse"\r\nX: y.md').runbook
    response = author.get(f"/runbooks/{made.slug}/export/")
    assert response.content == source
    assert (
        response["Content-Disposition"].startswith("attachment; filename")
        and "\n" not in response["Content-Disposition"]
    )
    assert response["X-Content-Type-Options"] == "nosniff"


def test_any_revision_can_be_read_compared_and_exported(
    author: Client, ada: User, revision: Revision
) -> None:
    operations.publish(revision.runbook, SOURCE.replace(b"logs", b"graphs"), by=ada, note="Graphs say more")
    old = author.get("/runbooks/broken-things/revisions/1/")
    assertContains(old, "Look at the logs")
    assertContains(old, "is the one in use")
    changes = author.get("/runbooks/broken-things/revisions/2/changes/")
    assertContains(changes, "Removed: </span>- [ ] Look at the logs")
    assertContains(changes, "Added: </span>- [ ] Look at the graphs")
    assertContains(author.get("/runbooks/broken-things/revisions/"), "Graphs say more")
    assert author.get("/runbooks/broken-things/revisions/1/export/").content == SOURCE


@pytest.mark.parametrize(
    "path", ["nothing/", "broken-things/revisions/9/", "broken-things/revisions/99999999999999999999/"]
)
def test_what_does_not_exist_is_not_found(author: Client, revision: Revision, path: str) -> None:
    assert author.get(f"/runbooks/{path}").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 400])
def test_any_page_number_is_answered(author: Client, revision: Revision, page: str) -> None:
    assert author.get("/runbooks/", {"page": page}).status_code == 200
    assert author.get("/runbooks/broken-things/revisions/", {"page": page}).status_code == 200


def test_queries_do_not_grow_with_runbooks_or_revisions(
    author: Client, ada: User, revision: Revision, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(40):
        operations.publish(revision.runbook, SOURCE + b"%d\n" % n, by=ada)
        operations.create_runbook(b"# Book %d\n" % n, by=ada)
    for path, most in (
        ("", 12),
        ("broken-things/", 12),
        ("broken-things/revisions/", 12),
        ("broken-things/edit/", 12),
    ):
        with django_assert_max_num_queries(most):
            author.get(f"/runbooks/{path}")


# Access


def test_a_viewer_reads_and_does_not_write(client_for: ClientFor, eve: User, revision: Revision) -> None:
    client = client_for(eve)
    page = client.get("/runbooks/broken-things/")
    assertNotContains(page, EDIT)
    assertNotContains(page, "Archive")
    for path in ("new/", "broken-things/edit/"):
        assert client.get(f"/runbooks/{path}").status_code == 403
    for path in (
        "new/",
        "preview/",
        "broken-things/edit/",
        *(f"broken-things/{a}/" for a in ("default", "team", "archive", "unarchive")),
    ):
        assert client.post(f"/runbooks/{path}", {"source": TEXT, "action": "publish"}).status_code == 403
    assert Revision.objects.count() == 1


def test_nobody_reads_without_signing_in(client: Client, revision: Revision) -> None:
    for path in ("", "broken-things/", "broken-things/export/", "broken-things/revisions/1/"):
        assert client.get(f"/runbooks/{path}").status_code == 302


def test_reading_pages_take_no_post(author: Client, revision: Revision) -> None:
    assert author.post("/runbooks/broken-things/").status_code == 405
    assert author.get("/runbooks/broken-things/archive/").status_code == 405


# Writing


def test_paste_and_publish(author: Client, grace: User) -> None:
    response = author.post("/runbooks/new/", {"source": TEXT, "action": "publish"})
    assertRedirects(response, "/runbooks/broken-things/")
    made = Revision.objects.get()
    assert bytes(made.source) == SOURCE and made.published_by == grace and made.runbook.is_default


def test_an_upload_is_kept_byte_for_byte(author: Client) -> None:
    source = b"\xef\xbb\xbf# Windows\r\nand\nmore\r\n"
    author.post("/runbooks/new/", {"source": "", "file": upload(source, "win.md"), "action": "publish"})
    assert bytes(Revision.objects.get().source) == source
    assert Revision.objects.get().filename == "win.md"


def test_an_upload_that_was_read_first_is_kept_byte_for_byte(author: Client) -> None:
    source = b"# Windows\r\nand\nmore\r\n"
    page = author.post("/runbooks/new/", {"source": "", "file": upload(source, "win.md"), "action": "read"})
    assertContains(page, "# Windows")
    carried = page.context["form"]
    again = {
        "source": carried.text,
        "exact": carried.began_as,
        "filename": carried.filename_shown,
        "action": "publish",
    }
    author.post("/runbooks/new/", again)
    assert bytes(Revision.objects.get().source) == source and Revision.objects.get().filename == "win.md"


def test_an_upload_that_was_edited_after_loading_counts_as_edited(author: Client) -> None:
    sent = {"source": "# Mine\r\nnow", "file": upload(b"# Mine\r\nthen"), "loaded": "on", "action": "publish"}
    author.post("/runbooks/new/", sent)
    assert bytes(Revision.objects.get().source) == b"# Mine\r\nnow"


def test_a_chosen_file_takes_the_place_of_the_text(author: Client, revision: Revision) -> None:
    sent = {"source": TEXT, "file": upload(b"# From the file\n"), "base": 1, "action": "review"}
    assertContains(author.post(EDIT, sent), "Added: </span># From the file")


def test_a_double_submit_makes_one_runbook(author: Client) -> None:
    for _ in range(2):
        response = author.post("/runbooks/new/", {"source": TEXT, "action": "publish"}, follow=True)
    assertContains(response, "already published")
    assert Runbook.objects.count() == 1


def test_read_it_shows_what_was_understood_with_numbered_lines(author: Client) -> None:
    page = author.post("/runbooks/new/", {"source": TEXT, "action": "read"})
    assertContains(page, "Severity levels")
    assertContains(page, 'href="#S5"')
    assertContains(page, '<li id="S5">')
    assert not Runbook.objects.exists()


def test_preview_is_the_same_partial(author: Client) -> None:
    page = author.post("/runbooks/preview/", {"source": TEXT}, headers={"hx-request": "true"})
    assertContains(page, "What Allclear understood")
    assertContains(page, 'data-line="5"')
    assertNotContains(page, "<html")


def test_the_editor_begins_with_the_current_text_and_what_was_understood(
    author: Client, revision: Revision
) -> None:
    page = author.get(EDIT)
    assertContains(page, "# Broken Things")
    assertContains(page, '<input type="hidden" name="base" value="1">', html=True)
    assertContains(page, "Worth fixing")


def test_review_shows_the_changes_and_publishes_nothing(author: Client, revision: Revision) -> None:
    page = author.post(EDIT, {"source": TEXT + "More.", "base": 1, "action": "review"})
    assertContains(page, "Publish revision 2?")
    assertContains(page, "Added: </span>More.")
    assert Revision.objects.count() == 1


def test_review_then_publish(author: Client, revision: Revision) -> None:
    page = author.post(EDIT, {"source": TEXT + "More.\r\n", "base": 1, "action": "review"})
    sent = {"exact": page.context["packed"], "base": 1, "note": "More", "action": "publish"}
    assertRedirects(author.post(EDIT, sent), "/runbooks/broken-things/")
    made = Revision.objects.get(number=2)
    assert bytes(made.source) == SOURCE + b"More.\n" and made.note == "More"


def test_from_review_back_to_editing_with_the_text(author: Client, revision: Revision) -> None:
    sent = {"exact": pack(SOURCE + b"Mine.\n"), "base": 1, "note": "x", "action": "edit"}
    assertContains(author.post(EDIT, sent), "Mine.")


def test_saving_without_a_change_changes_nothing(author: Client, ada: User) -> None:
    source = b"\xef\xbb\xbf# A\r\nmixed\nends\n\n"
    operations.create_runbook(source, by=ada, filename="broken-things.md")
    shown = author.get(EDIT).context["text"]
    sent = {"source": shown.replace("\r\n", "\n").replace("\n", "\r\n"), "base": 1}
    for action in ("review", "publish"):
        assertContains(author.post(EDIT, {**sent, "action": action}, follow=True), "Nothing changed")
    assert Revision.objects.count() == 1


def test_who_was_slower_sees_both_texts_and_loses_nothing(
    author: Client, ada: User, revision: Revision
) -> None:
    operations.publish(revision.runbook, SOURCE + b"Theirs.\n", by=ada, base=1)
    for action in ("review", "publish"):
        page = author.post(EDIT, {"source": TEXT + "Mine.", "base": 1, "action": action})
        assertContains(page, "Ada Lovelace published revision 2 while you were editing", status_code=409)
        assertContains(page, "Added: </span>Theirs.", status_code=409)
        assertContains(page, "Removed: </span>Theirs.", status_code=409)
        assert page.context["text"].endswith("Mine.") and page.context["base"] == 2
    sent = {"source": page.context["text"] + "\r\nTheirs.", "base": 2, "action": "publish"}
    assert author.post(EDIT, sent).status_code == 302
    assert Revision.objects.count() == 3


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"source": ""}, "nothing in it yet"),
        ({"source": "# a\r\nb\x00c"}, "NUL byte at offset 5, line 2"),
        ({"source": "# a" + "x" * 1_000_001}, "1 MB at most"),
        ({"source": "x\n" * (MAX_LINES + 1)}, f"up to {MAX_LINES:,}"),
        ({"source": TEXT, "filename": "x" * 5_000, "note": "n" * 201}, "at most 200 characters"),
        ({"source": "typed", "base": "9" * 30}, "less than or equal"),
        ({"source": "typed", "base": "abc"}, "whole number"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    author: Client, revision: Revision, sent: dict[str, str], words: str
) -> None:
    page = author.post(EDIT, {"action": "publish", "base": 1, **sent})
    assertContains(page, words, status_code=422)
    assert page.context["text"] == sent["source"].replace("\x00", "\ufffd")
    assert Revision.objects.count() == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"# a\n\xff\n", "byte 0xff at offset 4, line 2"),
        ("# a".encode("utf-16"), "UTF-16"),
        (b"", "nothing in it yet"),
        (b"x" * 5_000_000, "1 MB at most"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(author: Client, source: bytes, words: str) -> None:
    page = author.post("/runbooks/new/", {"source": "", "file": upload(source), "action": "publish"})
    assertContains(page, words, status_code=422)
    assert not Runbook.objects.exists()


@pytest.mark.parametrize("exact", ["!", "A" * 10_000, pack(b"x" * 9_000_000)])
def test_a_forged_package_is_nothing_to_publish(author: Client, revision: Revision, exact: str) -> None:
    assert author.post(EDIT, {"exact": exact, "base": 1, "action": "publish"}).status_code == 422


@pytest.mark.parametrize("source", ["\x00", "", "[" * 50_000, "\U0001f525" * 1000, "- [ ] x\n" * 5000])
def test_preview_answers_whatever_is_typed(author: Client, source: str) -> None:
    assert author.post("/runbooks/preview/", {"source": source}).status_code == 200


def test_a_form_beyond_all_limits_is_refused_without_a_fault(author: Client) -> None:
    sent = {"source": "x" * 5_000_000, "action": "publish"}
    assert author.post("/runbooks/new/", sent).status_code in (400, 413)
    assert author.post("/runbooks/preview/", sent).status_code in (400, 413)


# Managing


def test_choose_the_runbook_for_incidents(author: Client, ada: User, revision: Revision) -> None:
    other = operations.create_runbook(b"# Other\n", by=ada).runbook
    page = author.post(f"/runbooks/{other.slug}/default/", follow=True)
    assertContains(page, "Incidents are declared with “Other” from now on.")
    assert Runbook.objects.default() == other


def test_assign_a_team(author: Client, revision: Revision) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    author.post("/runbooks/broken-things/team/", {"team": team.pk})
    assertContains(author.get("/runbooks/"), "Platform")
    page = author.post("/runbooks/broken-things/team/", {"team": "9999"}, follow=True)
    assertContains(page, "does not exist any more")


def test_archive_and_bring_back(author: Client, ada: User, revision: Revision) -> None:
    refused = author.post("/runbooks/broken-things/archive/", follow=True)
    assertContains(refused, "Choose another one for them first.")
    other = operations.create_runbook(b"# Other\n", by=ada).runbook
    author.post(f"/runbooks/{other.slug}/archive/")
    assertNotContains(author.get("/runbooks/"), "Other")
    assertContains(author.get("/runbooks/?archived=1"), "Other")
    assert author.get(f"/runbooks/{other.slug}/edit/").status_code == 403
    assertContains(author.get(f"/runbooks/{other.slug}/"), "This runbook is archived")
    author.post(f"/runbooks/{other.slug}/unarchive/")
    assertContains(author.get("/runbooks/"), "Other")
