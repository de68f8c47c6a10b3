"""The life of an incident as data: statuses, the moves between them, and pure questions about both."""

from django.db import models


class Status(models.TextChoices):
    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"


#: The statuses on the way to an end, in their order: what the room draws as its four steps.
STEPS = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED)
OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
ENDED = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.MERGED)

#: From each status, where an incident may go. Backwards among the open ones is allowed: people err at 3 a.m.
TRANSITIONS: dict[str, tuple[Status, ...]] = {
    Status.INVESTIGATING: (
        Status.IDENTIFIED,
        Status.MONITORING,
        Status.RESOLVED,
        Status.CANCELLED,
        Status.MERGED,
    ),
    Status.IDENTIFIED: (
        Status.INVESTIGATING,
        Status.MONITORING,
        Status.RESOLVED,
        Status.CANCELLED,
        Status.MERGED,
    ),
    Status.MONITORING: (
        Status.INVESTIGATING,
        Status.IDENTIFIED,
        Status.RESOLVED,
        Status.CANCELLED,
        Status.MERGED,
    ),
    Status.RESOLVED: (Status.INVESTIGATING, Status.CLOSED),
    Status.CLOSED: (Status.INVESTIGATING,),
    Status.CANCELLED: (Status.INVESTIGATING,),
    Status.MERGED: (Status.INVESTIGATING,),
}


class Nature(models.TextChoices):
    """Whether it is happening. Drills and incidents written up afterwards nudge nobody."""

    LIVE = "live", "Happening now"
    DRILL = "drill", "Drill"
    RETROSPECTIVE = "retrospective", "Written up afterwards"


class IncidentRole(models.TextChoices):
    """The parts people take in an incident; the value is also the field's name on ``Incident``."""

    COMMANDER = "commander", "Incident commander"
    COMMUNICATIONS_LEAD = "communications_lead", "Communications lead"
    SCRIBE = "scribe", "Scribe"


class Kind(models.TextChoices):
    """What a timeline event records, in the past tense."""

    DECLARED = "declared", "Declared"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    STATUS_CHANGED = "status_changed", "Status changed"
    SEVERITY_CHANGED = "severity_changed", "Severity changed"
    REOPENED = "reopened", "Reopened"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"
    MERGE_RECEIVED = "merge_received", "Another incident merged into this one"
    DETAILS_CHANGED = "details_changed", "Details changed"
    PRIVACY_CHANGED = "privacy_changed", "Privacy changed"
    ROLE_TAKEN = "role_taken", "Role taken"
    STEP_DONE = "step_done", "Step done"
    STEP_UNDONE = "step_undone", "Step reopened"
    STEP_SKIPPED = "step_skipped", "Step skipped"
    STEP_ASSIGNED = "step_assigned", "Step assigned"
    STEP_ADDED = "step_added", "Step added"
    STEPS_ADDED = "steps_added", "Steps added from the runbook"
    QUESTION_ANSWERED = "question_answered", "Question answered"
    COMMAND_RUN = "command_run", "Command run"
    BRANCH_CHOSEN = "branch_chosen", "Cause chosen"
    BRANCH_ABANDONED = "branch_abandoned", "Cause abandoned"
    NOTE_ADDED = "note_added", "Note"
    DECISION_MADE = "decision_made", "Decision"
    LINK_ADDED = "link_added", "Link"
    STATUS_UPDATE_POSTED = "status_update_posted", "Status update"
    EVENT_CORRECTED = "event_corrected", "Correction"
    ACCESS_GRANTED = "access_granted", "Access granted"
    ACCESS_REVOKED = "access_revoked", "Access revoked"
    REVISION_PUBLISHED = "revision_published", "Newer runbook published"
    REVISION_ADOPTED = "revision_adopted", "Newer runbook adopted"
    CADENCE_CHANGED = "cadence_changed", "Update cadence changed"
    NUDGE_SNOOZED = "nudge_snoozed", "Nudges snoozed"
    ESCALATED = "escalated", "Escalated"
    PAGED = "paged", "Paged"
    PAGE_DELIVERED = "page_delivered", "Page delivered"
    PAGE_ACKNOWLEDGED = "page_acknowledged", "Page acknowledged"
    DELIVERY_FAILED = "delivery_failed", "Delivery failed"
    POSTMORTEM_STARTED = "postmortem_started", "Post-mortem started"
    REVIEW_REQUESTED = "review_requested", "Review of the post-mortem requested"
    POSTMORTEM_REVIEWED = "postmortem_reviewed", "Post-mortem reviewed"
    POSTMORTEM_PUBLISHED = "postmortem_published", "Post-mortem published"
    POSTMORTEM_WITHDRAWN = "postmortem_withdrawn", "Post-mortem taken back"
    POSTMORTEM_DISCARDED = "postmortem_discarded", "Post-mortem discarded"
    POSTMORTEM_RESTORED = "postmortem_restored", "Post-mortem brought back"
    ACTION_ITEM_ADDED = "action_item_added", "Action item added"
    ACTION_ITEM_DONE = "action_item_done", "Action item done"
    ACTION_ITEM_DROPPED = "action_item_dropped", "Action item dropped"
    ACTION_ITEM_REOPENED = "action_item_reopened", "Action item reopened"


#: Events whose text is what somebody said: shown on the board as the last word.
SAID = (Kind.NOTE_ADDED, Kind.DECISION_MADE, Kind.STATUS_UPDATE_POSTED, Kind.COMMAND_RUN)
#: Events whose text or time a person may correct.
CORRECTABLE = (
    Kind.NOTE_ADDED,
    Kind.DECISION_MADE,
    Kind.COMMAND_RUN,
    Kind.LINK_ADDED,
    Kind.STATUS_UPDATE_POSTED,
    Kind.EVENT_CORRECTED,
)

#: What happens after an incident: to its post-mortem and its action items.
AFTERWARDS = (
    Kind.POSTMORTEM_STARTED,
    Kind.REVIEW_REQUESTED,
    Kind.POSTMORTEM_REVIEWED,
    Kind.POSTMORTEM_PUBLISHED,
    Kind.POSTMORTEM_WITHDRAWN,
    Kind.POSTMORTEM_DISCARDED,
    Kind.POSTMORTEM_RESTORED,
    Kind.ACTION_ITEM_ADDED,
    Kind.ACTION_ITEM_DONE,
    Kind.ACTION_ITEM_DROPPED,
    Kind.ACTION_ITEM_REOPENED,
)

#: The filters of the timeline and the kinds each one keeps.
FILTERS: dict[str, tuple[Kind, ...]] = {
    "updates": (Kind.STATUS_UPDATE_POSTED,),
    "decisions": (Kind.DECISION_MADE, Kind.BRANCH_CHOSEN, Kind.BRANCH_ABANDONED, Kind.SEVERITY_CHANGED),
    "notes": (Kind.NOTE_ADDED, Kind.LINK_ADDED, Kind.COMMAND_RUN),
}


def may_move(status: str, to: str) -> bool:
    """Whether an incident in ``status`` may go to ``to``."""
    return to in TRANSITIONS[status]


def is_open(status: str) -> bool:
    return status in OPEN


def may_reopen(status: str) -> bool:
    return status in ENDED


def diagram() -> str:
    """The transitions as a Mermaid state diagram; docs/incident-states.md holds it, and a test compares."""
    lines = ["stateDiagram-v2", "    [*] --> investigating"]
    lines += [f"    {Status(status)} --> {to}" for status, targets in TRANSITIONS.items() for to in targets]
    return "\n".join(lines)
