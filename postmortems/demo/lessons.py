"""What Quayside learned from each plot, read from ``lessons.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from incidents.demo.stories import Story
from postmortems.states import Priority


@dataclass(frozen=True, slots=True)
class Promise:
    """An action item as it was promised, and the words that later showed that it was done."""

    title: str
    kind: str
    priority: Priority
    evidence: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """Why it could happen, what went badly, where they were lucky, and what they promised."""

    why: str
    badly: str
    lucky: str
    promises: tuple[Promise, ...]


def lesson_of(story: Story) -> Lesson | None:
    """That of the story's plot. Told again it led to something else: each telling has a promise of its own."""
    plot = _plots().get(story.name)
    if plot is None:
        return None
    rows: list[tuple[Any, ...]] = [tuple(row) for row in plot["items"]]
    promises = [Promise(title, kind, Priority(priority), done) for title, kind, priority, done in rows]
    own = promises[2:] if story.telling == 2 else promises[story.telling : story.telling + 1]
    return Lesson(plot["why"], plot["badly"], plot["lucky"], tuple(own))


@cache
def _plots() -> dict[str, dict[str, str]]:
    source = (Path(__file__).parent / "lessons.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)
