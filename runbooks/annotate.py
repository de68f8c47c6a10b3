"""A runbook as rendered, section by section, each with a tag that says what was understood of it."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.safestring import SafeString
from markdown_it.token import Token

from runbooks import markdown
from runbooks.fallback import is_unset
from runbooks.outline import branch_size, cadence_words, channel_line, plural, questions, steps
from runbooks.playbook import Playbook
from runbooks.related import Shelf
from runbooks.understood import to_fix

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{1,20000}?)\n---[ \t]*\n", re.DOTALL)
_BEYOND = 1_000_000_000  # a line after every document's last


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what follows it, up to the next. ``line`` is 1-based; ``tag`` is "" where nothing was read."""

    html: SafeString
    line: int
    tag: str = ""
    needs_work: bool = False


class Annotated:
    """The sections of a document, and the anchor on the page for any of its lines."""

    def __init__(self, text: str, playbook: Playbook, shelf: Shelf) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._anchored: list[int] = []
        if markdown.is_too_costly(text):
            self.sections: tuple[Section, ...] = (Section(markdown.plain(text), 1),)
        else:
            self.sections = tuple(self._sections(text, playbook, shelf))

    def anchor(self, line: int) -> int:
        """The nearest line at or before ``line`` that has an anchor on the page; 0 when none has."""
        at = bisect_right(self._anchored, line)
        return self._anchored[at - 1] if at else 0

    def _sections(self, text: str, playbook: Playbook, shelf: Shelf) -> Iterator[Section]:
        head = _FRONT_MATTER.match(text)
        if head:
            yield Section(markdown.plain(head[1]), 1)
            text = "\n" * head[0].count("\n") + text[head.end() :]
        tokens = _without_title(markdown.parse(text), playbook.title)
        self._anchored = _add_anchors(tokens)
        _mark_blanks(tokens, playbook)
        deepest = 2 if any(t.type == "heading_open" and t.tag == "h1" for t in tokens) else 1
        tags = _Tags(playbook, text, shelf)
        resolve = _resolver(playbook, shelf)
        for start, end, part in _split(tokens):
            html = markdown.render_tokens(part, first_heading=deepest, resolve=resolve)
            tag, needs_work = tags.between(start, end)
            yield Section(html, start, tag, needs_work)


def _resolver(playbook: Playbook, shelf: Shelf) -> markdown.Resolve:
    """Where a relative link leads: the runbook of that file name, or of the title it was given here."""
    related = {link.target: link.url for link in shelf.links(playbook)}
    return lambda target: related.get(target) or shelf.url(target)


def _without_title(tokens: list[Token], title: str) -> list[Token]:
    """Without the first heading where it is the document's name: the page has it already, as its h1."""
    at = next((i for i, token in enumerate(tokens) if token.type == "heading_open"), None)
    if at is None or tokens[at].tag != "h1":
        return tokens
    return tokens[:at] + tokens[at + 3 :]


def _add_anchors(tokens: Sequence[Token]) -> list[int]:
    """Give each line where a block begins its id, once, and return those lines."""
    seen: list[int] = []
    for token in tokens:
        if (
            token.map is None
            or token.hidden
            or token.type in ("inline", "thead_open", "tbody_open", "html_block")
        ):
            continue
        line = token.map[0] + 1
        if not seen or line > seen[-1]:
            token.attrSet("id", f"L{line}")
            seen.append(line)
    return seen


def _mark_blanks(tokens: Sequence[Token], playbook: Playbook) -> None:
    """Mark the placeholders of message templates, and contacts that are still placeholders."""
    unset = {c.line: c.contact for c in playbook.contacts if c.contact and is_unset(c.contact)}
    for token in tokens:
        if token.map and token.type in ("fence", "code_block"):
            lines = range(token.map[0] + 1, token.map[1] + 1)
            token.meta["blanks"] = [b for t in playbook.templates if t.line in lines for b in t.placeholders]
        elif token.map and token.type == "inline" and (words := unset.get(token.map[0] + 1)):
            markdown.mark_words(token, words)


def _split(tokens: Sequence[Token]) -> Iterator[tuple[int, int, Sequence[Token]]]:
    """(first line, line after the last, tokens) of each stretch from one top-level heading to the next."""
    starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0 and i > 0]
    cuts = [(1, 0), *((_line(tokens[i]), i) for i in starts), (_BEYOND, len(tokens))]
    for (first, begin), (after, end) in pairwise(cuts):
        if begin < end:
            yield first, after, tokens[begin:end]


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


class _Tags:
    """What the reader found between two lines, in a few words."""

    def __init__(self, playbook: Playbook, text: str, shelf: Shelf) -> None:
        self._playbook = playbook
        self._links = shelf.links(playbook)
        self._warnings = to_fix(playbook, shelf)
        self._channel_line = channel_line(playbook, text)

    def between(self, start: int, end: int) -> tuple[str, bool]:
        here = range(start, end)
        said = [words for words in self._said(here) if words]
        tag = ", ".join(said)
        return tag[:1].upper() + tag[1:], self._needs_work(here)

    def _said(self, here: range) -> Iterator[str]:
        book = self._playbook
        yield _count(book.severities, here, "severity level")
        for checklist in book.checklists:
            if checklist.line in here:
                asked = plural(questions(checklist), "question") if questions(checklist) else ""
                todo = f"checklist, {plural(steps(checklist), 'step')}" if steps(checklist) else ""
                yield ", ".join(filter(None, (todo, asked))) or "checklist"
        branches = [b for b in book.branches if b.line in here]
        if len(branches) == 1:
            yield ", ".join(filter(None, ("containment branch", branch_size(branches[0]))))
        elif branches:
            yield f"{len(branches)} containment branches"
        yield _count(book.templates, here, "template")
        if cadence := cadence_words({c.minutes for c in book.cadences if c.line in here and c.minutes}):
            yield f"update every {cadence}"
        yield _count(book.contacts, here, "contact")
        yield from (f"{n} not set" for n in [self._unset(here)] if n)
        yield "channel name" if self._channel_line in here else ""
        template = book.postmortem_template
        yield "post-mortem template" if template.present and template.line in here else ""
        due = [d.text.rstrip(":.") for d in book.deadlines if d.line in here]
        yield (
            due[0].lower()
            if len(due) == 1 and len(due[0]) <= 30
            else _count(book.deadlines, here, "deadline")
        )
        yield from self._related(here)

    def _related(self, here: range) -> Iterator[str]:
        links = [link for link in self._links if link.line in here]
        if links:
            absent = sum(not link.url for link in links)
            yield plural(len(links), "related runbook")
            yield f"{absent} not here" if absent else ""

    def _unset(self, here: range) -> int:
        return sum(c.line in here and is_unset(c.contact) for c in self._playbook.contacts)

    def _needs_work(self, here: range) -> bool:
        return any(w.line in here for w in self._warnings) or any(
            not link.url for link in self._links if link.line in here
        )


def _count(finds: Iterable[object], here: range, word: str) -> str:
    count = sum(getattr(find, "line", 0) in here for find in finds)
    return plural(count, word) if count else ""
