"""What the record of an incident knows about it, as fields that its post-mortem may use."""

from dataclasses import dataclass

from django.utils import timezone

from incidents.models import elapsed
from incidents.spans import in_words
from postmortems.models import Postmortem


@dataclass(frozen=True, slots=True)
class Field:
    """``value`` is Markdown."""

    key: str
    label: str
    value: str


def fields_of(postmortem: Postmortem) -> list[Field]:
    """Every field of the record, as it is now."""
    incident = postmortem.incident
    return [
        Field("title", "Title", incident.title),
        Field("date", "Date", f"{timezone.localtime(incident.started_at):%Y-%m-%d}"),
        Field("duration", "Duration", in_words(elapsed(incident))),
        Field("severity", "Severity", incident.severity_name),
        Field("author", "Author", postmortem.author.name if postmortem.author else ""),
        Field("timeline", "Timeline", "{{ timeline }}"),
    ]
