"""Words of documents, timelines and titles stay words: on the page, and in everything that is exported."""

import io
import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from incidents.models import Checklist, Service, TimelineEvent
from incidents.states import Kind
from postmortems.exporting.html import page_of
from postmortems.exporting.markdown import markdown_of
from postmortems.exporting.paper import pdf_of
from postmortems.exporting.record import archive_of
from postmortems.models import ActionItem, Picture, Postmortem
from postmortems.rendering import html_of
from tests.postmortems.conftest import incident, postmortem, revision
from tests.security.inventory import inventory
from tests.security.vectors import ALL, HARMLESS

__all__ = ["incident", "postmortem", "revision"]
LIVE = "{{ timeline }}\n\n{{ action items }}\n\n"
SAID = (
    Kind.NOTE_ADDED,
    Kind.STATUS_UPDATE_POSTED,
    Kind.LINK_ADDED,
    Kind.COMMAND_RUN,
    Kind.DETAILS_CHANGED,
    Kind.STEP_DONE,
)


def _data(kind: str, text: str) -> dict[str, object]:
    if kind == Kind.DETAILS_CHANGED:
        return {"title": [text, text], "services": [[text], [text]]}
    return {"url": text, "command": text, "step_text": text}


def furnish(postmortem: Postmortem, words: list[str], by: User) -> Postmortem:
    """A record in which ``words`` stand wherever people's words may stand, and a document of them all."""
    incident, now = postmortem.incident, timezone.now()
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident, seq=1000 + len(SAID) * n + m, kind=kind, occurred_at=now, recorded_at=now, recorded_by=by, text=text,
            data=_data(kind, text), salt="", commitment="", hash="",
        )
        for n, text in enumerate(words) for m, kind in enumerate(SAID)
    )  # fmt: skip
    ActionItem.objects.bulk_create(
        ActionItem(title=text[:300], incident=incident, owner=by, added_by=by) for text in words
    )
    Checklist.objects.bulk_create(
        Checklist(incident=incident, title=text[:300], position=900 + n, is_branch=True, chosen_at=now, abandoned_at=now, abandon_reason=text[:500])
        for n, text in enumerate(words)
    )  # fmt: skip
    incident.services.add(
        *Service.objects.bulk_create(
            Service(name=f"{n} {text}"[:60], slug=f"s{n}") for n, text in enumerate(words)
        )
    )
    picture = Picture.objects.create(
        postmortem=postmortem,
        content=b"x",
        media_type="image/png",
        width=1,
        height=1,
        sha256="1",
        added_by=by,
    )
    shown = f"![x](/incidents/{incident.pk}/postmortem/pictures/{picture.pk})\n\n"
    postmortem.text = LIVE + shown + "\n\n".join(words)
    postmortem.save()
    return postmortem


def dressed(postmortem: Postmortem, words: str, by: User) -> Postmortem:
    """``words`` as the name of everything."""
    flat = " ".join(words.split())
    postmortem.title = postmortem.incident.title = flat[:200]
    postmortem.incident.severity_name = by.name = flat[:80]
    postmortem.incident.impact = words
    by.save()
    postmortem.incident.save()
    postmortem.save()
    return postmortem


@pytest.fixture
def usual(postmortem: Postmortem, ada: User) -> set[tuple[str, ...]]:
    """What a document is made of at most: everything harmless at once, alone and in company."""
    furnish(
        postmortem,
        [*HARMLESS, "> [!NOTE]\n> x", "###### f\n\n##### e\n\n#### d\n\n### c\n\n## b\n\n# a"],
        ada,
    )
    return inventory(html_of(postmortem, postmortem.text))


def test_there_are_200_vectors() -> None:
    assert len(set(ALL)) >= 200


def test_no_document_is_made_of_more_than_a_harmless_one(
    postmortem: Postmortem, usual: set[tuple[str, ...]]
) -> None:
    for vector in ALL:
        for text in (
            vector,
            f"x {vector}",
            f"- {vector}",
            f"| {vector} | x |\n|---|---|\n| {vector} | y |",
            f"## {vector}",
            f"> {vector}",
        ):
            more = inventory(html_of(postmortem, text)) - usual
            assert not more, (text, more)


def test_no_record_makes_more_of_a_document(
    postmortem: Postmortem, usual: set[tuple[str, ...]], ada: User
) -> None:
    ActionItem.objects.bulk_create(
        ActionItem(title=v.replace("\x00", "")[:300], incident=postmortem.incident, owner=ada) for v in ALL
    )
    now = timezone.now()
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=postmortem.incident, seq=9000 + len(SAID) * n + m, kind=kind, occurred_at=now, recorded_at=now, recorded_by=ada, text=text,
            data=_data(kind, text), salt="", commitment="", hash="",
        )
        for n, text in enumerate(ALL) for m, kind in enumerate(SAID)
    )  # fmt: skip
    html = html_of(
        postmortem, LIVE + "See {{ timeline }} and {{ action items }}\n\n| {{ timeline }} | a |\n|---|---|\n"
    )
    assert not (more := inventory(html) - usual), more
    seen = " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())
    assert all(" ".join(v.split())[:12] in seen for v in ALL if v.startswith("<")), "the words are there"


def test_no_export_is_made_of_more(postmortem: Postmortem, ada: User) -> None:
    furnish(postmortem, list(HARMLESS), ada)
    usual = inventory(page_of(dressed(postmortem, "Words", ada)))
    postmortem.text = LIVE + "\n\n".join(ALL)
    for vector in ALL[::3]:
        page = page_of(dressed(postmortem, vector, ada))
        assert not (more := inventory(page) - usual), (vector, more)
    assert json.loads(json.dumps({"text": markdown_of(postmortem)}))["text"]


def test_pdf_of_hostile_words_does_nothing(postmortem: Postmortem, ada: User) -> None:
    postmortem.text = LIVE + "\n\n".join(ALL)
    content = pdf_of(dressed(postmortem, ALL[0], ada))
    pdf = PdfReader(io.BytesIO(content))
    notes: list[Any] = [note for page in pdf.pages for note in page.get("/Annots", [])]
    actions = [note["/A"] for note in notes if "/A" in note]
    assert {action["/S"] for action in actions} == {"/URI"}
    assert {action["/URI"].split(":")[0] for action in actions} <= {"http", "https", "mailto"}
    root: Any = pdf.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root) and not pdf.attachments
    assert not [image for page in pdf.pages for image in page.images]


def test_record_of_hostile_words_is_whole(postmortem: Postmortem, ada: User) -> None:
    furnish(postmortem, [vector.replace("\x00", "") for vector in ALL], ada)
    assert archive_of(postmortem.incident_id)[:2] == b"PK"


@pytest.mark.parametrize("vector", ALL[::8])
def test_library_row_of_hostile_words_is_a_row(postmortem: Postmortem, ada: User, vector: str) -> None:
    client = Client()
    client.force_login(ada, "accounts.known.Backend")
    pages = [_rows(client, dressed(postmortem, words, ada), words) for words in ("Words <mark>", vector)]
    assert not inventory(pages[1]) - inventory(pages[0])


def _rows(client: Client, postmortem: Postmortem, words: str) -> str:
    postmortem.text = f"needle {words} needle"
    postmortem.save()
    return client.get("/postmortems/?q=needle").content.decode()


def test_name_of_a_file_is_letters_and_digits(postmortem: Postmortem, ada: User) -> None:
    client = Client()
    client.force_login(ada, "accounts.known.Backend")
    for vector in ALL[::5]:
        dressed(postmortem, vector, ada)
        answer = client.get(f"/incidents/{postmortem.incident_id}/postmortem/export.md")
        assert re.fullmatch(
            r'attachment; filename="INC-\d+[a-z0-9-]{0,61}\.md"', answer.headers["Content-Disposition"]
        )
