"""The first user's runbook, read whole: what each part of it becomes."""

from pathlib import Path

import pytest

from runbooks.playbook import Item, Playbook, Severity
from runbooks.reader import read

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture(scope="module")
def book() -> Playbook:
    return read((DOCUMENTS / "incident-response.md").read_bytes())


def test_title_owner_and_channel(book: Playbook) -> None:
    assert book.title == "Incident Response Runbook"
    assert book.owner == "On-call engineer / Incident Commander"
    assert book.channel_pattern == "#incident-YYYY-MM-DD-brief-desc"


def test_severities_with_their_response_as_a_rule(book: Playbook) -> None:
    rules = [(s.name, s.response, s.response_rule, s.response_minutes) for s in book.severities]
    assert rules == [
        ("SEV1", "Immediate", "immediate", 0),
        ("SEV2", "< 1 hour", "minutes", 60),
        ("SEV3", "< 4 hours", "minutes", 240),
        ("SEV4", "Next business day", "next_business_day", None),
    ]
    assert book.severities[0] == Severity(
        "SEV1", "Service down, data breach", "Immediate", 0, "immediate",
        "App completely unavailable, security breach", None, 15,
    )  # fmt: skip


def test_triage_has_three_tasks_four_tasks_and_three_questions(book: Playbook) -> None:
    triage = [c for c in book.checklists if c.phase == "Initial Triage (First 15 minutes)"]
    assert [(c.title, c.style, len(c.items)) for c in triage] == [
        ("1. Acknowledge and Communicate", "task", 3),
        ("2. Gather Information", "task", 4),
        ("3. Assess Scope", "bullets", 3),
    ]
    assert {item.kind for item in triage[2].items} == {"question"}


def test_a_task_keeps_the_command_it_mentions(book: Playbook) -> None:
    logs = book.checklists[1].items[0]
    assert logs == Item("Check error logs: Vercel dashboard or `vercel logs`", "task", "vercel logs", 30)


def test_branches_with_their_commands(book: Playbook) -> None:
    assert [branch.title for branch in book.branches] == [
        "If caused by recent deployment",
        "If caused by external service (Claude API)",
        "If caused by database issues",
        "If security incident",
    ]
    assert book.branches[0].items == (
        Item("Rollback to previous deployment in Vercel", "command", "vercel rollback", 46),
        Item("Or revert commit and redeploy", "command", "git revert HEAD\ngit push origin main", 49),
    )
    assert [item.kind for item in book.branches[3].items] == ["task"] * 4


def test_a_query_in_a_comment_is_a_command_and_pointed_out(book: Playbook) -> None:
    first, second = book.branches[2].items
    assert first.command == "npx prisma db pull"
    assert second.command == "SELECT * FROM pg_stat_activity WHERE state = 'active';"
    assert second.text == "Check for locks or long queries. Connect to PostgreSQL and run:"
    assert any(warning.line == 65 and "comment" in warning.message for warning in book.warnings)


def test_templates_tell_blanks_from_tags(book: Playbook) -> None:
    initial, resolution = book.templates
    assert (initial.title, initial.tags, initial.placeholders) == (
        "Initial Update", ("[INVESTIGATING]",), ("[feature]", "[symptom]"),
    )  # fmt: skip
    assert resolution.placeholders == ("[feature]", "[brief explanation]", "[start time]", "[end time]")
    assert resolution.text.startswith("[RESOLVED] The issue with [feature]")


def test_the_cadence_promised_in_a_template_counts_where_no_other_is_given(book: Playbook) -> None:
    assert [(c.text, c.minutes, c.severity, c.line) for c in book.cadences] == [
        ("every 30 minutes", 30, "", 82)
    ]


def test_contacts_are_kept_as_written_and_each_placeholder_is_a_warning(book: Playbook) -> None:
    assert [(c.role, c.contact, c.when) for c in book.contacts][1] == (
        "Secondary On-Call", "[Update]", "If primary unavailable",
    )  # fmt: skip
    assert book.contacts[0].columns == {
        "Role": "Primary On-Call", "Contact": "[Update]", "When to Escalate": "First responder",
    }  # fmt: skip
    assert [w.line for w in book.warnings if "nobody can be reached" in w.message] == [141, 142, 143, 144]


def test_postmortem_template_with_its_text(book: Playbook) -> None:
    assert (book.postmortem_template.present, book.postmortem_template.line) == (True, 104)
    assert book.postmortem_template.text.startswith("## Incident: [Title]")
    assert book.postmortem_template.text.endswith("- What could be improved")


def test_deadline_and_the_checklist_it_heads(book: Playbook) -> None:
    assert [(d.text, d.minutes, d.line) for d in book.deadlines] == [("Within 24 hours", 1440, 97)]
    after = book.checklists[-1]
    assert (after.title, after.phase, len(after.items)) == ("Within 24 hours", "Post-Incident", 4)


def test_related_runbooks_with_their_targets(book: Playbook) -> None:
    assert [(r.title, r.target, r.line) for r in book.related] == [
        ("Secrets Management", "./secrets-management.md", 150),
        ("Deployment", "./deploy.md", 151),
        ("Rollback", "./rollback.md", 152),
    ]
