"""One thing that the gate has to say."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Place(StrEnum):
    """Where it is mended."""

    DOCUMENT = "document"
    COMMENTS = "comments"
    VERSIONS = "versions"
    REVIEW = "review"
    ITEMS = "items"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Finding:
    """``says`` what is wrong and how to ``mend`` it, in sentences; ``line`` is the document's, from 1, or 0.

    ``item`` is the number of the action item that it is about. ``quote`` is the line in question, as written.
    """

    rule: str
    says: str
    mend: str
    line: int = 0
    quote: str = ""
    place: Place = Place.DOCUMENT
    item: int = 0
    is_warning: bool = True

    def __str__(self) -> str:
        return f"Line {self.line}: {self.says}" if self.line else self.says

    @property
    def key(self) -> str:
        """The same for the same thing wherever it stands, so that a page can say which it has shown."""
        return sha256(f"{self.rule}|{self.says}|{self.quote}".encode("utf-8", "replace")).hexdigest()[:12]
