"""Whatever is pasted: a Playbook or a ReaderError with words for the author, and soon."""

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from runbooks.playbook import Playbook
from runbooks.reader import MAX_BYTES, MAX_LINES, ReaderError, read

SECONDS = 5.0  # of processor time, on a slow machine; each of these takes well under two


@pytest.mark.parametrize("source", ["a\n" * 2_500_000, b"x" * (MAX_BYTES + 1)])
def test_too_large_a_document_is_refused_with_its_size(source: str | bytes) -> None:
    with pytest.raises(ReaderError, match=r"MB\. A runbook can have up to 1 MB"):
        read(source)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(ReaderError, match="split it into several runbooks"):
        read("a\n" * (MAX_LINES + 1))


DOCUMENTS = {
    "rows": "# Severity\n\n| Level | Description |\n|-|-|\n" + "| SEV1 | x |\n" * 10_000,
    "contacts": "# Contacts\n\n| Role | Contact |\n|-|-|\n" + "| Role | [Update] |\n" * 10_000,
    "nested lists": "".join(" " * depth + "- a\n" for depth in range(1000)),
    "nested quotes": ">" * 1000 + " a",
    "brackets": "[" * 64_000,
    "images": "![" * 64_000,
    "emphasis": "# Templates\n\n```\n" + "**a _b " * 20_000 + "\n```\n",
    "open link": "- [a](" * 60_000,
    "items": "# Contacts\n\n" + "- a: b\n" * 11_900,
    "labels": "".join(f"**If h{index}:**\n- a\n\n" for index in range(3900)),
    "headings": "".join(f"{'#' * (index % 6 + 1)} If h{index}\n- a\n" for index in range(5900)),
    "open quote": '```bash\necho "\n' + "a\n" * 11_900,
    "wide table": "|a" * 3000 + "|\n" + "|-" * 3000 + "|\n" + ("|x" * 3000 + "|\n") * 10,
    "references": "\n".join(f"[runbook{n}]: http://x/{n}" for n in range(5900)) + " [runbook1]" * 5900,
    "html": "<table><tr><td>" + "<li>" * 10_000,
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_hostile_document_is_read_soon(document: str) -> None:
    began = time.process_time()
    read(document)
    assert time.process_time() - began < SECONDS


def test_reading_costs_a_few_times_what_parsing_the_markdown_does() -> None:
    section = "## Scenario: database {0}\n\n**Symptoms:**\n\n- slow\n\n1. Check `psql -c 'SELECT 1'`\n2. Restart it within 10 minutes\n\n"
    document = "# Runbook\n\n" + "".join(section.format(index) for index in range(230))
    assert _least(read, document) < 8 * _least(MarkdownIt().parse, document)  # about 2.5


def _least(do: Callable[[str], object], document: str) -> float:
    """Seconds of processor time."""
    times = []
    for attempt in range(5):
        began = time.process_time()
        do(document + "\n" * attempt)
        times.append(time.process_time() - began)
    return min(times)


def test_an_empty_document_says_so() -> None:
    assert [warning.message for warning in read(" \n").warnings] == ["The document is empty."]


@pytest.mark.parametrize(
    "source", [b"# Title\n\nbad \xff\xfe byte\n", "# Title\n\nNUL \x00 byte\n", "# Title\n\nhalf \ud800\n"]
)
def test_what_cannot_be_text_is_replaced_and_told(source: str | bytes) -> None:
    book = read(source)
    assert book.title == "Title"
    assert (book.warnings[0].line, "replaced" in book.warnings[0].message) == (3, True)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.encode("utf-16"),
    ],
)
def test_line_ends_and_encodings_do_not_matter(encode: object) -> None:
    text = "# Title\n\n## Steps\n\n- [ ] One\n- [ ] Two\n"
    book = read(encode(text))  # type: ignore[operator]
    assert book.title == "Title"
    assert [(item.text, item.line) for item in book.checklists[0].items] == [("One", 5), ("Two", 6)]


FRAGMENTS = st.sampled_from(
    ["# ", "## Severity levels\n", "## If ", "| P1 | x |\n", "|-|-|\n", "| Level | Response |\n", "- [ ] ", "1. ", "> ", "```\n", "```bash\n", "# a\n", "**Symptoms:**\n", "- a\n",
     "[a](b)", "[x] ", "{x}", "<x>", "every 30 minutes", "within 24 hours", "P1/P2", "SEV1", "SELECT 1;", "\n", "\n\n", "\t", "  ", "## Contacts\n", "| Role | Contact |\n", "| A | TBD |\n",
     "## Post-mortem template\n", "### Summary\n", "## Communication templates\n", "[RESOLVED]", "<table>", "<tr><td>", "---\n", "a: b\n", "#inc-YYYY", "☐ ", "\\", "`", "*", "\r\n", "\x00", "\ud800", "é", "심각", "즉시"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.lists(FRAGMENTS, max_size=60).map("".join), st.text(max_size=400), st.binary(max_size=400))
)
def test_anything_at_all_is_read_and_every_line_is_in_the_document(source: str | bytes) -> None:
    book = read(source)
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= line <= last for line in _lines(book))


def _lines(book: Playbook) -> Iterator[int]:
    for part in (
        book.severities,
        book.checklists,
        book.branches,
        book.templates,
        book.cadences,
        book.contacts,
        book.deadlines,
        book.related,
        book.warnings,
    ):
        yield from (found.line for found in part)
    for items in (*(group.items for group in book.checklists), *(group.items for group in book.branches)):
        yield from (item.line for item in items)
    if book.postmortem_template.present:
        yield book.postmortem_template.line
