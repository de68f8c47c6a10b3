"""Where a passage stands in a document, however much was written around it since.

People quote what they read, not what was written: "scoped to app.example while" of "scoped to `app.example`
while". So where the very letters are not found, letters and digits alone are compared.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_WORD = re.compile(r"[^\W_]+")
#: Where a link leads is not read: "[the graph](https://…)" is "the graph".
_TARGET = re.compile(r"\]\([^()\s]{0,2000}\)")
#: Letters of half a passage from which it is taken for the passage, changed.
ENOUGH = 24


@dataclass(frozen=True, slots=True)
class Passage:
    """Letters ``start`` to ``end`` of a text, beginning in ``line`` from 1. ``is_whole``: nothing of it changed."""

    start: int
    end: int
    line: int
    is_whole: bool = True


class Text:
    """A document in which passages are looked for; several cost hardly more than one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, quote: str, near: int = 0) -> Passage | None:
        """The passage nearest to letter ``near``; where only its first or last half is left, that half; else None."""
        if not quote.strip():
            return None
        return self._exact(quote.strip(), near) or self._read(quote, near)

    def _exact(self, quote: str, near: int) -> Passage | None:
        start = _nearest(self.text, self._backwards, quote, near)
        return None if start < 0 else self._passage(start, start + len(quote))

    def _read(self, quote: str, near: int) -> Passage | None:
        letters = "".join(_WORD.findall(_TARGET.sub("]", quote)))
        if not letters:
            return None
        where = bisect_right(self._starts, near) - 1
        close = self._places[where] if where >= 0 else 0
        if (found := self._letters_at(letters, close)) is not None:
            return found
        half = len(letters) // 2
        parts = (letters[:half], letters[half:]) if half >= ENOUGH else ()
        left = (self._letters_at(part, close, is_whole=False) for part in parts)
        return next((found for found in left if found), None)

    def _letters_at(self, letters: str, near: int, *, is_whole: bool = True) -> Passage | None:
        at = _nearest(self._letters, self._letters_backwards, letters, near)
        if at < 0:
            return None
        return self._passage(self._origin(at), self._origin(at + len(letters) - 1) + 1, is_whole)

    def _origin(self, place: int) -> int:
        """Where in the document the letter at ``place`` of ``_letters`` stands."""
        word = bisect_right(self._places, place) - 1
        return self._starts[word] + place - self._places[word]

    def _passage(self, start: int, end: int, is_whole: bool = True) -> Passage:
        return Passage(start, end, self.text.count("\n", 0, start) + 1, is_whole)

    @cached_property
    def _backwards(self) -> str:
        return self.text[::-1]

    @cached_property
    def _letters_backwards(self) -> str:
        return self._letters[::-1]

    @cached_property
    def _words(self) -> list[re.Match[str]]:
        # A target is as long as it was, so that what follows it stays where it is.
        return list(_WORD.finditer(_TARGET.sub(lambda match: " " * len(match[0]), self.text)))

    @cached_property
    def _letters(self) -> str:
        return "".join(word[0] for word in self._words)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each word begins in the document."""
        return [word.start() for word in self._words]

    @cached_property
    def _places(self) -> list[int]:
        """Where each word begins in ``_letters``."""
        places, at = [], 0
        for word in self._words:
            places.append(at)
            at += len(word[0])
        return places


def _nearest(text: str, backwards: str, part: str, near: int) -> int:
    """Where ``part`` begins in ``text``, nearest to ``near``; -1 where it is not."""
    near = max(0, min(near, len(text)))
    after = text.find(part, near)
    # Not rfind, which takes the product of both lengths for some texts.
    behind = backwards.find(part[::-1], max(0, len(text) - near - len(part)))
    before = -1 if behind < 0 else len(text) - behind - len(part)
    if after < 0 or before < 0:
        return max(after, before)
    return after if after - near < near - before else before
