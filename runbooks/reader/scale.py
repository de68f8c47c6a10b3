"""What a candidate for the scale of severities is, and how good a candidate."""

from dataclasses import dataclass, field

from runbooks.playbook import Severity
from runbooks.reader import levels, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Section

MAX_LEVELS = 8
BAD_HEADING = v.words(
    r"""
    escalat | eskalation | escalad | escalam | 에스컬 | エスカ | communicat | alerts?\b | on-?call
    updates?\b | notif | metrics | examples? of incidents | contacts?\b
    security (?:incident )?(?:class|sever) | vulnerabilit | post-?mortem | action items
    """
)


@dataclass(slots=True)
class Found:
    """A candidate scale. ``claims`` are the blocks it was read from."""

    score: float
    line: int
    levels: list[tuple[levels.Level, Severity]]
    claims: list[Block] = field(default_factory=list)


def heading_score(section: Section) -> float:
    title = section.title
    score = 3.0 if v.SEVERITY.search(title) else 0.0
    if not score and section.parent and v.SEVERITY.search(section.parent.title):
        score = 2.0
    if BAD_HEADING.search(title):
        score -= 3.0
    return score


def level_score(found: list[levels.Level]) -> float:
    coded = [level for level in found if level.number is not None]
    score = 0.5 * min(len(found), 4)
    if len(coded) == len(found) and not all(level.weak for level in found):
        score += 1.5
    if all(level.weak for level in found):
        score -= 1.5
    return score


def severity(
    level: levels.Level, line: int, meaning: str, response: str, examples: str, cadence: str = ""
) -> Severity:
    rule, minutes = times.response(response) if response else ("", None)
    return Severity(
        name=level.name,
        meaning=meaning.strip(),
        response=response,
        response_minutes=minutes,
        response_rule=rule,
        examples=examples.strip(),
        cadence_minutes=times.interval(cadence) if cadence else None,
        line=line,
    )
