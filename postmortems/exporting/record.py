"""The incident record: all that there is of an incident in one archive, the same bytes for the same state of it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db import connection, transaction

from incidents import timeline
from incidents.models import Incident
from postmortems.exporting import data
from postmortems.exporting.html import page_of
from postmortems.exporting.markdown import in_archive, markdown_in_archive
from postmortems.models import ActionItem, Postmortem

VERIFIER = Path(__file__).with_name("verify_timeline.py")
#: Bytes of versions' texts that go into one archive, the newest first; the others are listed without their text.
MOST_VERSIONS = 150_000_000
#: The least that a ZIP can date a file with: files are dated by what is in them, and not by when it was exported.
_DATE = (1980, 1, 1, 0, 0, 0)

Maker = Callable[[Incident], Any]
_contributed: dict[str, Maker] = {}


def contribute(name: str, make: Maker) -> None:
    """Have ``make(incident)``, as JSON, in every record under ``name``: "deliveries.json"."""
    _contributed[name] = make


def archive_of(incident_id: int) -> bytes:
    """The archive of an incident as it is at one moment, whatever is written while it is made."""
    with _one_moment():
        related = (
            "team",
            "revision__runbook",
            "declared_by",
            "acknowledged_by",
            "commander",
            "communications_lead",
            "scribe",
        )
        files = dict(_files(Incident.objects.select_related(*related).get(pk=incident_id)))
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files["SHA256SUMS"] = "".join(sums).encode()
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return packed.getvalue()


@contextmanager
def _one_moment() -> Iterator[None]:
    """All reads within see the same state, and nothing waits for them."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _DATE)
    entry.compress_type, entry.create_system = ZIP_DEFLATED, 3
    entry.external_attr = 0o644 << 16
    return entry


def _files(incident: Incident) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", _README.format(incident=incident).encode()
    yield "verify_timeline.py", VERIFIER.read_bytes()
    yield "incident.json", _json(data.incident_data(incident) | _chain(incident))
    yield "timeline.jsonl", timeline_lines(incident)
    yield "people.json", _json(_people(incident))
    yield "checklist.json", _json(data.checklist_data(incident))
    yield "updates.json", _json(data.updates_data(incident))
    yield "action-items.json", _json(_items(incident))
    found = Postmortem.objects.filter(incident=incident).select_related("author", "published_by").first()
    if found:
        yield from _document(found)
    for name, make in _contributed.items():
        yield name, _json(make(incident))


def _chain(incident: Incident) -> dict[str, Any]:
    return {"timeline_events": incident.event_seq, "timeline_head": incident.chain_head}


def timeline_lines(incident: Incident) -> bytes:
    """One event a line with all that its hash is made of, so that a line that was changed can be named."""
    events = incident.events.order_by("seq").iterator()
    corrected = set(incident.events.exclude(supersedes=None).values_list("supersedes", flat=True))
    ids = ((event, event.pk if event.pk in corrected else None) for event in events)
    lines = ({"id": pk} | timeline.content_of(event) | timeline.links_of(event) for event, pk in ids)
    return "".join(f"{json.dumps(line, sort_keys=True, ensure_ascii=False)}\n" for line in lines).encode()


def _people(incident: Incident) -> dict[str, str]:
    named = incident.events.exclude(recorded_by=None).order_by("recorded_by").distinct("recorded_by")
    return {str(number): name for number, name in named.values_list("recorded_by", "recorded_by__name")}


def _items(incident: Incident) -> list[dict[str, Any]]:
    found = ActionItem.objects.filter(incident=incident).select_related("owner").order_by("pk")
    return [data.item_with_history(item) for item in found.prefetch_related("links", "events__by")]


def _document(postmortem: Postmortem) -> Iterator[tuple[str, bytes]]:
    yield "postmortem.json", _json(data.document_data(postmortem))
    yield "postmortem.md", markdown_in_archive(postmortem).encode()
    yield "postmortem.html", page_of(postmortem).encode()
    for picture in postmortem.pictures.all():
        yield in_archive(postmortem, picture), bytes(picture.content)
    yield "discussion.json", _json(_discussion(postmortem))
    listed, left = [], MOST_VERSIONS
    for version in postmortem.revisions.select_related("saved_by").iterator(chunk_size=20):
        text = version.text.encode()
        left -= len(text)
        name = f"versions/{version.number:05}.md" if left >= 0 else None
        listed.append(data.version_data(version) | {"file": name})
        if name:
            yield name, text
    yield "versions/versions.json", _json(listed)


def _discussion(postmortem: Postmortem) -> dict[str, Any]:
    """Who was asked to read it and what they made of it, and what was said about which passage."""
    reviewers = postmortem.reviewers.select_related("user").order_by("requested_at", "pk")
    comments = postmortem.comments.select_related("made_by", "settled_by")
    return {
        "reviews": [
            {"reviewer": r.user.name, "asked_at": data.stamp(r.requested_at), "verdict": r.verdict, "said": r.said}
            for r in reviewers
        ],
        "comments": [
            {
                "number": c.pk, "answers": c.answers_id, "version": c.number, "passage": c.quote, "text": c.text,
                "by": c.made_by.name, "at": data.stamp(c.made_at), "settled_at": data.stamp(c.settled_at),
            }
            for c in comments
        ],
    }  # fmt: skip


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


_README = """\
The record of {incident.reference}

incident.json        what it was, and who had which part
timeline.jsonl       everything that happened, one event a line, linked by hashes
people.json          the names behind the numbers in the timeline
checklist.json       the steps of the runbook as they were worked
updates.json         what stakeholders were told, and by when that was promised
action-items.json    what was promised, and what became of it
postmortem.*         what was written afterwards; versions/ holds every text that was ever saved
discussion.json      reviews and comments
deliveries.json      which messages went to whom, and how that ended
SHA256SUMS           for "sha256sum -c SHA256SUMS"

Whether the timeline is as it was written:

    python3 verify_timeline.py

It needs Python 3.9 or later and nothing else. It checks that no event was changed, left out or put in between, by
the hashes that link them. Compare the head that it prints with one that you know from elsewhere: who rewrote all
of it could have made new hashes.
"""
