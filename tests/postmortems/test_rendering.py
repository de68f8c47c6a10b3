"""A document as it is shown: live parts where they stand, own pictures, long texts at the cost of what changed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from postmortems.exporting.markdown import markdown_of
from postmortems.models import HiddenEvent, Picture, Postmortem
from postmortems.rendering import html_of
from runbooks import documents, markdown
from runbooks.documents import Setting, render_document, sections_of
from runbooks.escaping import escaped
from runbooks.fallback import starter_playbook
from runbooks.markdown import render, render_inline
from runbooks.reader import read
from tests.postmortems.conftest import an_item
from tests.security.inventory import inventory
from tests.security.vectors import VECTORS

DOCUMENTS = Path(__file__).parent.parent / "runbooks" / "documents"
PARAGRAPH = (
    "The cookie was scoped to `app.example` while **sign-in** returns to [the site][site]; see INC-12. "
)


def long_document(size: int) -> str:
    """Sections, lists, tables and code, about ``size`` characters."""
    section = f"## Part\n\n{PARAGRAPH * 4}\n\n- one *a*\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n# code\n```\n\n"
    return "[site]: https://example.com/\n\n" + "".join(
        section.replace("Part", f"Part {n}") for n in range(size // len(section) + 1)
    )


def timeline_of(html: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<li>(.*?)</li>", html, re.S)]


def test_timeline_tells_what_stands_oldest_first(postmortem: Postmortem, ada: User, grace: User) -> None:
    number = postmortem.incident_id
    first = operations.add_note(number, "Rolled back", by=grace)
    operations.correct_event(number, first.pk, "Rolled back the **cookie**", by=grace)
    hidden = operations.add_note(number, "Lunch", by=ada)
    HiddenEvent.objects.create(postmortem=postmortem, event=hidden, hidden_by=ada)
    earlier = postmortem.incident.started_at - timedelta(minutes=9)
    operations.add_note(number, "Alert fired", by=ada, occurred_at=earlier)
    said = timeline_of(html_of(postmortem, "{{ timeline }}"))
    assert said[0].endswith("Ada Lovelace: Alert fired")
    assert said[-1].endswith("Grace Hopper: Rolled back the cookie")
    assert not [line for line in said if "Lunch" in line or "paged" in line]


def test_timeline_is_in_the_organisations_zone(
    postmortem: Postmortem, ada: User, settings: LazySettings
) -> None:
    settings.ORGANISATION_TIMEZONE = "Europe/Lisbon"
    Incident.objects.filter(pk=postmortem.incident_id).update(started_at=datetime(2026, 10, 20, tzinfo=UTC))
    for hour, words in ((0, "Before"), (1, "After")):  # 01:30 comes twice in that night
        at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        operations.add_note(postmortem.incident_id, words, by=ada, occurred_at=at)
    html = html_of(postmortem, "{{ timeline }}")
    assert "Times are in Europe/Lisbon." in html
    assert "01:30 WEST - Ada Lovelace: Before" in html
    assert "01:30 WET - Ada Lovelace: After" in html
    assert "<strong>Sun 25 Oct 2026</strong>" in html


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("{{ timeline }}", "<p><em>Times are"),
        ("**Timeline:**\n{{Timeline}}\nAnd then", "<p><strong>Timeline:</strong></p>\n<p><em>Times are"),
        ("- {{ TIMELINE }}", "<li><p><em>Times are"),
        ("1. Timeline:\n   {{ timeline }}\n2. More", "<li><p>More</p>"),
        ("> {{ timeline }}", "<blockquote>\n<p><em>Times are"),
        ("- a\n\n  - {{ timeline }}\n\n# After", "<h2>After</h2>"),
    ],
)
def test_timeline_stands_wherever_a_block_may(postmortem: Postmortem, text: str, around: str) -> None:
    html = html_of(postmortem, text)
    assert around in html.replace("<li>\n<p><em>", "<li><p><em>")
    assert "Ada Lovelace declared SEV2" in html and "{{" not in html


@pytest.mark.parametrize(
    "text",
    [
        "See {{ timeline }}.",
        "## Timeline {{ timeline }}",
        "| a | b |\n|---|---|\n| x | {{ timeline }} |",
        "**{{ timeline }}**",
    ],
)
def test_timeline_within_a_line_is_told_in_the_line(postmortem: Postmortem, text: str) -> None:
    operations.add_note(postmortem.incident_id, "a | b", by=postmortem.incident.declared_by)
    html = html_of(postmortem, text)
    assert re.search(r"\d\d:\d\d Ada Lovelace declared SEV2", html) and "a | b" in html
    assert "<ul>" not in html and html.count("<td>") in (0, 2)


@pytest.mark.parametrize(
    "text",
    [
        "`{{ timeline }}`",
        "```\n{{ timeline }}\n```",
        "x\n\n    {{ timeline }}",
        "\\{{ timeline }}",
        "- a\n\n  ```\n  {{ timeline }}\n  ```",
    ],
)
def test_live_part_in_code_is_code(postmortem: Postmortem, text: str) -> None:
    assert "{{ timeline }}" in html_of(postmortem, text)


def test_live_parts_are_written_out_a_few_times_at_most(postmortem: Postmortem) -> None:
    html = html_of(postmortem, "{{ timeline }}\n\n" * 5000)
    assert html.count("declared SEV2") == 3
    assert html.count("{{ timeline }}") == 4997


def test_action_items_are_a_table(postmortem: Postmortem, ada: User) -> None:
    assert "No action items yet." in html_of(postmortem, "{{ action items }}")
    item = an_item(ada, title="Probe <b>sign-in</b> | `x`", incident=postmortem.incident)
    an_item(None, due_on=None, title="Later", postmortem=postmortem)
    html = html_of(postmortem, "x\n\n{{ action_items }}")
    assert f'<a href="/actions/{item.pk}/"' in html
    assert "Probe &lt;b&gt;sign-in&lt;/b&gt; | `x`</td>" in html
    assert "<td>nobody</td>\n<td>no date</td>" in html
    assert html.index("Probe") < html.index("Later")


def test_picture_is_shown_only_where_it_is_the_documents_own(postmortem: Postmortem, ada: User) -> None:
    own = Picture.objects.create(
        postmortem=postmortem,
        content=b"x",
        media_type="image/png",
        width=1,
        height=1,
        sha256="1",
        added_by=ada,
    )
    src = f"/incidents/{postmortem.incident_id}/postmortem/pictures/{own.pk}"
    for address in (src, f"https://evil.example{src}", f"pictures/{own.pk}.png"):
        assert f'<img src="{src}" alt="Graph">' in html_of(postmortem, f"![Graph]({address})")
    other = "/incidents/1/postmortem/pictures/00000000-0000-4000-8000-000000000000/"
    assert "<img" not in html_of(
        postmortem, f"![x]({other}) ![y](https://evil.example/{own.pk}.png) ![z](javascript:{own.pk})"
    )


def test_highest_heading_is_below_the_pages_own(postmortem: Postmortem) -> None:
    assert html_of(postmortem, "### A\n\n#### B") == "<h2>A</h2>\n<h3>B</h3>\n"
    assert html_of(postmortem, "# A\n\n```\n# no\n```\n## B").startswith("<h2>A</h2>")


# -- long documents -----------------------------------------------------------------------------------

PIECES = st.sampled_from([
    "# A\n", "## B\n", "text\n", "text [r] and [s][r]\n", "\n", "- a\n", "  b\n", "1. c\n", "   ```\n", "```\n", "~~~\n", "    code\n", "> q\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n", "[r]: https://example.com/1\n", "[r]: https://example.com/2\n", "===\n", "---\n", "`` ` ``\n", "``` x`y\n",
    "\t# C\n", "#\n", "- ```\n  # D\n", "> ```\n> # E\n", "  # F\n", "* * *\n", "lazy\n", "````\n", "**bold\n", "\\\n",
])  # fmt: skip


def whole(text: str) -> str:
    """``text`` read as one section."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "SHORT", len(text))
        return render_document(text)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=200, deadline=None)
def test_sections_read_as_the_whole_does(text: str) -> None:
    assert "".join(sections_of(text)) == text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "SHORT", -1)
        patch.setattr(documents, "LONG_SECTION", 60)
        documents._parted.clear()
        in_sections = render_document(text)
        documents._parted.clear()
    assert in_sections == whole(text)


def test_long_document_reads_as_the_whole_does() -> None:
    text = long_document(150_000)
    assert render_document(text) == whole(text)
    assert render_document("a **b**\nc") == "<p>a <strong>b</strong><br>\nc</p>\n"


def test_an_edit_costs_what_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    text = long_document(400_000)
    render_document(text)
    read_anew: list[str] = []
    parser_for = markdown.parser_for

    def noted(section: str) -> MarkdownIt:
        read_anew.append(section)
        return parser_for(section)

    monkeypatch.setattr(documents, "parser_for", noted)
    html = render_document(text.replace("## Part 50\n", "## Part fifty\n"))
    assert "Part fifty" in html
    assert sum(map(len, read_anew)) < 5_000


@pytest.mark.parametrize(
    "flood",
    [
        "[" * 300_000,
        "a [" * 100_000,
        "![" * 200_000,
        "`" * 400_000,
        "*a_ " * 200_000,
        "| a " * 200_000,
        ">" * 300_000,
        "- [ ] a\n" * 100_000,
        "# a\n" * 300_000,
        "{{ timeline }}" * 100_000,
        "~~~\n# a\n" * 100_000,
        "   ```\n# a\n" * 50_000,
    ],
)
def test_flood_is_shown_one_way_or_another(postmortem: Postmortem, flood: str) -> None:
    assert len(html_of(postmortem, flood)) > 1000


def test_document_beyond_all_measure_is_shown_as_written(postmortem: Postmortem) -> None:
    assert html_of(postmortem, "**a** " * 500_000).startswith("<pre>**a** ")


# -- there and back ----------------------------------------------------------------------------------

TEMPLATES = [
    starter_playbook().postmortem_template.text,
    *(read(path.read_bytes()).postmortem_template.text for path in sorted(DOCUMENTS.glob("*.md"))),
]
PLACES = st.sampled_from([
    "{{ timeline }}", "{{action_items}}", "- {{ timeline }}\n", "> {{ Timeline }}\n", "| x | {{ action items }} |\n", "`{{ timeline }}`", "\n\n", "\n",
    "1. a\n   {{ timeline }}\n", "\n\n    {{ timeline }}\n", "**{{ timeline }}**", "# {{ timeline }}\n", "```\n{{ timeline }}\n```\n", "\\{{ timeline }}", "| a | b |\n|---|---|\n",
])  # fmt: skip


@given(
    st.lists(
        st.one_of(st.sampled_from([t for t in TEMPLATES if t]), st.sampled_from(VECTORS), PLACES),
        min_size=1,
        max_size=8,
    ).map("".join)
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exported_markdown_pasted_back_reads_the_same(furnished: Postmortem, text: str) -> None:
    furnished.text = text
    exported = markdown_of(furnished)
    assert html_of(furnished, exported) == html_of(furnished, text)


@pytest.fixture
def furnished(postmortem: Postmortem, ada: User) -> Postmortem:
    """Its record holds the nastiest of words."""
    for vector in (
        *VECTORS[::4],
        "{{ timeline }}",
        "`{{ action items }}`",
        "a\n\n```\n{{ timeline }}\n```\n- b\n1. c",
    ):
        operations.add_note(postmortem.incident_id, vector.replace("\x01", ""), by=ada)
    for vector in (*VECTORS[::9], "{{ timeline }}", "a | b"):
        an_item(ada, title=vector.replace("\x01", "")[:300], incident=postmortem.incident)
    return postmortem


@pytest.mark.parametrize(
    "words",
    [
        *VECTORS,
        "1. a",
        "- a",
        "# a",
        "a_b_c _d_",
        "&lt; &amp;",
        "a\\b",
        "=== x",
        "{{ timeline }}",
        "~~x~~",
        "12) a",
        "> a",
        "+ a",
    ],
)
def test_escaped_words_are_shown_as_they_are(words: str) -> None:
    words = " ".join(words.replace("\x01", "").split())
    for html in (render(escaped(words)), render_inline(escaped(words))):
        made = {tag for tag, *_ in inventory(html)}
        assert made <= {"p", "a"}
        assert re.sub(r"\s+", " ", _words(html)) == words


def _words(html: str) -> str:
    from html import unescape

    return unescape(re.sub(r"</?(?:p|a)\b[^>]*>", "", html)).strip()


def test_links_to_this_site_lead_from_its_root() -> None:
    setting = Setting(home="https://allclear.example")
    html = render_document(
        "[a](https://allclear.example/actions/1/) [b](https://allclear.example//evil) <https://allclear.example/x>",
        setting,
    )
    assert (
        'href="/actions/1/"' in html
        and 'href="https://allclear.example//evil"' in html
        and 'href="/x"' in html
    )
