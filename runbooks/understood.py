"""Everything a page says beside a source: what was found, what was not, what is worth fixing."""

from dataclasses import dataclass

from runbooks.outline import Part, found, missing, worth_fixing
from runbooks.playbook import Playbook, Warning_
from runbooks.reader import ReaderError, read
from runbooks.related import Link, Shelf
from runbooks.source import text_of


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
        warnings=worth_fixing(playbook),
        related=shelf.links(playbook),
    )
