"""The page of a post-mortem and its addresses: what each person gets, in a browser without a script and by the editor."""

import html
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from incidents import operations as incidents
from postmortems.models import Picture, Postmortem, PostmortemRevision
from postmortems.operations.writing import MOST_BYTES, save
from postmortems.outline import heading_above, sections, written
from postmortems.states import RevisionKind
from tests.postmortems.conftest import TEXT, a_picture

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
JSON = {"Accept": "application/json", "HX-Request": "true"}


@pytest.fixture
def where(postmortem: Postmortem) -> str:
    return f"/incidents/{postmortem.incident_id}/postmortem/"


@pytest.fixture
def writer(grace: User, client_for: ClientFor) -> Client:
    return client_for(grace)


def shown(body: bytes) -> str:
    return html.unescape(body.decode())


def test_page_says_what_and_when_and_how_far(postmortem: Postmortem, where: str, writer: Client) -> None:
    Postmortem.objects.update(due_at="2026-11-11T14:16Z")
    page = shown(writer.get(where).content)
    assert "Sign-in loops" in page
    assert "Draft" in page
    assert "2 of 2</span> sections written" in page
    assert "due" in page and "Wed 11 Nov, 14:16 UTC" in page
    assert TEXT in page


def test_page_of_a_reader_has_the_document_and_no_editor(
    postmortem: Postmortem, where: str, eve: User, client_for: ClientFor
) -> None:
    page = client_for(eve).get(where).content.decode()
    assert "A cookie on the wrong domain." in page
    assert "<textarea" not in page and "postmortem-editor.js" not in page and "Restore" not in page


def test_page_of_a_discarded_document_is_for_reading(
    postmortem: Postmortem, where: str, writer: Client
) -> None:
    Postmortem.objects.update(discarded_at=postmortem.created_at, discard_reason="Written elsewhere.")
    page = writer.get(where).content.decode()
    assert "Written elsewhere." in page
    assert "<textarea" not in page
    answer = writer.post(f"{where}save/", {"text": "mine", "base": "1"}, headers=JSON)
    assert (answer.status_code, "discarded" in answer.json()["error"]) == (409, True)


def test_page_says_that_it_was_edited_since_it_was_published(
    postmortem: Postmortem, where: str, writer: Client, grace: User
) -> None:
    tag = 'id="edited-since" hidden'
    Postmortem.objects.update(status="published", published_at=postmortem.created_at, published_number=1)
    assert tag in writer.get(where).content.decode()
    answer = writer.post(f"{where}save/", {"text": "more", "base": "1"}, headers=JSON)
    assert answer.json()["edited_since"] is True
    assert tag not in writer.get(where).content.decode()


def test_save_by_a_plain_form_leads_back_to_the_page(
    postmortem: Postmortem, where: str, writer: Client
) -> None:
    sent = {"text": TEXT.replace("\n", "\r\n") + "more", "base": "1", "key": str(uuid4())}
    page = writer.post(f"{where}save/", sent, follow=True)
    assert page.redirect_chain == [(where, 302)]
    assert "Saved: version 2." in page.content.decode()
    postmortem.refresh_from_db()
    assert postmortem.text == f"{TEXT}more"
    writer.post(f"{where}save/", sent)
    assert PostmortemRevision.objects.count() == 2


def test_save_of_what_was_not_touched_is_no_version(
    postmortem: Postmortem, where: str, writer: Client
) -> None:
    page = writer.get(where).content.decode()
    typed = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert typed
    sent = {"text": html.unescape(typed[1]).replace("\n", "\r\n"), "base": "1"}
    assert "Nothing changed." in writer.post(f"{where}save/", sent, follow=True).content.decode()
    assert PostmortemRevision.objects.count() == 1


def test_save_by_the_editor_answers_with_what_others_wrote(
    postmortem: Postmortem, where: str, writer: Client, ada: User
) -> None:
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "It looped."), base=1, by=ada)
    answer = writer.post(f"{where}save/", {"text": TEXT + "more\n", "base": "1"}, headers=JSON).json()
    assert (answer["outcome"], answer["number"], answer["held"]) == ("merged", 4, 3)
    assert "It looped." in answer["text"] and "more" in answer["text"]


def test_save_in_conflict_shows_both_texts_side_by_side(
    postmortem: Postmortem, where: str, writer: Client, ada: User
) -> None:
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "Ada's words."), base=1, by=ada)
    sent = {"text": TEXT.replace("Sign-in looped.", "Grace's words."), "base": "1"}
    answer = writer.post(f"{where}save/", sent, headers=JSON)
    assert answer.status_code == 409
    assert all(
        words in shown(answer.json()["conflict"].encode())
        for words in ("Ada's words.", "Grace's words.", "Sign-in looped.")
    )
    page = shown(writer.get(where).content)
    assert "1 text waits beside the document." in page
    settle = f"{where}conflicts/{answer.json()['held']}/"
    assert settle in page
    both = shown(writer.get(settle).content)
    assert "Ada's words.\nGrace's words." in both
    assert writer.post(settle, {"keep": "mine", "base": "2"}).status_code == 302
    postmortem.refresh_from_db()
    assert postmortem.text == sent["text"]
    assert "waits beside" not in writer.get(where).content.decode()
    assert "was settled" in writer.get(settle).content.decode()


def test_settle_conflict_once_more_where_somebody_saved_meanwhile(
    postmortem: Postmortem, where: str, writer: Client, ada: User
) -> None:
    for words in ("Ada's", "Grace's"):
        save(postmortem.pk, TEXT.replace("Sign-in looped.", words), base=1, by=ada)
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "Later."), base=2, by=ada)
    answer = writer.post(
        f"{where}conflicts/3/", {"text": TEXT.replace("Sign-in looped.", "Both."), "base": "2"}
    )
    assert answer["Location"] == f"{where}conflicts/5/"
    assert PostmortemRevision.objects.get(number=3).settled_number == 5


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        ("kept words\x00", 422, "Line 1 holds a character that cannot be stored"),
        ("kept words" + "é" * (MOST_BYTES // 2), 422, "2.50 MB; a document may have 2.5 MB at most"),
    ],
)
def test_save_of_what_cannot_be_kept_shows_it_again(
    postmortem: Postmortem, where: str, writer: Client, text: str, status: int, why: str
) -> None:
    for headers in ({}, JSON):
        answer = writer.post(f"{where}save/", {"text": text, "base": "1"}, headers=headers)
        assert answer.status_code == status
        assert why in shown(answer.content)
    page = writer.post(f"{where}save/", {"text": text, "base": "1"}).content.decode()
    assert "kept words" in page and 'name="base" value="1"' in page
    assert PostmortemRevision.objects.count() == 1


@pytest.mark.parametrize("base", ["", "-1", "9e99", "x", "99", str(2**70), "１"])
def test_save_with_a_base_that_makes_no_sense_is_kept_beside(
    postmortem: Postmortem, where: str, writer: Client, base: str
) -> None:
    sent = {"text": "Words from nowhere.", "base": base, "key": "not a key"}
    assert writer.post(f"{where}save/", sent, headers=JSON).status_code == 409
    assert PostmortemRevision.objects.get(kind=RevisionKind.CONFLICT).text == "Words from nowhere."


def test_save_with_a_picture_puts_it_at_the_end(postmortem: Postmortem, where: str, writer: Client) -> None:
    sent = {"text": TEXT, "base": "1", "picture": SimpleUploadedFile("error rate.png", a_picture())}
    assert writer.post(f"{where}save/", sent).status_code == 302
    postmortem.refresh_from_db()
    assert (
        postmortem.text == f"{TEXT.rstrip()}\n\n![error rate]({where}pictures/{Picture.objects.get().pk})\n"
    )
    sent |= {"text": "kept words", "picture": SimpleUploadedFile("x.png", b"<svg>")}
    answer = writer.post(f"{where}save/", sent)
    assert answer.status_code == 422
    assert "no PNG, JPEG or WebP" in answer.content.decode() and "kept words" in answer.content.decode()


def test_preview_is_of_what_was_sent(postmortem: Postmortem, where: str, writer: Client) -> None:
    answer = writer.post(f"{where}preview/", {"text": "**Bold** <script>alert(1)</script>"})
    assert "<strong>Bold</strong>" in answer.content.decode()
    assert "<script" not in answer.content.decode()
    plain = writer.post(
        f"{where}save/", {"text": "**Not saved**", "base": "1", "action": "preview"}
    ).content.decode()
    assert "<strong>Not saved</strong>" in plain
    assert PostmortemRevision.objects.count() == 1


def test_latest_tells_what_the_page_has_not_got(
    postmortem: Postmortem, where: str, writer: Client, grace: User
) -> None:
    key = uuid4()
    save(postmortem.pk, "other", base=1, by=grace, key=key)
    told = writer.get(f"{where}latest/?held=1&key={key}").json()
    assert (told["number"], told["text"], told["arrived"], told["user"]) == (2, "other", 2, grace.pk)
    told = writer.get(f"{where}latest/?held=2").json()
    assert "text" not in told and told["arrived"] is None


def test_session_that_ended_answers_401_to_the_editor(
    postmortem: Postmortem, where: str, writer: Client
) -> None:
    writer.logout()
    assert writer.post(f"{where}save/", {"text": "mine"}, headers=JSON).status_code == 401
    assert writer.get(f"{where}latest/", headers=JSON).status_code == 401


def test_insert_puts_events_and_fields_into_a_section(
    postmortem: Postmortem, where: str, writer: Client, grace: User
) -> None:
    Postmortem.objects.update(text="## Timeline\n\n- 13:00 - before\n\n## Impact\n")
    PostmortemRevision.objects.update(text="## Timeline\n\n- 13:00 - before\n\n## Impact\n")
    note = incidents.add_note(postmortem.incident_id, "It is the\ncookie", by=grace)
    page = shown(writer.get(f"{where}insert/").content)
    assert "Grace Hopper: It is the cookie" in page
    sent = {"events": [str(note.seq)], "linked": "on", "fields_": ["severity"], "where": "1", "base": "1"}
    assert writer.post(f"{where}insert/", sent).status_code == 302
    postmortem.refresh_from_db()
    at = f"{note.occurred_at:%H:%M} UTC"
    link = (
        f"- [{at}](/incidents/{postmortem.incident_id}/events/{note.seq}/) - Grace Hopper: It is the cookie"
    )
    assert link in postmortem.text.split("## Impact")[0]
    sent |= {"where": "0", "base": "2", "linked": "", "fields_": []}
    writer.post(f"{where}insert/", sent)
    postmortem.refresh_from_db()
    assert postmortem.text.endswith(f"- {at} - Grace Hopper: It is the cookie\n")


def test_insert_where_somebody_wrote_meanwhile_leads_to_both_texts(
    postmortem: Postmortem, where: str, writer: Client, ada: User
) -> None:
    save(postmortem.pk, "## Summary\n\nAll of it anew.\n", base=1, by=ada)
    answer = writer.post(f"{where}insert/", {"fields_": "severity", "where": "1", "base": "1"}, follow=True)
    page = shown(answer.content)
    assert answer.redirect_chain[-1][0].startswith(f"{where}conflicts/")
    assert "What you chose is kept." in page and "Inserted" not in page
    assert "SEV2" in page and "All of it anew." in page


@pytest.mark.parametrize("sent", [{}, {"events": "99"}, {"events": "x"}, {"fields_": "nonsense"}])
def test_insert_of_nothing_or_of_what_is_not_there_says_so(
    postmortem: Postmortem, where: str, writer: Client, sent: dict[str, str]
) -> None:
    answer = writer.post(f"{where}insert/", sent)
    assert answer.status_code == 422
    assert "Nothing was inserted." in answer.content.decode()


def test_versions_can_be_listed_read_compared_and_restored(
    postmortem: Postmortem, where: str, writer: Client, grace: User, ada: User
) -> None:
    for number in range(1, 4):
        save(postmortem.pk, f"{TEXT}line {number}\n", base=number, by=grace)
    save(postmortem.pk, "ada's\n", base=4, by=ada)
    page = shown(writer.get(where).content)
    assert re.search(r"Versions </span>2–4</strong></a> Grace Hopper", page)
    assert "5 versions" in writer.get(f"{where}versions/").content.decode()
    assert "line 3" in writer.get(f"{where}versions/4/").content.decode()
    changed = writer.get(f"{where}changes/?from=2&to=4").content.decode()
    assert "line 1" in changed and "line 3" in changed
    assert "ada" in writer.get(f"{where}changes/").content.decode()
    assert writer.get(f"{where}changes/?from=77&to=4").status_code == 404
    assert writer.post(f"{where}versions/4/restore/", follow=True).status_code == 200
    postmortem.refresh_from_db()
    assert (postmortem.text, postmortem.number) == (f"{TEXT}line 3\n", 6)


def test_page_and_versions_cost_the_same_with_many_versions(
    postmortem: Postmortem, where: str, writer: Client, ada: User
) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert writer.get(address).status_code == 200
        return len(captured)

    pages = (where, f"{where}versions/", f"{where}insert/")
    for address in pages:
        writer.get(address)
    before = [queries(address) for address in pages]
    kinds = [RevisionKind.SAVED, RevisionKind.CONFLICT, RevisionKind.BESIDE]
    PostmortemRevision.objects.bulk_create(
        PostmortemRevision(postmortem=postmortem, number=n, kind=kinds[n % 3], text="x", saved_by=ada)
        for n in range(2, 200)
    )
    for n in range(20):
        incidents.add_note(postmortem.incident_id, f"Note {n}", by=ada)
    assert [queries(address) for address in pages] == before
    assert max(before) <= 18


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("", (0, 0)),
        ("words without a heading", (0, 0)),
        ("## Incident: X\n**Date:** 2026\n### Summary\nIt broke.\n### Impact\n", (1, 2)),
        (
            "### A\n[1-2 sentence summary]\n### B\n- Users affected: [number]\n- HH: \n### C\n- Users affected: 9\n",
            (1, 3),
        ),
        ("### A\n{{ timeline }}\n### B\n```\n### C\nx\n```\n", (2, 2)),
        ("### A\n| Action | Owner |\n|---|---|\n### B\n- [ ] \n", (1, 2)),
    ],
)
def test_sections_that_are_written_are_counted(text: str, done: tuple[int, int]) -> None:
    assert written(text) == done


def test_headings_inside_code_are_none() -> None:
    text = "# A\n~~~sh\n# not\n~~~\n## B ##\n#not\n"
    assert [section.title for section in sections(text)] == ["A", "B"]
    assert heading_above(text.split("\n")[:3]) == "A"
