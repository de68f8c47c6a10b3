"""A template with what is known filled in, whatever form it has; what is not known stays as it was written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.prefill import prefilled
from runbooks.fallback import starter_playbook
from runbooks.reader import read

KNOWN = {
    "title": "Sign-in loops", "date": "2026-11-10", "duration": "0 hours 47 minutes", "severity": "SEV2",
    "author": "Ada Lovelace", "commander": "Ada Lovelace", "users_affected": "61 % of sign-ins",
    "features_impacted": "Sign-in", "services": "Sign-in", "impact": "Nobody gets in", "reference": "INC-139",
    "timeline": "{{ timeline }}", "action_items": "{{ action items }}", "started_at": "2026-11-10 13:22 CET",
    "ended_at": "2026-11-10 14:09 CET",
}  # fmt: skip
DOCUMENTS = Path(__file__).parent.parent / "runbooks" / "documents"


@pytest.mark.parametrize(
    ("line", "filled"),
    [
        # emphasis, lists, plain labels, wide colons
        ("**Date:** YYYY-MM-DD", "**Date:** 2026-11-10"),
        ("**Date**: [Date]", "**Date**: 2026-11-10"),
        ("- Date: <date>", "- Date: 2026-11-10"),
        ("* __Incident date__: {date}", "* __Incident date__: 2026-11-10"),
        ("1. **Date (UTC):** {{ date }}", "1. **Date (UTC):** 2026-11-10"),
        ("Date:", "Date: 2026-11-10"),
        ("| Date | DD.MM.YYYY |", "| Date | 10.11.2026 |"),
        ("|**Date**|MM/DD/YYYY|", "|**Date**|11/10/2026|"),
        ("# Post-mortem YYYY-MM-DD: [Title]", "# Post-mortem 2026-11-10: Sign-in loops"),
        # how long it lasted, in the words and units of the template
        ("**Duration:** X hours Y minutes", "**Duration:** 0 hours 47 minutes"),
        ("**Duration:** X minutes", "**Duration:** 47 minutes"),
        ("- Total downtime: [N] hours", "- Total downtime: 0.8 hours"),
        ("**Duration:** [Start] - [End] ([Duration])", "**Duration:** 2026-11-10 13:22 CET - 2026-11-10 14:09 CET (0 hours 47 minutes)"),
        ("Time to resolve: [minutes]", "Time to resolve: 0 hours 47 minutes"),
        # levels
        ("**Severity:** SEV[1-4]", "**Severity:** SEV2"),
        ("**Severity**: P1/P2/P3", "**Severity**: SEV2"),
        ("Severity: [Critical | High | Low]", "Severity: SEV2"),
        ("Priority: SEV-X", "Priority: SEV2"),
        # moments
        ("**Start time:** YYYY-MM-DD HH:MM UTC", "**Start time:** 2026-11-10 13:22 CET"),
        ("- Resolved at: HH:MM", "- Resolved at: 14:09 CET"),
        ("Started: [Date] [Time]", "Started: 2026-11-10 13:22 CET"),
        # who and what
        ("**Author:** [Name]", "**Author:** Ada Lovelace"),
        ("Incident Commander: @name", "Incident Commander: Ada Lovelace"),
        ("- Users affected: [number/percentage]", "- Users affected: 61 % of sign-ins"),
        ("- **Features impacted:** [list]", "- **Features impacted:** Sign-in"),
        ("**Impact**: [Description of user impact]", "**Impact**: Nobody gets in"),
        ("## [INC number]: [Title]", "## INC-139: Sign-in loops"),
        # other languages
        ("**Datum:** TT.MM.JJJJ", "**Datum:** 10.11.2026"),
        ("Dauer: X Stunden Y Minuten", "Dauer: 0 Stunden 47 Minuten"),
        ("**Gravité :** [niveau]", "**Gravité :** SEV2"),
        ("Duración: X horas Y minutos", "Duración: 0 horas 47 minutos"),
        ("Data: DD/MM/AAAA", "Data: 10/11/2026"),
        ("- **총 다운타임**: X분", "- **총 다운타임**: 47분"),
        ("- **발생 시간**: 2024-XX-XX HH:MM KST", "- **발생 시간**: 2026-11-10 13:22 CET"),
        ("重大度：[レベル]", "重大度：SEV2"),
    ],
)  # fmt: skip
def test_line_that_asks_for_something_known_is_filled(line: str, filled: str) -> None:
    assert prefilled(line, KNOWN) == f"{filled}\n"


@pytest.mark.parametrize(
    "line",
    [
        "**Reviewers:** [Names]",
        "- **Requests failed:** [Number]",
        "- [ ] Owner: @name, due date: YYYY-MM-DD",
        "[Detailed explanation]",
        "**Date:** to be agreed in the review with everybody",
        "Next review: YYYY-MM-DD",
        "See [the runbook](https://example.com/[x]) and `YYYY-MM-DD.md`",
        "[date]: https://example.com/",
        "- [x] Write it",
        "**Updated:** [Date]",
    ],
)
def test_line_that_asks_for_something_else_stays_as_written(line: str) -> None:
    assert prefilled(line, KNOWN) == f"{line}\n"


@pytest.mark.parametrize(
    "example",
    [
        "## Timeline\n- HH:MM - [Event]\n- HH:MM - [Event]",
        "## Timeline\n| Time (UTC) | Event |\n|---|---|\n| HH:MM | Alert |",
        "## Timeline\n[Chronological list of events]",
        "## Timeline\nHH:MM Alert\nHH:MM Fixed",
        "## Timeline\n* 10:00: somebody saw it\n  and more\n* 10:05: fixed",
        "## Timeline",
        "### Zeitleiste\n1. XX:XX: Ereignis",
        "## 타임라인\n- HH:MM - 첫 알림 수신",
    ],
)
def test_example_of_a_timeline_becomes_the_timeline(example: str) -> None:
    heading = example.split("\n", maxsplit=1)[0]
    assert (
        prefilled(f"{example}\n\n## Root cause\n[Why]", KNOWN)
        == f"{heading}\n{{{{ timeline }}}}\n\n## Root cause\n[Why]\n"
    )


@pytest.mark.parametrize(
    "example",
    [
        "## Action items\n| Action | Owner | Due Date |\n|---|---|---|\n| [Task] | @name | YYYY-MM-DD |",
        "## Action items\n- [ ] Item 1\n- [ ] Item 2",
        "## Action items\n1. [Action] - Owner: [name]",
        "**Action items:**\n- \n- ",
        "## Maßnahmen\n- Maßnahme 1",
        "## 액션 아이템\n| 항목 | 담당자 |\n|---|---|\n| | |",
        "## Corrective actions",
    ],
)
def test_example_of_action_items_becomes_the_action_items(example: str) -> None:
    heading = example.split("\n", maxsplit=1)[0]
    assert prefilled(f"{example}\n\n## Notes", KNOWN) == f"{heading}\n{{{{ action items }}}}\n\n## Notes\n"


def test_hints_of_the_author_are_kept_beside_the_live_part() -> None:
    text = prefilled("## Timeline\n\nIn UTC, please.\n\n## Action items\n\n- Each has an owner", KNOWN)
    assert (
        text
        == "## Timeline\n\nIn UTC, please.\n\n{{ timeline }}\n\n## Action items\n\n- Each has an owner\n\n{{ action items }}\n"
    )


def test_named_cells_of_a_table_are_filled_by_their_heads() -> None:
    table = "| Date | Severity | Reviewer |\n|---|---|---|\n| YYYY-MM-DD | [level] | [name] |"
    assert prefilled(table, KNOWN).endswith("| 2026-11-10 | SEV2 | [name] |\n")


def test_heading_that_asks_is_answered_below() -> None:
    assert prefilled("## Severity\n[level]\n\n## Author\n\n## Duration\nX hours", KNOWN) == (
        "## Severity\nSEV2\n\n## Author\n\nAda Lovelace\n\n## Duration\n0.8 hours\n"
    )


def test_code_is_left_alone() -> None:
    assert (
        prefilled("```\nDate: YYYY-MM-DD\n## Timeline\n```", KNOWN)
        == "```\nDate: YYYY-MM-DD\n## Timeline\n```\n"
    )


def test_what_only_the_portal_counted_is_told_where_the_template_does_not_ask() -> None:
    more = KNOWN | {"updates_on_time": "2 of 3 (67 %)", "paths_tried": "Deployment (kept to the end)"}
    text = prefilled("### Summary\n[x]\n\n### Paths tried\n[what]", more)
    assert text.endswith(
        "### Paths tried\nDeployment (kept to the end)\n\n### From the record\n- Updates on time: 2 of 3 (67 %)\n"
    )


@given(st.lists(st.sampled_from([
    *"#*->|:[]{}<>`~ \t\n", "\n", "\n\n", "Timeline", "Date", "**", "HH:MM", "YYYY-MM-DD", "[x]", "- [ ] ", "## ", "| a | b |\n|---|---|\n",
    "Action items", "Duration:", "X hours Y minutes", "\u2028", "é", "타임라인",
]), max_size=30).map("".join))  # fmt: skip
def test_nothing_known_changes_nothing(template: str) -> None:
    assert prefilled(template, {}) == template.replace("\t", "\t").strip("\n") + "\n"
    prefilled(template, KNOWN)


@pytest.mark.parametrize("name", ["starter", "incident-response.md", "portugues.md", "levels-in-words.md"])
def test_templates_that_ship_keep_no_example_where_the_record_speaks(name: str) -> None:
    playbook = starter_playbook() if name == "starter" else read((DOCUMENTS / name).read_bytes())
    text = prefilled(playbook.postmortem_template.text, KNOWN)
    assert text.count("{{ timeline }}") == text.count("{{ action items }}") == 1
    assert "HH:MM" not in text and "YYYY" not in text and "@name" not in text
