"""What the portal knows of a document besides its text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """An action item that belongs to the incident. ``is_open``: it is neither done nor dropped."""

    number: int
    title: str
    has_owner: bool
    has_date: bool
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody's review: ``verdict`` is "" while they owe it; ``number`` is the version that they read last."""

    name: str
    verdict: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """``template`` is the runbook's, as the incident is pinned to it; ``people`` are words of members' names in
    lower case, by which a line is seen to name somebody; ``number`` is the version of the text."""

    template: str = ""
    number: int = 0
    reference: str = "The incident"
    is_open: bool = False
    severity_name: str = ""
    duration: str = ""
    people: frozenset[str] = frozenset()
    items: tuple[Item, ...] = ()
    open_comments: int = 0
    open_conflicts: int = 0
    reviews: tuple[Review, ...] = ()
