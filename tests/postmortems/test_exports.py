"""What leaves the portal: whole, safe to open, and the same each time."""

import io
import json
import re
import socket
import subprocess
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from postmortems.exporting import paper
from postmortems.exporting.html import page_of
from postmortems.exporting.markdown import markdown_of
from postmortems.exporting.record import archive_of
from postmortems.models import Picture, Postmortem
from postmortems.rendering import html_of
from tests.postmortems.conftest import an_item

SignIn = Callable[[User], Client]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f0001040100"
    "5fe5c34b0000000049454e44ae426082"
)


@pytest.fixture
def written(postmortem: Postmortem, ada: User) -> Postmortem:
    """A document with all that one can hold."""
    operations.add_note(
        postmortem.incident_id, "Rolled back with `vercel rollback` | see {{ timeline }}", by=ada
    )
    an_item(ada, title="Probe | sign-in *everywhere*", incident=postmortem.incident)
    picture = a_picture(postmortem, ada)
    postmortem.text = (
        "# Sign-in\n\n## Timeline\n\n{{ timeline }}\n\n## Action items\n{{ action_items }}\n\n"
        f"![The graph](/incidents/{postmortem.incident_id}/postmortem/pictures/{picture.pk})\n\n"
        "![Elsewhere](https://evil.example/x.png) [room](/incidents/1/) [web](https://example.com/)\n\n"
        "```\n{{ timeline }}\n```\n"
    )
    postmortem.save()
    return postmortem


def a_picture(postmortem: Postmortem, by: User) -> Picture:
    return Picture.objects.create(
        postmortem=postmortem,
        name="graph",
        content=PNG,
        media_type="image/png",
        width=1,
        height=1,
        sha256="0",
        added_by=by,
    )


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert files.testzip() is None
        return {name: files.read(name) for name in files.namelist()}


@pytest.mark.parametrize("form", ["export.md", "export.html", "export.pdf", "export.json"])
def test_export_is_a_file_to_be_saved(written: Postmortem, eve: User, client_for: SignIn, form: str) -> None:
    Incident.objects.filter(pk=written.incident_id).update(title='../../x"\r\nSet-Cookie: <b>é.md')
    answer = client_for(eve).get(f"/incidents/{written.incident_id}/postmortem/{form}")
    assert answer.status_code == 200
    name = f"INC-{written.incident_id}-x-set-cookie-b-e-md.{form.removeprefix('export.')}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "form",
    [
        "postmortem/export.md",
        "postmortem/export.html",
        "postmortem/export.pdf",
        "postmortem/export.json",
        "record.zip",
    ],
)
def test_export_of_a_private_incident_is_for_those_added_alone(
    written: Postmortem, ada: User, eve: User, grace: User, client_for: SignIn, form: str
) -> None:
    operations.change_privacy(written.incident_id, True, by=ada)
    operations.grant_access(written.incident_id, eve, by=ada)
    address = f"/incidents/{written.incident_id}/{form}"
    assert client_for(eve).get(address).status_code == 200
    assert client_for(grace).get(address).status_code == 404


def test_markdown_has_the_live_parts_in_words(written: Postmortem) -> None:
    text = markdown_of(written)
    assert re.search(
        r"^- \d\d:\d\d - Ada Lovelace declared SEV2: Nobody without a session gets in$", text, re.M
    )
    assert "Ada Lovelace: Rolled back with `vercel rollback` | see \\{{ timeline }}" in text
    assert re.search(
        r"^\| \[ACT-\d+\]\(http\S+\) Probe \\\| sign-in \\\*everywhere\\\* \| Ada Lovelace \| 2026-12-01 \| Medium \| Open \|$",
        text,
        re.M,
    )
    assert "```\n{{ timeline }}\n```" in text  # code is no live part
    assert f"({settings.SITE_URL}/incidents/{written.incident_id}/postmortem/pictures/" in text


def test_html_is_one_file_that_fetches_nothing(written: Postmortem) -> None:
    html = page_of(written)
    assert 'src="data:image/png;base64,' in html
    led = re.findall(r'(?:src|href|action|srcset|poster|data)="([^"]*)"', html)
    assert [
        address for address in led if not address.startswith(("https://", "http://", "data:image/png"))
    ] == []
    assert len(re.findall(r"<img ", html)) == 1
    assert "<script" not in html and "<link" not in html and "@import" not in html and "url(" not in html
    assert page_of(written) == html


def test_links_within_the_portal_lead_there_from_the_markdown_too(written: Postmortem) -> None:
    links = "[ACT-1](/actions/1/) `[x](/actions/1/)`\n\n- [13:22](/incidents/1/events/2/) - Seen"
    written.text = f"{links}\n\n```\n[x](/actions/1/)\n```\n"
    assert markdown_of(written) == written.text.replace(
        "[ACT-1](", f"[ACT-1]({settings.SITE_URL}", 1
    ).replace("[13:22](", f"[13:22]({settings.SITE_URL}")
    assert html_of(written, markdown_of(written)) == html_of(written, written.text)


def test_pdf_has_headings_pages_and_links(written: Postmortem, ada: User, client_for: SignIn) -> None:
    answer = client_for(ada).get(f"/incidents/{written.incident_id}/postmortem/export.pdf")
    pdf = PdfReader(io.BytesIO(answer.content))
    words = "\n".join(page.extract_text() for page in pdf.pages)
    assert "declared SEV2" in words and "Probe | sign-in *everywhere*" in words
    assert f"Page 1 of {len(pdf.pages)}" in words
    assert pdf.metadata and pdf.metadata.title == f"INC-{written.incident_id}: Sign-in loops"
    outline = [entry.title for entry in _flat(pdf.outline)]
    assert outline == ["Sign-in loops", "Sign-in", "Timeline", "Action items"]
    led = {
        a["/A"]["/URI"] for page in pdf.pages for a in page.get("/Annots", []) if "/URI" in a.get("/A", {})
    }
    assert {"https://example.com/", f"{settings.SITE_URL}/incidents/1/"} <= led
    assert sum(len(page.images) for page in pdf.pages) == 1


def _flat(outline: list[Any]) -> list[Any]:
    return [one for entry in outline for one in (_flat(entry) if isinstance(entry, list) else [entry])]


def test_pdf_says_what_the_server_lacks(
    written: Postmortem, ada: User, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "_loads", lambda name: name is not None and "pango" not in name)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    paper.why_not.cache_clear()
    answer = client_for(ada).get(f"/incidents/{written.incident_id}/postmortem/export.pdf")
    paper.why_not.cache_clear()
    assert answer.status_code == 503
    assert "apt-get install libpango-1.0-0" in answer.content.decode()


def test_pdf_that_takes_too_long_is_given_up(
    written: Postmortem, ada: User, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "LONGEST", 0.01)
    written.text = "too long"
    written.save()
    answer = client_for(ada).get(f"/incidents/{written.incident_id}/postmortem/export.pdf")
    assert answer.status_code == 503
    assert "Export it as HTML" in answer.content.decode()
    monkeypatch.undo()
    again = client_for(ada).get(f"/incidents/{written.incident_id}/postmortem/export.pdf")
    assert again.content.startswith(b"%PDF-")  # the failure stands in nobody's way


def test_pdf_that_takes_long_is_come_back_for(
    written: Postmortem, ada: User, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.text = "Somewhat long"
    written.save()
    client, address = client_for(ada), f"/incidents/{written.incident_id}/postmortem/export.pdf"
    with monkeypatch.context() as patch:
        patch.setattr(paper, "PATIENCE", 0)
        answer = client.get(address)
    assert (answer.status_code, answer.headers["Refresh"]) == (202, "2")
    assert "The PDF is being made" in answer.content.decode()
    assert client.get(address).content.startswith(b"%PDF-")


def test_too_long_a_document_is_told_at_once_what_to_do_instead(
    written: Postmortem, ada: User, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "_begun", lambda *_: pytest.fail("somebody waits for it"))
    Postmortem.objects.update(text=f"{written.text}\n\n{'What went on and on. ' * 15_000}")
    answer = client_for(ada).get(f"/incidents/{written.incident_id}/postmortem/export.pdf")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The document is too long for a PDF: 3" in page and "where 300 kB is the most" in page
    assert f'href="/incidents/{written.incident_id}/postmortem/export.html"' in page


def test_pictures_make_no_document_too_long(written: Postmortem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "page_of", lambda _: f'<img src="data:image/png;base64,{"A" * 400_000}">')
    monkeypatch.setattr(paper, "_make", lambda _: b"%PDF-")
    assert paper.pdf_of(written) == b"%PDF-"


def test_pdfs_wait_for_each_other_and_not_without_end(
    written: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        paper, "_work", OrderedDict((bytes([n]), Future()) for n in range(paper.MOST_WAITING))
    )
    with pytest.raises(paper.NotMade, match="Try again in a minute"):
        paper.pdf_of(written)


def test_pdf_program_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        web = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        page = f'<h1>x</h1><img src="file://{secret}"><img src="{web}.png"><link rel="stylesheet" href="{web}.css"><style>@import "{web}";</style>'
        command = [sys.executable, "-I", "-W", "ignore", str(paper._PROGRAM), "60"]
        done = subprocess.run(command, input=page.encode(), capture_output=True, check=True)
        with pytest.raises(BlockingIOError):  # nobody came
            listening.accept()
    assert not [image for page in PdfReader(io.BytesIO(done.stdout)).pages for image in page.images]


def test_json_tells_the_whole_document(written: Postmortem, eve: User, client_for: SignIn) -> None:
    said = client_for(eve).get(f"/incidents/{written.incident_id}/postmortem/export.json").json()
    assert said["format"] == "allclear.postmortem/1"
    assert said["postmortem"]["text"] == written.text
    assert said["timeline"][0]["kind"] == "declared"
    assert said["action_items"][0]["owner"] == "Ada Lovelace"
    assert said["incident"]["commander"] == "Ada Lovelace"
    assert said["incident"]["declared_at"].endswith("Z")


def test_record_holds_everything_and_is_the_same_each_time(written: Postmortem, incident: Incident) -> None:
    archive = archive_of(incident.pk)
    assert archive_of(incident.pk) == archive
    files = unpacked(archive)
    picture = written.pictures.get()
    assert {
        *(
            "README.txt",
            "SHA256SUMS",
            "incident.json",
            "timeline.jsonl",
            "people.json",
            "checklist.json",
            "updates.json",
        ),
        *(
            "action-items.json",
            "postmortem.json",
            "postmortem.md",
            "postmortem.html",
            "discussion.json",
            "deliveries.json",
        ),
        *("versions/00001.md", "versions/versions.json", f"pictures/{picture.pk}.png", "verify_timeline.py"),
    } == set(files)
    assert files[f"pictures/{picture.pk}.png"] == PNG
    assert f"(pictures/{picture.pk}.png)".encode() in files["postmortem.md"]
    assert json.loads(files["people.json"]) == {str(incident.declared_by_id): "Ada Lovelace"}
    assert any(
        step["text"] == "Acknowledge the alert"
        for part in json.loads(files["checklist.json"])
        for step in part["steps"]
    )


def test_record_exists_before_there_is_a_document(incident: Incident, eve: User, client_for: SignIn) -> None:
    answer = client_for(eve).get(f"/incidents/{incident.pk}/record.zip")
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="INC-{incident.pk}-record-sign-in-loops.zip"'
    )
    assert "postmortem.md" not in unpacked(answer.content)


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """As anyone would run it: Python alone, in the unpacked archive."""
    command = [sys.executable, "-I", "verify_timeline.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={}, check=False)


@pytest.fixture
def folder(written: Postmortem, ada: User, tmp_path: Path) -> Path:
    note = operations.add_note(written.incident_id, "Ünïcode “words” \U0001f6a8", by=ada)
    operations.correct_event(written.incident_id, note.pk, "Other words", by=ada)
    for name, content in unpacked(archive_of(written.incident_id)).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_record_verifies(folder: Path, incident: Incident) -> None:
    done = verified(folder)
    incident.refresh_from_db()
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"OK: {incident.event_seq} events, each as it was written. Head: {incident.chain_head}\n"
    )
    assert (
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode == 0
    )


def test_record_says_which_event_was_tampered_with(folder: Path) -> None:
    timeline = folder / "timeline.jsonl"
    whole = timeline.read_bytes()
    assert verify(folder)[0] == []
    ends = [at for at, byte in enumerate(whole) if byte == 10]
    for at in range(0, len(whole), 7):
        timeline.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        found = " ".join(verify(folder)[0])
        number = 1 + sum(end < at for end in ends)
        assert f"event {number} " in found or whole[at] == 10, (at, whole[at - 20 : at + 20], found)
        assert found
    timeline.write_bytes(whole.replace(b"Other words", b"Other wordz"))
    done = verified(folder)
    assert done.returncode == 1
    assert re.search(r"^event \d+ was changed: it does not match its commitment$", done.stdout, re.M)


def verify(folder: Path) -> tuple[list[str], str, int]:
    from postmortems.exporting.verify_timeline import faults

    return faults(folder)


def test_record_says_what_was_left_out_or_swapped(folder: Path) -> None:
    timeline = folder / "timeline.jsonl"
    lines = timeline.read_bytes().splitlines(keepends=True)
    for wrong in (lines[:-1], lines[:2] + lines[3:], [lines[1], lines[0], *lines[2:]], [*lines, lines[-1]]):
        timeline.write_bytes(b"".join(wrong))
        assert verify(folder)[0]
