"""The ways in which teams write the same thing, and what only looks like it."""

from pathlib import Path
from textwrap import dedent

import pytest

from runbooks.playbook import Playbook
from runbooks.reader import levels, read, times
from runbooks.reader.contacts import is_placeholder

DOCUMENTS = Path(__file__).parent / "documents"


def of(text: str) -> Playbook:
    return read(dedent(text))


@pytest.mark.parametrize(
    ("text", "rule", "minutes"),
    [
        ("Immediate", "immediate", 0),
        ("< 15 min", "minutes", 15),
        ("Immediate (within 5 minutes)", "minutes", 5),
        ("15-30 minutes", "minutes", 30),
        ("1 hour 30 minutes", "minutes", 90),
        ("1.5 hours", "minutes", 90),
        ("Half an hour", "minutes", 30),
        ("Within one business day", "next_business_day", None),
        ("Next working day", "next_business_day", None),
        ("2 days", "minutes", 2880),
        ("Best effort", "", None),
        ("SEV2 24/7", "", None),
        ("30分以内", "minutes", 30),
        ("１時間以内", "minutes", 60),
        ("4시간 이내", "minutes", 240),
        ("innerhalb von 2 Stunden", "minutes", 120),
        ("Naechster Werktag", "next_business_day", None),
        ("inmediata", "immediate", 0),
    ],
)
def test_response_times(text: str, rule: str, minutes: int | None) -> None:
    assert times.response(text) == (rule, minutes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("every 15-30 minutes", 15), ("hourly", 60), ("Every half hour", 30), ("toutes les 2 heures", 120), ("30분마다", 30), ("daily", 1440), ("as needed", None)],
)  # fmt: skip
def test_intervals(text: str, minutes: int | None) -> None:
    assert times.interval(text) == minutes


@pytest.mark.parametrize(
    ("text", "key", "name", "rest"),
    [
        ("**SEV-1**", "sev1", "SEV-1", ""),
        ("🔴 P1 - Critical (now)", "p1", "P1 - Critical", "(now)"),
        ("Critical (P0): all is down", "p0", "Critical (P0)", "all is down"),
        ("S4: low-impact issues", "s4", "S4", "low-impact issues"),
        ("Severity 2 (High)", "sev2", "Severity 2 (High)", ""),
        ("High", "high", "High", ""),
    ],
)
def test_names_of_levels(text: str, key: str, name: str, rest: str) -> None:
    level = levels.parse(text)
    assert level is not None
    assert (level.key, level.name, level.rest) == (key, name, rest)


@pytest.mark.parametrize(
    "text", ["Highlights", "P1 incidents went down by 3 %", "The critical path", "2024-01-01"]
)
def test_what_only_begins_like_a_level(text: str) -> None:
    level = levels.parse(text)
    assert level is None or level.rest


@pytest.mark.parametrize(
    "header",
    ["Response Time", "Response", "Response SLA", "SLA", "Target response", "Initial response", "Ack", "Acknowledge within", "Time to acknowledge", "TTA", "Reaction time", "Respond within", "First response", "Target", "Timeframe", "Time to respond", "Response target", "Engagement time"],
)  # fmt: skip
def test_the_response_column_under_its_many_names(header: str) -> None:
    book = of(
        f"## Severity\n\n| Level | Impact | {header} |\n|-|-|-|\n| P1 | All down | 10 min |\n| P2 | Slow | 1 hour |\n"
    )
    assert [severity.response_minutes for severity in book.severities] == [10, 60]


@pytest.mark.parametrize(
    "table",
    [
        "## Status updates\n\n| Severity | Update frequency |\n|-|-|\n| P1 | Every 15 min |\n| P2 | Hourly |\n",
        "## Escalation matrix\n\n| Severity | First contact | After 30 min |\n|-|-|-|\n| P1 | On-call | Lead |\n| P2 | Lead | CTO |\n",
        "## Alerts\n\n| Alert | Severity | Meaning |\n|-|-|-|\n| A | P1 | down |\n| B | P1 | slow |\n| C | P2 | odd |\n",
        "## History\n\n| Severity | Date | Owner |\n|-|-|-|\n| P1 | 2025-01-02 | Kim |\n| P2 | 2025-02-03 | Lee |\n",
        "## Escalation levels\n\n- L1: on-call engineer\n- L2: team lead\n- L3: director\n",
    ],
)
def test_what_only_looks_like_a_scale(table: str) -> None:
    assert of(table).severities == ()


@pytest.mark.parametrize(
    "times_apart",
    [
        "## Response times\n\n- Critical: 15 minutes\n- Low: 1 hour\n",
        "## Targets\n\n| Severity | Response time |\n|-|-|\n| Critical | 15 min |\n| Low | 1 h |\n",
    ],
)
def test_response_times_kept_apart_from_the_levels(times_apart: str) -> None:
    book = of(f"## Severity levels\n\n- **Critical**: all is down\n- **Low**: a typo\n\n{times_apart}")
    assert [severity.response_minutes for severity in book.severities] == [15, 60]
    assert [severity.meaning for severity in book.severities] == ["all is down", "a typo"]


def test_levels_described_in_yaml() -> None:
    level = "### Level {0}\n\n```yaml\nDefinition:\n  - {1}\nResponse Time:\n  - within {2} minutes\n```\n\n"
    book = of("## Severity\n\n" + level.format(1, "All is down", 5) + level.format(2, "Slow", 30))
    assert [(s.name, s.meaning, s.response_minutes) for s in book.severities] == [
        ("Level 1", "All is down", 5),
        ("Level 2", "Slow", 30),
    ]


def test_a_level_defined_twice_is_pointed_out() -> None:
    rows = "| P1 | Down | 5 min |\n| P2 | Slow | 1 h |\n| P3 | Odd | 4 h |\n| P2 | Also slow | 2 h |\n"
    book = of(f"## Severity levels\n\n| Level | Impact | Response time |\n|-|-|-|\n{rows}")
    assert [(w.line, w.message) for w in book.warnings if "also defined" in w.message] == [
        (8, "The level “P2” is also defined in line 6.")
    ]


def test_an_unreadable_response_time_is_pointed_out() -> None:
    book = of(
        "## Severity\n\n| Level | Impact | Response time |\n|-|-|-|\n| P1 | Down | quickly |\n| P2 | Slow | 1 h |\n"
    )
    assert any(w.line == 5 and "not a time to reckon with" in w.message for w in book.warnings)


def test_least_severe_first_is_turned_round() -> None:
    book = of("## Severity\n\n- Low: a typo\n- High: a feature is down\n- Critical: all is down\n")
    assert [severity.name for severity in book.severities] == ["Critical", "High", "Low"]


def test_levels_side_by_side_in_a_header() -> None:
    book = of(
        "## Severity\n\n| | SEV1 | SEV2 |\n|-|-|-|\n| Description | Down | Slow |\n| Response time | 5 min | 1 hour |\n"
    )
    assert [(s.name, s.meaning, s.response_minutes) for s in book.severities] == [
        ("SEV1", "Down", 5),
        ("SEV2", "Slow", 60),
    ]


def test_boxes_in_a_fence_and_in_paragraphs() -> None:
    book = of(
        "# R\n\n## Triage\n\n```markdown\n[ ] Look\n- [x] Ask\n```\n\n## Close\n\n[ ] Tell people\n\n - _On the status page_\n\n[ ] Rest\n"
    )
    assert [(c.title, c.style, [i.text for i in c.items]) for c in book.checklists] == [
        ("Triage", "fence", ["Look", "Ask"]),
        ("Close", "paragraphs", ["Tell people: _On the status page_", "Rest"]),
    ]


def test_two_groups_under_one_heading_keep_their_own_titles() -> None:
    book = of("# R\n\n## After\n\nWithin 24 hours:\n- [ ] Report\n\nWithin 1 week:\n- [ ] Review\n")
    assert [(c.title, c.phase) for c in book.checklists] == [
        ("Within 24 hours", "After"),
        ("Within 1 week", "After"),
    ]


@pytest.mark.parametrize(
    "section",
    [
        "## Table of contents\n\n1. [Severity](#severity)\n2. [Roles](#roles)\n",
        "## Roles\n\n- Decide what to do\n- Ask for help\n",
        "## Principles\n\n1. Stay calm\n2. Blame nobody\n",
        "## Incident commander\n\n**Responsibilities:**\n\n- Coordinate the response\n- Assign roles\n",
        "## Useful commands\n\n```bash\nkubectl get pods\n```\n",
        "## Metrics\n\n- Track time to detect\n- Track time to resolve\n",
    ],
)
def test_what_is_no_checklist(section: str) -> None:
    assert of(f"# Runbook\n\n{section}").checklists == ()


def test_a_loop_a_quote_and_a_heredoc_stay_whole() -> None:
    book = of("""\
        ## If the cache is stale

        ```bash
        # Warm it
        for host in a b; do
          curl "$host/warm"
        done

        # Tell the others
        cat <<EOF | mail -s done ops
        Cache is warm.

        # not a comment
        EOF

        # Ask
        psql -c "
          SELECT 1;

          SELECT 2;"
        ```
        """)
    commands = [item.command for item in book.branches[0].items]
    assert [item.text for item in book.branches[0].items] == ["Warm it", "Tell the others", "Ask"]
    assert commands[0].endswith("done")
    assert commands[1].endswith("# not a comment\nEOF")
    assert commands[2].endswith('SELECT 2;"')


def test_symptoms_are_not_steps() -> None:
    book = of(
        "# R\n\n## Database down\n\n**Symptoms:**\n\n- Errors\n\n**Resolution:**\n\n1. Fail over\n2. Check\n"
    )
    assert [item.text for item in book.branches[0].items] == ["Fail over", "Check"]


@pytest.mark.parametrize(
    ("text", "placeholders", "tags", "choices"),
    [
        ("[UPDATE] {name} has <problem>", ("{name}", "<problem>"), ("[UPDATE]",), ()),
        ("Status: [up/down] {{ when }}", ("[up/down]", "{{ when }}"), (), ("[up/down]",)),
        ("[a link](http://x) [x] done <br> <https://x>", (), (), ()),
        ("[P{n}] again [P{n}] ${HOME}", ("[P{n}]", "${HOME}"), (), ()),
    ],
)
def test_blanks(
    text: str, placeholders: tuple[str, ...], tags: tuple[str, ...], choices: tuple[str, ...]
) -> None:
    book = of(f"# R\n\n## Communication templates\n\n### First\n\n```\n{text} [why]\n```\n")
    assert book.templates[0].placeholders == (*placeholders, "[why]")
    assert (book.templates[0].tags, book.templates[0].choices) == (tags, choices)


@pytest.mark.parametrize(
    "section",
    [
        "## Communication templates\n\n### Example\n\n```\nResolved at 14:05 UTC. Sorry.\n```\n",
        "## Runbook template\n\n```markdown\n# [Title]\n\n## Symptoms\n[Symptoms]\n```\n",
        "## Communication\n\n```bash\ncurl -X POST $URL -d '{text}'\n```\n",
        "## Notifications\n\n> **Note:** tell support first.\n",
        "## Alert routing\n\n```\nAlert ──▶ [PagerDuty] ──▶ [Slack]\n```\n",
    ],
)
def test_what_is_no_template(section: str) -> None:
    assert of(f"# Runbook\n\n{section}").templates == ()


@pytest.mark.parametrize(
    "section",
    [
        "## Post-mortem template\n\n```markdown\n# [Title]\n\n## Summary\n\n## Root cause\n```\n",
        "## Post-mortem template\n\n### Summary\n\nWhat happened.\n\n### Timeline\n\nWhen.\n",
        "## Postmortem\n\nUse this template:\n- Summary\n- Timeline\n- Root cause\n",
        "## Post-incident review\n\n### Template\n\n1. Summary\n2. Timeline\n3. Action items\n",
        "## Incident review\n\nThe report should include:\n\n- **Summary**: what happened\n- **Impact**: on whom\n- **Root cause**: why\n",
    ],
)
def test_post_mortem_templates(section: str) -> None:
    book = of(f"# Runbook\n\n{section}")
    assert book.postmortem_template.present
    assert "Summary" in book.postmortem_template.text
    assert book.checklists == ()


def test_owner_is_not_taken_from_a_post_mortem_template() -> None:
    assert (
        of("# R\n\n## Post-mortem template\n\n```\nOwner: [name]\n\nSummary:\n\nTimeline:\n```\n").owner == ""
    )


def test_references_of_both_kinds_are_related_runbooks() -> None:
    book = of(
        "# R\n\nSee the [rollback runbook][back].\n\n## See also\n\n- [Secrets](./secrets.md)\n- [Blog](https://x.example/post)\n\n[back]: ../rollback-runbook.md\n"
    )
    assert {(r.title, r.target) for r in book.related} == {
        ("Secrets", "./secrets.md"),
        ("back", "../rollback-runbook.md"),
    }


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Create `#inc-YYYYMMDD-short-name`", "#inc-YYYYMMDD-short-name"),
        ("Open #incident-<number>", "#incident-<number>"),
        ("For example #inc-2026-02-03-checkout", "#inc-YYYY-MM-DD-brief-desc"),
        ("Join #incidents or #ops-help", ""),
        ('<td><a href="/x">#incident-chat</a></td>', ""),
    ],
)
def test_channel_patterns(text: str, pattern: str) -> None:
    assert of(f"# R\n\n- {text}\n").channel_pattern == pattern


def test_contacts_in_a_list_a_fence_and_a_ladder() -> None:
    assert [
        c.role for c in of("# R\n\n## Contacts\n\n- **Security**: sec@x.example\n- Legal: TBD\n").contacts
    ] == ["Security", "Legal"]
    assert [
        c.role for c in of("# R\n\n## Contacts\n\n```\nOn-call: +49 30 123456\nLead: @lead\n```\n").contacts
    ] == ["On-call", "Lead"]
    ladder = of(
        "# R\n\n## Escalation path\n\n1. **L1**: On-call engineer (5 min)\n2. **L2**: Team lead (15 min)\n"
    ).contacts
    assert [(c.role, c.when) for c in ladder] == [
        ("L1 On-call engineer", "5 min"),
        ("L2 Team lead", "15 min"),
    ]


@pytest.mark.parametrize(
    "text", ["[Name] - [Phone] - [Email]", "TBD", "-", "", "+1-XXX-XXX-XXXX", "`[Update]`", "待定"]
)
def test_contacts_that_reach_nobody(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["+49 30 1234567", "@ada", "#incidents", "[Portal](https://x)", "Kim - [Phone]"]
)
def test_contacts_that_reach_somebody(text: str) -> None:
    assert not is_placeholder(text)


def test_every_document_reads_alike_with_windows_line_ends() -> None:
    for file in DOCUMENTS.glob("*.md"):
        source = file.read_bytes()
        assert read(source.replace(b"\n", b"\r\n")) == read(source), file.name


def test_a_rollback_runbook_is_not_asked_for_contacts_and_levels() -> None:
    assert of("# Rollback\n\n## Go back\n\n- [ ] Deploy the last version\n").warnings == ()
    assert len(of("# Incident response\n\n## Go\n\n- [ ] Look\n").warnings) == 7
