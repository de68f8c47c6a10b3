from datetime import date

import pytest

from runbooks.fallback import effective, is_unset, starter_playbook
from runbooks.levels import levels_named
from runbooks.playbook import Cadence, Checklist, Contact, Item, Playbook, Severity, Template
from runbooks.wording import channel_name

SEVS = tuple(Severity(name=f"SEV{n}", response="soon") for n in (1, 2, 3, 4))
PS = tuple(Severity(name=f"P{n} - {word}") for n, word in enumerate(("Critical", "High", "Medium", "Low")))
WORDS = tuple(Severity(name=word) for word in ("Critical", "High", "Low"))
DAY = date(2026, 11, 12)


@pytest.mark.parametrize(
    ("text", "severities", "expected"),
    [
        ("SEV1/SEV2 incidents", SEVS, {1, 2}),
        ("Required for SEV1/2", SEVS, {1, 2}),
        ("SEV-1 Criteria (any of the following)", SEVS, {1}),
        ("sev 2 and above", SEVS, {1, 2}),
        ("SEV3+", SEVS, {1, 2, 3}),
        ("SEV1–SEV3", SEVS, {1, 2, 3}),
        ("SEV2, SEV3 and SEV4", SEVS, {2, 3, 4}),
        ("SEV3 or below", SEVS, {3, 4}),
        ("P0: all zones offline", PS, {1}),
        ("P2/P3 - Medium/Low Priority", PS, {3, 4}),
        ("Critical incidents", WORDS, {1}),
        ("Severity: High", WORDS, {2}),
        ("High CPU", WORDS, set()),
        ("Step 1: look at S3 and L2 caches", PS, set()),
        ("Within 24 hours", SEVS, set()),
        ("SEV9", SEVS, set()),
    ],
)
def test_levels_named(text: str, severities: tuple[Severity, ...], expected: set[int]) -> None:
    assert levels_named(text, severities) == expected


def test_an_empty_runbook_falls_back_on_the_starter_for_every_part_and_says_so() -> None:
    whole = effective(Playbook(title="Ours"))
    assert whole.title == "Ours"
    assert [s.name for s in whole.severities] == ["SEV1", "SEV2", "SEV3", "SEV4"]
    assert whole.checklists and whole.branches and whole.templates and whole.contacts and whole.deadlines
    assert whole.postmortem_template.present
    assert {"severities", "checklists", "cadences", "channel_pattern", "contacts"} <= whole.from_starter


def test_what_the_runbook_says_stays_its_own() -> None:
    own = Playbook(severities=PS, contacts=(Contact(role="Lead", contact="Ada"),))
    whole = effective(own)
    assert whole.severities == PS and whole.contacts == own.contacts
    assert not {"severities", "contacts"} & whole.from_starter


def test_levels_without_response_times_take_the_starters() -> None:
    whole = effective(Playbook(severities=PS))
    assert "responses" in whole.from_starter
    assert whole.response_for(1).rule == "immediate" and whole.response_for(1).minutes == 0
    assert whole.response_for(4).rule == "next_business_day"
    assert effective(Playbook(severities=SEVS)).response_for(1).text == "soon"


def test_a_level_beyond_the_scale_is_the_mildest_there_is() -> None:
    assert effective(Playbook(severities=WORDS)).severity_at(7).name == "Low"
    assert effective(Playbook(severities=WORDS)).severity_at(0).name == "Critical"


@pytest.mark.parametrize(
    ("cadences", "expected"),
    [
        ((), [20, 30, 120, None]),
        ((Cadence("often"),), [20, 30, 120, None]),
        ((Cadence("every 30 minutes", 30),), [30, 30, 30, None]),
        ((Cadence("15", 15, "SEV1"), Cadence("60", 60, "SEV2/SEV3")), [15, 60, 60, None]),
        ((Cadence("15", 15, "SEV1"), Cadence("45", 45)), [15, 45, 45, None]),
        ((Cadence("c", 60, "", "customers"), Cadence("i", 20, "", "internal")), [20, 20, 20, None]),
    ],
)
def test_cadence_minutes(cadences: tuple[Cadence, ...], expected: list[int | None]) -> None:
    levels = (*SEVS[:3], Severity(name="SEV4", response="Monday", response_rule="next_business_day"))
    whole = effective(Playbook(severities=levels, cadences=cadences))
    assert [whole.cadence_minutes(level) for level in (1, 2, 3, 4)] == expected


def test_the_severitys_own_cadence_comes_first() -> None:
    own = Playbook(severities=(Severity("SEV1", cadence_minutes=10),), cadences=(Cadence("x", 60),))
    assert effective(own).cadence_minutes(1) == 10


def test_a_checklist_for_a_level_is_asked_at_that_level_only() -> None:
    lists = (Checklist("Triage"), Checklist("SEV1/SEV2: widen"), Checklist("Tell people", phase="SEV3 only"))
    whole = effective(Playbook(severities=SEVS, checklists=lists))
    assert [c.title for c in whole.checklists_for(1)] == ["Triage", "SEV1/SEV2: widen"]
    assert [c.title for c in whole.checklists_for(3)] == ["Triage", "Tell people"]
    assert [c.title for c in whole.checklists_added(3, 2)] == ["SEV1/SEV2: widen"]
    assert whole.checklists_added(2, 1) == ()


def test_contacts_for_a_level() -> None:
    people = (Contact("Lead", when="SEV1/SEV2 incidents"), Contact("Security", when="Security incidents"))
    whole = effective(Playbook(severities=SEVS, contacts=people))
    assert [c.role for c in whole.contacts_for(2)] == ["Lead"]
    assert whole.contacts_for(3) == ()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("#incident-YYYY-MM-DD-brief-desc", "incident-2026-11-12-chat-is-down"),
        ("#incident-YYYY-MM-DD-short-description", "incident-2026-11-12-chat-is-down"),
        ("#inc-<date>-<short-name>", "inc-2026-11-12-chat-is-down"),
        ("incident-[YYYY-MM-DD]-[brief-description]", "incident-2026-11-12-chat-is-down"),
        ("#inc_{YYYYMMDD}_{slug}", "inc_20261112_chat-is-down"),
        ("#incident-{{date}}", "incident-2026-11-12-chat-is-down"),
        ("#inc-{number}-{title}-war-room", "inc-chat-is-down-war-room"),
        ("#incident-<description>-YYYYMMDD", "incident-chat-is-down-20261112"),
        ("#incidents", "incidents-chat-is-down"),
        ("", "incident-2026-11-12-chat-is-down"),
    ],
)
def test_channel_name(pattern: str, expected: str) -> None:
    assert channel_name(pattern, "Chat is DOWN!", DAY) == expected


@pytest.mark.parametrize("title", ["x" * 500, "로그인 실패", "Überall é", "\x00\u202e", "", "-" * 90])
def test_a_channel_name_is_ascii_and_never_over_80(title: str) -> None:
    for pattern in ("#incident-YYYY-MM-DD-brief-desc", "#" + "é" * 200, "#<title>-" + "x" * 100):
        name = channel_name(pattern, title, DAY)
        assert len(name) <= 80 and name.isascii() and name == name.strip("-")


def test_the_first_message_is_what_the_checklist_says_to_post() -> None:
    post = Item('Post initial status: "Investigating [symptom]. Impact: [user-facing effect]"')
    whole = effective(Playbook(checklists=(Checklist("Tell", items=(Item("Ack"), post)),)))
    assert (
        whole.first_message("no replies", "chat is dead") == "Investigating no replies. Impact: chat is dead"
    )
    assert whole.first_message("no replies", "") == "Investigating no replies. Impact: [user-facing effect]"
    assert [p.slot for p in whole.first_message_parts()] == ["", "symptom", "", "impact"]


def test_without_one_it_is_the_first_template_with_its_tag_kept() -> None:
    template = Template("Initial Update", "[INVESTIGATING] It is broken: {{symptom}}. <impact>")
    whole = effective(Playbook(checklists=(Checklist("Do", items=(Item("Look"),)),), templates=(template,)))
    assert whole.first_message("slow", "all") == "[INVESTIGATING] It is broken: slow. all"


def test_a_letter_is_no_first_message() -> None:
    letter = Template("Breach", "Subject: Your data\n\nDear [User],\nwe are sorry.")
    whole = effective(Playbook(checklists=(Checklist("Do", items=(Item("Look"),)),), templates=(letter,)))
    assert whole.first_message("slow", "all") == "Investigating slow. Impact: all"


def test_a_blank_after_the_word_impact_is_the_impact() -> None:
    template = Template(
        "Initial", "What: [brief description]\nImpact: [brief description]\nWe are looking into it."
    )
    whole = effective(Playbook(checklists=(Checklist("Do", items=(Item("Look"),)),), templates=(template,)))
    assert whole.first_message("slow", "all") == "What: slow\nImpact: all\nWe are looking into it."


def test_words_with_a_blank_that_nobody_can_fill_are_not_posted() -> None:
    template = Template(
        "Initial Update", "[feature] is broken: [symptom]. Next update at [next update time]."
    )
    whole = effective(Playbook(checklists=(Checklist("Do", items=(Item("Look"),)),), templates=(template,)))
    assert whole.first_message("slow", "all") == "Investigating slow. Impact: all"


@pytest.mark.parametrize("unset", ["[Update]", "", " - ", "TBD", "<phone>", "**[Update]**", "{{name}}"])
def test_a_placeholder_is_no_contact(unset: str) -> None:
    assert is_unset(unset)


@pytest.mark.parametrize("reachable", ["@ada", "+44 20 7946 0000", "<ada@example.org>", "Ada [mobile]"])
def test_a_contact_is(reachable: str) -> None:
    assert not is_unset(reachable)


def test_the_starter_has_every_part() -> None:
    starter = starter_playbook()
    assert len(starter.severities) == 4 and [s.response_minutes for s in starter.severities[:3]] == [
        0,
        60,
        240,
    ]
    assert len(starter.branches) == 5 and len(starter.templates) == 3
    assert starter.channel_pattern and starter.postmortem_template.present and starter.deadlines
    assert starter.contacts[0].role == "Primary On-Call" and len(starter.contacts) == 4
    assert {r.target for r in starter.related} == {
        f"./{n}.md" for n in ("rollback", "deployment", "secrets-management")
    }
