"""The two commands around the reader. Neither opens a database."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

DOCUMENTS = Path(__file__).parent / "documents"
KEYS = {
    "severities": "name meaning response response_minutes response_rule examples cadence_minutes line",
    "checklists": "title phase style line items",
    "branches": "title line items",
    "templates": "title text placeholders tags choices line",
    "cadences": "text minutes severity audience line",
    "contacts": "role contact when columns line",
    "deadlines": "text minutes line",
    "related": "title target line",
    "warnings": "line message",
}


def run(command: str, *args: object, **options: object) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def test_read_runbook_prints_the_outline_with_lines() -> None:
    out = run("read_runbook", DOCUMENTS / "incident-response.md")
    assert "    16   SEV2 [< 1 hour = 60 min] Major feature broken" in out
    assert "    46      $  Rollback to previous deployment in Vercel\n               vercel rollback" in out
    assert "Related runbooks: 3" in out


def test_read_runbook_says_plainly_what_was_not_found() -> None:
    out = run("read_runbook", DOCUMENTS / "practice.md")
    assert "Escalation contacts: not found" in out
    assert "No escalation contacts were found." in out


def test_read_runbook_as_json_has_the_keys_agreed_on() -> None:
    outline = json.loads(run("read_runbook", DOCUMENTS / "incident-response.md", json=True))
    assert set(outline) == {*KEYS, "title", "owner", "channel_pattern", "postmortem_template"}
    assert outline["postmortem_template"] == {"present": True, "line": 104}
    for part, keys in KEYS.items():
        assert set(outline[part][0]) == set(keys.split()), part
    assert set(outline["branches"][0]["items"][0]) == {"text", "kind", "command", "line"}


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), (b"a\n" * 600_000, "up to 1 MB")])
def test_read_runbook_refuses_a_bad_file_in_words(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "bad.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run("read_runbook", file)


def test_measure_reader_prints_recall_and_invention_per_kind() -> None:
    out = run("measure_reader", DOCUMENTS, details=True)
    header, first, *_ = out.splitlines()
    assert header.split() == ["kind", "expected", "matched", "recall", "invented", "invention"]
    assert first.split()[-4:] == [first.split()[-4], "100.0%", "0", "0.0%"]


def test_measure_reader_needs_annotations(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"annotations\.json"):
        run("measure_reader", tmp_path)
