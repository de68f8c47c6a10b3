"""Checks that the timeline in this folder is as it was written: python3 verify_timeline.py [folder]

Every event carries a commitment, the SHA-256 of its salt and its content, and a hash that links the commitment to
the event before. Prints OK, or what is wrong with which event; the exit code is then 1. Needs Python alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

CONTENT = ("kind", "occurred_at", "by", "text", "data", "supersedes")
FIELDS = {*CONTENT, "id", "incident", "seq", "recorded_at", "salt", "commitment", "hash"}


def say(words: str) -> None:
    sys.stdout.write(words + "\n")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def commitment_of(event: dict[str, Any]) -> str:
    content = {name: event[name] for name in CONTENT}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(event["salt"] + canonical)


def hash_of(event: dict[str, Any], previous: str) -> str:
    parts = (previous, event["incident"], event["seq"], event["recorded_at"], event["commitment"])
    return sha256("|".join(str(part) for part in parts))


def read(line: bytes) -> dict[str, Any] | None:
    """The event of a line; None where the line is not written as it is exported."""
    try:
        event = json.loads(line.decode())
    except ValueError:
        return None
    if not isinstance(event, dict) or set(event) != FIELDS:
        return None
    return event if json.dumps(event, sort_keys=True, ensure_ascii=False).encode() == line else None


def faults_of_event(
    number: int, event: dict[str, Any] | None, previous: str, incident: int, earlier: Container[int]
) -> Iterator[str]:
    if event is None:
        yield f"event {number} cannot be read"
        return
    if event["seq"] != number:
        yield f"event {number} is missing, or event {event['seq']} stands in its place"
    if event["incident"] != incident:
        yield f"event {number} is of another incident"
    if event["commitment"] != commitment_of(event):
        yield f"event {number} was changed: it does not match its commitment"
    if event["hash"] != hash_of(event, previous):
        yield f"event {number} does not follow from the one before it"
    if event["supersedes"] is not None and event["supersedes"] not in earlier:
        yield f"event {number} corrects an event that is not here"


def faults(folder: Path) -> tuple[list[str], str, int]:
    """What is wrong, in words; and the hash of the last event."""
    said = json.loads((folder / "incident.json").read_text(encoding="utf-8"))
    lines = (folder / "timeline.jsonl").read_bytes().split(b"\n")
    found = [] if lines.pop() == b"" else ["the last line is not whole"]
    previous, corrected = "", {None}
    earlier: dict[int, int] = {}
    for number, line in enumerate(lines, 1):
        event = read(line)
        found += faults_of_event(number, event, previous, said["number"], earlier)
        if event:
            previous = event["hash"]
            corrected.add(event["supersedes"])
            earlier[event["id"]] = number
    # Only what was corrected later carries an id, for the correction to name.
    found += [
        f"event {number} has another id than it had" for pk, number in earlier.items() if pk not in corrected
    ]
    if len(lines) != said["timeline_events"]:
        found.append(f"there are {len(lines)} events, and incident.json says {said['timeline_events']}")
    if previous != said["timeline_head"]:
        found.append("the last event is not the one that incident.json names as the head")
    return found, previous, len(lines)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        found, head, count = faults(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        say(f"The record cannot be read: {error}")
        return 1
    for fault in found:
        say(fault)
    if found:
        return 1
    say(f"OK: {count} events, each as it was written. Head: {head}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
