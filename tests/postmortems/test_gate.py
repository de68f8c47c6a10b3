"""What the gate says of a document, and what it must not say of a good one. Pure: nothing here needs a database."""

import time
from pathlib import Path

import pytest

from postmortems.gate import Finding, Item, Record, Review, check
from runbooks.reader import read

DOCUMENTS = Path(__file__).parent.parent / "runbooks" / "documents"
FINISHED = Path(__file__).parent / "documents"
TEMPLATE = read((DOCUMENTS / "incident-response.md").read_bytes()).postmortem_template.text
KNOWN = Record(
    template=TEMPLATE,
    number=3,
    reference="INC-7",
    severity_name="SEV2",
    duration="47 min",
    people=frozenset({"grace", "hopper", "ada"}),
    items=(Item(1, "Probe sign-in on the production domain", has_owner=True, has_date=True),),
)
WHOLE = """\
## Incident: Sign-in loops
**Date:** 2026-11-10
**Duration:** 0 hours 47 minutes
**Severity:** SEV2
**Author:** Grace Hopper

### Summary
Nobody without a session got in for 47 minutes, after a cookie change went out.

### Timeline
- 13:22 - Deployment `4be19d0` reaches production
- 13:31 - Grace declares SEV2
- 14:16 - Sign-in success at 99 %, resolved

### Root Cause
The cookie was scoped to `app.example` while the provider returns to `example`.

### Impact
- Users affected: 2,140
- Features impacted: sign-in, password reset

### Action Items
{{ action items }}

### Lessons Learned
- What went well: the rollback was one command.
- What could be improved: the first public update took 21 minutes.
"""


def warnings(text: str, known: Record = KNOWN) -> list[str]:
    return [str(finding) for finding in check(text, known) if finding.is_warning]


def remarks(text: str, known: Record = KNOWN) -> list[str]:
    return [str(finding) for finding in check(text, known) if not finding.is_warning]


def with_timeline(*lines: str) -> list[str]:
    """What is said of a timeline of these lines, in an otherwise good document."""
    before, _, rest = WHOLE.partition("### Timeline\n")
    written = "\n".join(lines)
    return warnings(f"{before}### Timeline\n{written}\n\n### Root{rest.partition('### Root')[2]}")


def with_actions(written: str) -> str:
    return WHOLE.replace("{{ action items }}", written)


def test_a_finished_document_passes_without_a_word():
    assert check(WHOLE, KNOWN) == []


@pytest.mark.parametrize("path", sorted(FINISHED.glob("*.md")), ids=lambda path: path.stem)
def test_a_finished_document_in_any_form_or_language_raises_no_alarm(path):
    assert (
        warnings(path.read_text(), Record(template=TEMPLATE, severity_name="SEV2", people=KNOWN.people)) == []
    )


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.md")), ids=lambda path: path.stem)
def test_a_template_as_it_is_has_no_cause_and_is_not_filled_in(path):
    template = read(path.read_bytes()).postmortem_template.text
    if template:
        found = check(template, Record(template=template))
        assert {"cause"} <= {finding.rule for finding in found}
        assert len([finding for finding in found if finding.is_warning]) >= 3


def test_every_blank_of_the_template_is_told_of_with_its_line():
    lines = {finding.line for finding in check(TEMPLATE, KNOWN) if finding.is_warning}
    # But for the second of two equal lines in Lessons Learned, each line that somebody has to write.
    assert lines == {1, 2, 3, 4, 5, 8, 11, 12, 14, 18, 19, 24, 26}


@pytest.mark.parametrize(
    ("written", "blank"),
    [
        ("**Author:** [Name]", "[Name]"),
        ("**Date:** YYYY-MM-DD", "YYYY-MM-DD"),
        ("**Duration:** X hours Y minutes", "X hours Y minutes"),
        ("- HH:MM - Something", "HH:MM"),
        ("- Users affected: [number/percentage]", "[number/percentage]"),
        ("Somebody must [describe what happened here].", "[describe what happened here]"),
        ("- Date: 2026-XX-XX", "2026-XX-XX"),
        ("Owner: TBD", "TBD"),
        ("| <name> | 5 |", "<name>"),
    ],
)
def test_placeholder_is_found(written, blank):
    said = warnings(WHOLE.replace("### Impact\n", f"### Impact\n{written}\n\n"))
    assert said == [f"Line 19: “{blank}” is still to be filled in."]


@pytest.mark.parametrize(
    "written",
    [
        "We posted [RESOLVED] at once, and [INVESTIGATING] before.",
        "- [x] Told everyone\n- [ ] And the others",
        "See [the graph](https://example.com/g) and [the log][log].\n\n[log]: https://example.com/l",
        "He said that [the server] was down [1], and [...] went home.",
        "The log said `[Name]` and `YYYY-MM-DD`.",
        "```\n[Name] YYYY-MM-DD {{ value }}\n- HH:MM\n```",
        "Dates were parsed as YYYY-MM-DD where the provider sends DD/MM/YYYY.",
        "An array[index] and a map[key]; <https://example.com>; a<b and c>d.",
        "{{ timeline }}\n\n{{action_items}}",
        "[error] connection refused\n\n[2026-11-10 13:22] restarted",
    ],
)
def test_what_only_looks_like_a_placeholder_is_none(written):
    assert warnings(WHOLE.replace("### Impact\n", f"### Impact\n{written}\n\n")) == []


def test_heading_without_words_and_heading_with_the_templates_words_are_empty():
    bare = WHOLE.replace(
        "Nobody without a session got in for 47 minutes, after a cookie change went out.\n", ""
    )
    assert warnings(bare) == ["Line 7: “Summary” is empty."]
    lessons = WHOLE.partition("- What went well")[0] + "- What went well\n- What could be improved\n"
    assert warnings(lessons) == ["Line 25: “Lessons Learned” says only what the template says."]


def test_point_of_the_template_that_nobody_answered_is_told_of():
    half = WHOLE.replace(
        "- What could be improved: the first public update took 21 minutes.", "- What could be improved"
    )
    assert warnings(half) == ["Line 27: “What could be improved” is as the template has it."]
    assert warnings(half + "  - The first public update\n") == []


def test_label_with_nothing_behind_it_is_told_of():
    assert warnings(WHOLE.replace("2,140", "")) == ["Line 19: “Users affected” has nothing behind it."]


@pytest.mark.parametrize(
    "cause",
    [
        "### Contributing factors\n- Preview runs on one domain\n",
        "### What caused it\nThe cookie.\n",
        "### Ursache\nDas Cookie.\n",
        "### Cause racine\nLe cookie.\n",
        "### Causa raíz\nLa cookie.\n",
        "### 根本原因\nクッキー。\n",
        "### 근본 원인\n쿠키.\n",
        "**Root cause:** the cookie.\n",
        "### Story\nThe outage was caused by a cookie.\n",
    ],
)
def test_cause_in_other_words_or_languages_is_a_cause(cause):
    before, _, rest = WHOLE.partition("### Root Cause")
    assert warnings(f"{before}{cause}\n### Impact{rest.partition('### Impact')[2]}") == []


def test_without_cause_and_factors_it_says_so_once_and_how_to_mend_it():
    text = WHOLE.replace(
        "The cookie was scoped to `app.example` while the provider returns to `example`.",
        "[Detailed explanation]",
    )
    (found,) = (finding for finding in check(text, KNOWN) if finding.is_warning)
    assert (found.rule, found.line) == ("cause", 15)
    assert "Say what caused it" in found.mend


def test_cause_that_only_headings_speak_of_is_none():
    assert any(
        "neither a root cause" in said
        for said in warnings("# Root cause analysis\n\n## Summary\n\nx\n\n## Impact\n\ny")
    )


# -- the order of a timeline ------------------------------------------------------------------------------


def test_a_step_back_is_named_with_both_times():
    assert with_timeline("- 13:22 - a", "- 14:16 - b", "- 13:31 - c") == [
        "Line 13: The timeline goes backwards: 13:31 comes after 14:16."
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ("- 23:50 - a", "- 00:10 - b", "- 00:40 - c"),
        ("- 2026-11-10 23:50 a", "- 00:10 b", "- 2026-11-11 00:20 c"),
        ("#### 10 November 2026", "- 18:00 a", "#### 11 November 2026", "- 09:00 b"),
        ("- 31 Dec 23:50 a", "- 1 Jan 00:10 b"),
        ("- Mon 23:00 a", "- Tue 09:00 b"),
        ("- 11:50 a", "- 12:10 b", "- 1:05 c"),
        ("- 11:50 am a", "- 12:10 pm b", "- 1:05 pm c"),
        ("- 14:00 UTC a", "- 15:10 CET b", "- 14:20 UTC c"),
        ("| Time | Event |", "|---|---|", "| 13:22 | a |", "| 13:31 | b |"),
        (
            "| Date | Time | Event |",
            "|---|---|---|",
            "| 10.11.2026 | 23:22 | a |",
            "| 11.11.2026 | 01:31 | b |",
        ),
        ("- 13:22 a", "  - 12:00 a cache had been filled", "- 13:31 b"),
        ("- 13:22:10 a", "- 13:22:11 b", "- 13:22:11 c"),
        ("- 2026-11-10T13:22Z a", "- 2026-11-10T13:31Z b"),
        ("13:22 a", "", "13:31 b"),
        ("{{ timeline }}",),
        ("- 25:99 a", "- 13:22 b", "- 99 users wrote c"),
    ],
)
def test_timeline_that_goes_on_is_left_alone(lines):
    assert with_timeline(*lines) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("- 2026-11-11 00:10 a", "- 2026-11-10 23:50 b"),
        ("| Time | Event |", "|---|---|", "| 13:31 | a |", "| 13:22 | b |"),
        ("- **13:31** a", "- **13:22** b"),
        ("- [13:31] a", "- [13:22] b"),
        ("- 1:31 pm a", "- 1:22 pm b"),
        ("1. 13時31分 a", "2. 13時22分 b"),
    ],
)
def test_timeline_that_goes_back_is_told_of_in_any_form(lines):
    assert len(with_timeline(*lines)) == 1


def test_timeline_with_the_newest_first_is_told_of_once():
    assert with_timeline("- 14:16 a", "- 13:31 b", "- 13:22 c") == [
        "Line 11: The timeline runs backwards: what happened last comes first."
    ]


# -- promises ---------------------------------------------------------------------------------------------

TABLE = "| Action | Owner | Due Date | Status |\n|---|---|---|---|\n"


@pytest.mark.parametrize(
    ("row", "lacks"),
    [
        ("| Probe sign-in | | 2026-12-01 | Open |", "no owner"),
        ("| Probe sign-in | Grace | TBD | Open |", ""),
        ("| Probe sign-in | Grace | - | Open |", "no date"),
        ("| Probe sign-in | - | | Open |", "no owner and no date"),
    ],
)
def test_action_of_a_table_needs_an_owner_and_a_date(row, lacks):
    said = warnings(with_actions(TABLE + row))
    expected = (
        f"Line 25: “Probe sign-in” has {lacks}." if lacks else "Line 25: “TBD” is still to be filled in."
    )
    assert said == [expected]


@pytest.mark.parametrize(
    "written",
    [
        TABLE + "| Probe sign-in | Grace | 2026-12-01 | Open |",
        TABLE + "| Probe sign-in | - | - | Done |",
        "| Maßnahme | Verantwortlich | Fällig |\n|---|---|---|\n| Sonde | Grace | 1.12. |",
        "- [ ] Probe sign-in (@grace, 2026-12-01)",
        "- [ ] Probe sign-in: Grace, by Friday",
        "- [x] Probe sign-in",
        "- Probe sign-in\n  - Owner: the web team\n  - Due 1 Dec",
        "- ACT-12 Probe sign-in",
    ],
)
def test_action_with_an_owner_and_a_date_is_left_alone(written):
    assert warnings(with_actions(written)) == []


def test_action_of_a_list_needs_an_owner_and_a_date():
    assert warnings(with_actions("- [ ] Probe sign-in")) == [
        "Line 23: “Probe sign-in” has no owner and no date."
    ]


def test_what_was_done_while_it_lasted_needs_no_owner():
    assert warnings(WHOLE.replace("### Impact", "### Immediate actions\n- Rolled back\n\n### Impact")) == []


def test_actions_that_only_the_text_has_are_remarked_on():
    row = TABLE + "| Probe | Grace | 2026-12-01 | Open |"
    assert remarks(with_actions(row)) == ["Line 25: 1 action stands in the text alone."]
    tracked = Record(template=TEMPLATE, items=(Item(1, "Probe", has_owner=True, has_date=True),))
    assert remarks(with_actions(row), tracked) == []


def test_no_action_item_is_a_remark_unless_somebody_says_why():
    nothing = Record(template=TEMPLATE)
    assert remarks(WHOLE, nothing) == ["There is no action item."]
    assert remarks(with_actions("None: the provider has mended it."), nothing) == []


# -- what stands around the text ----------------------------------------------------------------------------


def test_what_is_open_around_the_text_is_told_of():
    known = Record(
        template=TEMPLATE,
        number=3,
        reference="INC-7",
        is_open=True,
        items=(
            Item(12, "Probe", has_owner=False, has_date=False),
            Item(13, "x", False, False, is_open=False),
        ),
        open_comments=2,
        open_conflicts=1,
        reviews=(Review("Grace"), Review("Hedy", "changes", 2), Review("Alan", "approved", 3)),
    )
    assert warnings(WHOLE, known) == [
        "ACT-12 “Probe” has no owner and no date.",
        "2 comments are not settled.",
        "1 text waits beside the document.",
        "The review by Grace is open.",
        "Hedy asked for changes to version 2.",
        "INC-7 is not over: how it ended is not known yet.",
    ]
    assert check(WHOLE, known)[0].item == 12


def test_approval_of_an_older_version_is_a_remark():
    known = Record(template=TEMPLATE, number=3, items=KNOWN.items, reviews=(Review("Alan", "approved", 2),))
    assert remarks(WHOLE, known) == ["Alan approved version 2; this is version 3."]


def test_duration_and_severity_are_missed_where_the_runbook_asks_for_them():
    without = WHOLE.replace("**Duration:** 0 hours 47 minutes\n**Severity:** SEV2\n", "")
    bare = without.replace("47 minutes", "long").replace("SEV2", "it").replace("21 minutes", "long")
    assert warnings(bare) == [
        "The document does not say how severe it was.",
        "The document does not say how long it lasted.",
    ]
    asks_for_nothing = Record(template="## Summary\n\n## Root cause\n", items=KNOWN.items)
    assert warnings(bare, asks_for_nothing) == []
    assert remarks(bare, asks_for_nothing) == [
        "The document does not say how severe it was.",
        "The document does not say how long it lasted.",
    ]


def test_another_severity_than_the_records_is_told_of():
    said = warnings(WHOLE.replace("**Severity:** SEV2", "**Severity:** SEV3"))
    assert said == ["Line 4: The document says SEV3; INC-7 is SEV2."]


def test_an_empty_document_is_said_to_be_empty_and_nothing_else_of_its_text():
    assert warnings(" \n", KNOWN) == ["The document is empty."]


def test_key_of_a_finding_stays_when_it_moves():
    first, second = (Finding("x", "says", "mend", line, "quote") for line in (1, 9))
    assert first.key == second.key != Finding("x", "says", "mend", 1, "other").key


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        "[",
        "- a:\n",
        "# root cause\n",
        "|" * 99 + "\n",
        "## Timeline\n- 13:22 a\n- 12:00 b\n",
        "`a" * 40 + "\n",
    ],
)
def test_hostile_text_is_looked_at_quickly(unit):
    text = (unit * (1_250_000 // len(unit) + 1))[:1_250_000]
    began = time.process_time()
    assert len(check(text, KNOWN)) < 300
    assert time.process_time() - began < 4  # it takes one at most; what runs away takes minutes


def test_of_a_very_long_document_it_says_how_far_it_looked():
    assert any("first 40,000 lines" in said for said in remarks(WHOLE + "word\n" * 50_000))
