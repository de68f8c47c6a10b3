"""The one writer of timeline events, and the check that nobody rewrote them."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, TimelineEvent
from incidents.states import SAID, Kind
from outbox.facts import publish_with

WORD_LENGTH = 300


def record(
    incident: Incident,
    kind: Kind,
    *,
    by: User | None,
    text: str = "",
    data: dict[str, Any] | None = None,
    occurred_at: datetime | None = None,
    supersedes: TimelineEvent | None = None,
    key: UUID | None = None,
    changed: Iterable[str] = (),
) -> TimelineEvent:
    """Append an event to ``incident``, which the caller has locked, and publish the fact of the same name.

    Saves the incident's fields in ``changed`` with the counters in one UPDATE. ``by`` is None when nobody
    did it but the portal. The event, the change and the fact stand or fall with the caller's transaction.
    """
    now = timezone.now()
    event = TimelineEvent(
        incident=incident,
        seq=incident.event_seq + 1,
        kind=kind,
        occurred_at=occurred_at or now,
        recorded_at=now,
        recorded_by=by,
        text=text,
        data=data or {},
        supersedes=supersedes,
        submission_key=key,
        salt=secrets.token_hex(16),
    )
    event.commitment = commitment_of(event)
    event.hash = hash_of(event, incident.chain_head)
    fields = _remember(incident, event) | {*changed}
    about = {"incident_id": incident.pk, "seq": event.seq}
    publish_with(event, incident, fields, name=kind.value, key="event_id", **about)
    return event


def _remember(incident: Incident, event: TimelineEvent) -> set[str]:
    """Have the incident know of its last event; the names of the fields that change with it."""
    incident.event_seq, incident.chain_head = event.seq, event.hash
    fields = {"event_seq", "chain_head"}
    old = event.supersedes
    corrects_last = bool(old and old.text and old.text[:WORD_LENGTH] == incident.last_word)
    if (event.kind in SAID or corrects_last) and event.text:
        incident.last_word = event.text[:WORD_LENGTH]
        incident.last_word_by = event.recorded_by.name if event.recorded_by else ""
        incident.last_word_at = event.recorded_at
        fields |= {"last_word", "last_word_by", "last_word_at"}
    return fields


def commitment_of(event: TimelineEvent) -> str:
    """SHA-256 over the salt and the content in canonical JSON, hexadecimal."""
    canonical = json.dumps(content_of(event), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{event.salt}{canonical}".encode()).hexdigest()


def content_of(event: TimelineEvent) -> dict[str, Any]:
    """What its commitment commits to, as plain data."""
    return {
        "kind": str(event.kind),
        "occurred_at": stamp(event.occurred_at),
        "by": event.recorded_by_id,
        "text": event.text,
        "data": event.data,
        "supersedes": event.supersedes_id,
    }


def links_of(event: TimelineEvent) -> dict[str, Any]:
    """What makes it a link of the chain, beside its content."""
    return {
        "incident": event.incident_id,
        "seq": event.seq,
        "recorded_at": stamp(event.recorded_at),
        "salt": event.salt,
        "commitment": event.commitment,
        "hash": event.hash,
    }


def hash_of(event: TimelineEvent, previous: str) -> str:
    """SHA-256 that links ``event`` to the hash before it ("" at the start of the timeline)."""
    linked = f"{previous}|{event.incident_id}|{event.seq}|{stamp(event.recorded_at)}|{event.commitment}"
    return hashlib.sha256(linked.encode()).hexdigest()


def stamp(moment: datetime) -> str:
    """A moment as commitments and hashes have it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def faults(incident: Incident) -> list[str]:
    """What is wrong with the chain of ``incident``'s timeline, in words; nothing when it verifies."""
    found, previous, expected = [], "", 0
    for event in incident.events.order_by("seq").iterator():
        expected += 1
        if event.seq != expected:
            found.append(f"{incident.reference}: event {expected} is missing")
            expected = event.seq
        if event.commitment != commitment_of(event):
            found.append(f"{incident.reference}: event {event.seq} does not match its commitment")
        if event.hash != hash_of(event, previous):
            found.append(f"{incident.reference}: event {event.seq} does not follow from the one before it")
        previous = event.hash
    if expected != incident.event_seq or previous != incident.chain_head:
        found.append(f"{incident.reference}: the timeline ends before its incident says it does")
    return found
