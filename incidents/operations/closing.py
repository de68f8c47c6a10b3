"""What must be settled before an incident is put away. The rules of what comes after an incident live above it."""

from collections.abc import Callable

from incidents.models import Incident

#: Answers with a sentence that says what is missing, or "".
Condition = Callable[[Incident], str]
_conditions: list[Condition] = []


def closing_condition(condition: Condition) -> Condition:
    """Have the decorated function asked, under the incident's lock, before an incident is closed."""
    if condition not in _conditions:
        _conditions.append(condition)
    return condition


def why_not_closed(incident: Incident) -> str:
    """The first reason why ``incident`` may not be closed yet; "" where there is none."""
    return next(filter(None, (condition(incident) for condition in _conditions)), "")
