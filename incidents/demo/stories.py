"""What happened at Quayside, read from ``stories.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Story:
    """One incident as it went. ``cause`` and ``wrong`` are words of the title of a containment branch, or "";
    ``name`` is that of its plot, or "", and ``telling`` says which of those of one plot it is."""

    title: str
    severity: int
    symptom: str
    impact: str
    services: tuple[str, ...]
    team: str
    cause: str
    notes: tuple[str, ...]
    decision: str
    command: str
    fix: str
    wrong: str = ""
    private: bool = False
    name: str = ""
    telling: int = 0


def told() -> list[Story]:
    """Sixty stories, so ordered that the same thing does not happen twice in a row."""
    source = (Path(__file__).parent / "stories.toml").read_text(encoding="utf-8")
    plots = tomllib.loads(source)["story"]
    stories = [_told(plot, telling) for telling in range(3) for plot in plots]
    return sorted(stories, key=lambda story: hash_of(story.title))


def _told(plot: dict[str, object], telling: int) -> Story:
    said = dict(plot)
    titles, severities = said.pop("titles"), said.pop("severity")
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    return Story(title=titles[telling], severity=severities[telling], telling=telling, **(said | lists))  # type: ignore[index,arg-type]


def hash_of(words: str) -> int:
    """The same number for the same words on every machine."""
    return sum(ord(letter) * (index + 7) ** 2 for index, letter in enumerate(words)) % 9973
