"""Everything a page says beside a source: what was found, what was not, what is worth fixing."""

import re
from dataclasses import dataclass

from runbooks.outline import Part, found, missing, worth_fixing
from runbooks.playbook import Playbook, Warning_
from runbooks.reader import ReaderError, read
from runbooks.related import Link, Shelf
from runbooks.source import text_of

_ASKS_FOR = re.compile(r"`([^`]+\.(?:md|markdown))`.*Load that runbook", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Understood:
    """``error`` is set, and the rest empty, where the reader gave up."""

    parts: tuple[Part, ...] = ()
    missing: tuple[Part, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    related: tuple[Link, ...] = ()
    error: str = ""
    is_blank: bool = False

    @property
    def absent(self) -> tuple[Link, ...]:
        """Related runbooks that are not in Allclear."""
        return tuple(link for link in self.related if not link.url)

    @property
    def to_fix(self) -> int:
        return len(self.warnings) + bool(self.absent)


def understand(source: bytes) -> Understood:
    """Read ``source`` for a page. Not cached: a preview is of a text that will be another in a second."""
    if not source.strip():
        return Understood(is_blank=True)
    try:
        playbook = read(source)
    except ReaderError as error:
        return Understood(error=str(error))
    return of_playbook(playbook, text_of(source), Shelf())


def of_playbook(playbook: Playbook, text: str, shelf: Shelf) -> Understood:
    return Understood(
        parts=found(playbook, text),
        missing=missing(playbook),
        warnings=to_fix(playbook, shelf),
        related=shelf.links(playbook),
    )


def to_fix(playbook: Playbook, shelf: Shelf) -> tuple[Warning_, ...]:
    """What is worth fixing, without asking for runbooks that are here: the reader cannot know which there are."""
    return tuple(w for w in worth_fixing(playbook) if not _is_settled(w, shelf))


def _is_settled(warning: Warning_, shelf: Shelf) -> bool:
    wanted = _ASKS_FOR.search(warning.message)
    return bool(wanted and shelf.url(wanted[1]))
