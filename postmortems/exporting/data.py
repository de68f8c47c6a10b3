"""An incident and what belongs to it as plain data. Times are UTC in ISO 8601; people are told by name."""

from datetime import datetime
from typing import Any

from accounts.models import User
from incidents.models import Checklist, Incident, Step, TimelineEvent
from incidents.states import Kind
from postmortems.live_parts.promises import items_of
from postmortems.models import ActionItem, Postmortem, PostmortemRevision
from postmortems.timeline_of_document import events_of

FORMAT = "allclear.postmortem/1"
Data = dict[str, Any]
_MOMENTS = (
    *(
        "started_at",
        "declared_at",
        "acknowledged_at",
        "identified_at",
        "mitigated_at",
        "resolved_at",
        "ended_at",
    ),
)


def postmortem_data(postmortem: Postmortem) -> Data:
    """All that the document says and shows, as one object."""
    return {
        "format": FORMAT,
        "incident": incident_data(postmortem.incident),
        "postmortem": document_data(postmortem) | {"text": postmortem.text},
        "timeline": [event_data(event) for event in events_of(postmortem)],
        "action_items": [item_data(item) for item in items_of(postmortem)],
    }


def incident_data(incident: Incident) -> Data:
    return {
        "reference": incident.reference,
        "number": incident.pk,
        "title": incident.title,
        "severity": incident.severity,
        "severity_name": incident.severity_name,
        "status": incident.status,
        "nature": incident.nature,
        "is_private": incident.is_private,
        "impact": incident.impact,
        "symptom": incident.symptom,
        "team": incident.team.name if incident.team else None,
        "services": [service.name for service in incident.services.all()],
        "runbook": incident.revision.runbook.title,
        "runbook_revision": incident.revision.number,
        "declared_by": _name(incident.declared_by),
        "acknowledged_by": _name(incident.acknowledged_by),
        "commander": _name(incident.commander),
        "communications_lead": _name(incident.communications_lead),
        "scribe": _name(incident.scribe),
        "merged_into": f"INC-{incident.merged_into_id}" if incident.merged_into_id else None,
        **{name: stamp(getattr(incident, name)) for name in _MOMENTS},
    }


def document_data(postmortem: Postmortem) -> Data:
    return {
        "title": postmortem.title,
        "status": postmortem.status,
        "version": postmortem.number,
        "author": _name(postmortem.author),
        "created_at": stamp(postmortem.created_at),
        "changed_at": stamp(postmortem.changed_at),
        "due_at": stamp(postmortem.due_at),
        "published_at": stamp(postmortem.published_at),
        "published_by": _name(postmortem.published_by),
        "published_version": postmortem.published_number,
        "published_over": postmortem.published_over,
        "publish_reason": postmortem.publish_reason,
        "discarded_at": stamp(postmortem.discarded_at),
    }


def event_data(event: TimelineEvent) -> Data:
    return {
        "number": event.seq,
        "kind": event.kind,
        "occurred_at": stamp(event.occurred_at),
        "recorded_at": stamp(event.recorded_at),
        "by": _name(event.recorded_by),
        "text": event.text,
        "data": event.data,
    }


def item_data(item: ActionItem) -> Data:
    return {
        "reference": item.reference,
        "title": item.title,
        "details": item.details,
        "owner": _name(item.owner),
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "priority": item.get_priority_display(),
        "kind": item.kind,
        "status": item.status,
        "added_at": stamp(item.added_at),
        "closed_at": stamp(item.closed_at),
        "evidence": item.evidence,
        "drop_reason": item.drop_reason,
    }


def item_with_history(item: ActionItem) -> Data:
    """For items read with their links and events."""
    history = [
        {"at": stamp(e.at), "by": _name(e.by), "what": e.kind, "text": e.text, "changes": e.data}
        for e in item.events.all()
    ]
    links = [{"url": link.url, "title": link.title} for link in item.links.all()]
    return item_data(item) | {"links": links, "history": history}


def checklist_data(incident: Incident) -> list[Data]:
    """Each checklist and branch with its steps, in two queries."""
    people = ("done_by", "skipped_by", "assigned_to")
    steps: dict[int, list[Data]] = {}
    for step in incident.steps.select_related(*people).order_by("checklist__position", "position", "id"):
        steps.setdefault(step.checklist_id, []).append(_step(step))
    found = incident.checklists.select_related("chosen_by", "abandoned_by").order_by("position", "id")
    return [_checklist(one) | {"steps": steps.get(one.pk, [])} for one in found]


def _checklist(checklist: Checklist) -> Data:
    said = {"title": checklist.title, "phase": checklist.phase, "is_branch": checklist.is_branch}
    if not checklist.is_branch:
        return said
    return said | {
        "chosen_at": stamp(checklist.chosen_at),
        "chosen_by": _name(checklist.chosen_by),
        "abandoned_at": stamp(checklist.abandoned_at),
        "abandoned_by": _name(checklist.abandoned_by),
        "abandon_reason": checklist.abandon_reason,
    }


def _step(step: Step) -> Data:
    return {
        "kind": step.kind,
        "text": step.text,
        "command": step.command,
        "answer": step.answer,
        "assigned_to": _name(step.assigned_to),
        "done_at": stamp(step.done_at),
        "done_by": _name(step.done_by),
        "skipped_at": stamp(step.skipped_at),
        "skipped_by": _name(step.skipped_by),
        "skip_reason": step.skip_reason,
    }


def updates_data(incident: Incident) -> list[Data]:
    """What stakeholders were told, and by when it had been promised."""
    posted = (
        incident.events.filter(kind=Kind.STATUS_UPDATE_POSTED).select_related("recorded_by").order_by("seq")
    )
    return [
        {
            "number": event.seq,
            "at": stamp(event.recorded_at),
            "by": _name(event.recorded_by),
            "text": event.text,
            "was_due_at": event.data.get("was_due_at"),
            "template": event.data.get("template"),
        }
        for event in posted
    ]


def version_data(version: PostmortemRevision) -> Data:
    return {
        "version": version.number,
        "kind": version.kind,
        "saved_at": stamp(version.saved_at),
        "saved_by": _name(version.saved_by),
        "note": version.note,
        "base": version.base_number,
        "settled_by_version": version.settled_number,
    }


def stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z") if moment else None


def _name(user: User | None) -> str | None:
    return user.name if user else None
