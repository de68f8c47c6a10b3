"""Every write to an incident, one function a verb.

Each locks the incident, checks the rule, changes it and records the event, in one transaction. ``by`` is who
does it. A rule that says no raises ``Refused`` with words for that person; nothing has changed then.
"""

from incidents.operations.afterwards import hold, note_afterwards
from incidents.operations.alerts import (
    note_delivery_failed,
    note_escalated,
    note_page_acknowledged,
    note_page_delivered,
    note_paged,
    note_snoozed,
)
from incidents.operations.checklist import (
    abandon_branch,
    add_step,
    adopt_revision,
    answer_question,
    assign_step,
    choose_branch,
    log_command,
    set_step_done,
    skip_step,
)
from incidents.operations.closing import closing_condition
from incidents.operations.declaring import AlreadyDeclared, Declaration, declare, starter_revision
from incidents.operations.lifecycle import (
    acknowledge,
    cancel,
    change_cadence,
    change_details,
    change_severity,
    change_status,
    close,
    merge,
    reopen,
)
from incidents.operations.locking import Refused, SaidBefore
from incidents.operations.people import (
    assign_role,
    change_privacy,
    grant_access,
    leave,
    prune_presence,
    revoke_access,
    see,
    stay,
)
from incidents.operations.services import archive_service, restore_service, save_service
from incidents.operations.writing import add_link, add_note, correct_event, post_update

__all__ = [
    "AlreadyDeclared",
    "Declaration",
    "Refused",
    "SaidBefore",
    "abandon_branch",
    "acknowledge",
    "add_link",
    "add_note",
    "add_step",
    "adopt_revision",
    "answer_question",
    "archive_service",
    "assign_role",
    "assign_step",
    "cancel",
    "change_cadence",
    "change_details",
    "change_privacy",
    "change_severity",
    "change_status",
    "choose_branch",
    "close",
    "closing_condition",
    "correct_event",
    "declare",
    "grant_access",
    "hold",
    "leave",
    "log_command",
    "merge",
    "note_afterwards",
    "note_delivery_failed",
    "note_escalated",
    "note_page_acknowledged",
    "note_page_delivered",
    "note_paged",
    "note_snoozed",
    "post_update",
    "prune_presence",
    "reopen",
    "restore_service",
    "revoke_access",
    "save_service",
    "see",
    "set_step_done",
    "skip_step",
    "starter_revision",
    "stay",
]
