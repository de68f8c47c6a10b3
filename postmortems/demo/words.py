"""What the people of Quayside write into a post-mortem."""

from incidents.demo.stories import Story
from incidents.models import Incident
from incidents.spans import in_words
from postmortems.demo.lessons import Lesson

CHANGES = (
    "The summary says what broke, but not what people saw. Could you say it in their words first?",
    "I would not call it bad luck. What in our setup let it through?",
    "Please name who decides whether the limit stays.",
)
#: Of the root cause, and of where they were lucky.
REMARKS = (
    "Is this the cause, or the last thing that happened before it?",
    "Worth an action item? Next time it may be a Sunday.",
)
REPLY = (
    "The last thing. The cause is that nobody could see it; I have put that under the contributing factors."
)
NO_NEED = "Cosmetic, and nobody was kept from anything. We write one from SEV3 up."
BLANK = "- Users affected: [number]\n"
OVER = "The number of users comes with the monthly report. The rest should not wait for it."
BETTER = " Whoever tried again after a minute usually got through."
DROP = "The part that this was about is switched off next month. It would be work for three weeks of use."
AGREED = "Agreed. Let us look once more when it is gone."


def written(prefilled: str, incident: Incident, story: Story, lesson: Lesson) -> str:
    """The document, below the head that the portal filled in."""
    minutes = in_words((incident.ended_at - incident.started_at).total_seconds() if incident.ended_at else 0)
    return f"""{_head(prefilled, incident)}

## Summary

What users saw, for {minutes}: {story.symptom}. In effect, {story.impact}. {story.fix}

## Impact

- What it meant: {story.impact}.
- Services: {", ".join(story.services)}.
- Nothing was lost, and nobody has to do anything now.

## Timeline

{{{{ timeline }}}}

## Root cause

{story.fix}

## Contributing factors

{lesson.why}

## Lessons learned

### What went well

{story.decision} That was decided early, and it was right.

### What went badly

{lesson.badly}

### Where we were lucky

{lesson.lucky}

## Action items

{{{{ action items }}}}
"""


def begun(prefilled: str, incident: Incident, story: Story) -> str:
    """As far as somebody comes before they are called away."""
    return f"""{_head(prefilled, incident)}

## Summary

What users saw: {story.symptom}. [How many, and for how long]

## Timeline

{{{{ timeline }}}}

## Root cause

[What happened, and why it could]
"""


def _head(prefilled: str, incident: Incident) -> str:
    """The lines that the template begins with, up to its first heading after the title."""
    lines = prefilled.strip().splitlines()
    headings = [number for number, line in enumerate(lines) if line.startswith("#")]
    end = headings[1] if len(headings) > 1 else len(lines)
    return "\n".join(lines[:end]).strip() or f"# {incident.reference}: {incident.title}"
