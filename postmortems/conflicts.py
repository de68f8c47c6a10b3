"""A text that waits beside the document, against the document: what stands against what."""

from dataclasses import dataclass
from functools import cached_property

from postmortems.merging import Merge, Passage, merge
from postmortems.models import Postmortem, PostmortemRevision

#: How many passages a page shows, and how many letters of each side.
PASSAGES, LETTERS = 20, 20_000


@dataclass
class Conflict:
    """``waiting`` against ``text``, the document as it is, or as it was shown."""

    document: Postmortem
    waiting: PostmortemRevision
    text: str

    @cached_property
    def merged(self) -> Merge:
        base = self.document.revisions.filter(number=self.waiting.base_number).first()
        if base is None:
            theirs, mine = (tuple(text.split("\n")) for text in (self.text, self.waiting.text))
            return Merge((Passage((), theirs, mine, 1),))
        return merge(base.text, self.text, self.waiting.text)

    @cached_property
    def current(self) -> PostmortemRevision | None:
        """The version that the document is."""
        found = self.document.revisions.select_related("saved_by").defer("text")
        return found.filter(number=self.document.number).first()

    @property
    def passages(self) -> list[list[tuple[str, str]]]:
        """Of each passage its sides, named, as the page shows them."""
        by = self.waiting.saved_by
        names = ("In the document", f"Written by {by.name}" if by else "Written meanwhile", "Before both")
        return [
            [
                (name, "\n".join(lines)[:LETTERS])
                for name, lines in zip(names, (p.theirs, p.mine, p.base), strict=True)
            ]
            for p in self.merged.passages[:PASSAGES]
        ]

    @property
    def more(self) -> int:
        """How many passages are not shown."""
        return max(0, len(self.merged.passages) - PASSAGES)
