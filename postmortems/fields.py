"""What is known of an incident when its post-mortem is written, each as one line of Markdown."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from incidents.models import Checklist, Incident, Step, elapsed
from incidents.promises import promises_of
from incidents.sentences import cause, minutes_in_words
from postmortems.models import Postmortem
from postmortems.moments import local, moment_in_words
from postmortems.prefill.labels import key_of_question
from runbooks.escaping import escaped

LABELS = {
    "title": "Title",
    "date": "Date",
    "duration": "Duration",
    "severity": "Severity",
    "author": "Author",
    "users_affected": "Users affected",
    "features_impacted": "Features impacted",
    "timeline": "Timeline",
    "action_items": "Action items",
    "updates_on_time": "Updates on time",
    "longest_silence": "Longest silence",
    "paths_tried": "Paths tried",
    "reference": "Incident",
    "started_at": "Started",
    "declared_at": "Declared",
    "acknowledged_at": "Acknowledged",
    "mitigated_at": "Mitigated",
    "ended_at": "Resolved",
    "commander": "Incident commander",
    "services": "Services",
    "impact": "Impact",
}
MOMENTS = ("started_at", "declared_at", "acknowledged_at", "mitigated_at", "ended_at")
#: Live parts, as a document has them: what they show is read from the record each time it is shown.
TIMELINE, ACTION_ITEMS = "{{ timeline }}", "{{ action items }}"


@dataclass(frozen=True, slots=True)
class Field:
    """``value`` is Markdown on one line; "" where it is not known."""

    key: str
    label: str
    value: str


def fields_of(postmortem: Postmortem) -> list[Field]:
    """All fields in the order of a menu, in a constant number of queries. The post-mortem need not be saved."""
    known = known_of(postmortem)
    return [Field(key, label, known.get(key, "")) for key, label in LABELS.items()]


def known_of(postmortem: Postmortem) -> dict[str, str]:
    """The value of each field that has one."""
    incident = postmortem.incident
    services = ", ".join(escaped(service.name) for service in incident.services.all())
    answers = _answers(incident)
    found = {
        "title": escaped(postmortem.title),
        "date": f"{local(incident.started_at):%Y-%m-%d}",
        "duration": duration_of(incident),
        "severity": escaped(incident.severity_name),
        "author": escaped(postmortem.author.name if postmortem.author else ""),
        "users_affected": answers.get("users_affected") or escaped(incident.impact),
        "features_impacted": answers.get("features_impacted") or services,
        "timeline": TIMELINE,
        "action_items": ACTION_ITEMS,
        "paths_tried": _paths(incident),
        "reference": incident.reference,
        "commander": escaped(incident.commander.name if incident.commander else ""),
        "services": services,
        "impact": escaped(incident.impact),
        **_promises(incident),
        **{key: moment_in_words(at) for key in MOMENTS if (at := getattr(incident, key))},
    }
    return {key: value for key, value in found.items() if value}


def duration_of(incident: Incident) -> str:
    """As "0 hours 47 minutes"; "" while it has not ended."""
    if incident.ended_at is None:
        return ""
    hours, minutes = divmod(int(elapsed(incident) // 60), 60)
    return f"{hours} hour{'' if hours == 1 else 's'} {minutes} minute{'' if minutes == 1 else 's'}"


def _promises(incident: Incident) -> dict[str, str]:
    """Nothing where nobody was promised an update: a drill, or what was written up afterwards."""
    if incident.is_quiet or incident.cadence is None:
        return {}
    kept = promises_of(incident, timezone.now())
    on_time = f"{kept.kept} of {kept.owed} ({kept.share} %)" if kept.owed else "none was owed"
    return {"updates_on_time": on_time, "longest_silence": _minutes(kept.longest_silence)}


def _minutes(span: timedelta) -> str:
    return minutes_in_words(int(span.total_seconds() // 60))


def _answers(incident: Incident) -> dict[str, str]:
    """What was answered in the checklist to questions that a post-mortem asks again."""
    asked = incident.steps.filter(kind=Step.StepKind.QUESTION).exclude(answer="")
    found: dict[str, str] = {}
    for step in asked:
        if key := key_of_question(step.text):
            found.setdefault(key, escaped(step.answer))
    return found


def _paths(incident: Incident) -> str:
    """As "Recent deployment (given up: the rollback changed nothing); Database issues (kept to the end)"."""
    chosen = incident.checklists.filter(is_branch=True, chosen_at__isnull=False).order_by("chosen_at", "id")
    return "; ".join(_path(path) for path in chosen)


def _path(path: Checklist) -> str:
    became = f"given up: {path.abandon_reason}" if path.abandoned_at else "kept to the end"
    return f"{escaped(cause(path.title))} ({escaped(became)})"
