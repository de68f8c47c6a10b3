"""Who may do what with runbooks. Every member may read them."""

from accounts.models import User
from runbooks.models import Runbook


def can_publish(user: User, runbook: Runbook | None = None) -> bool:
    """Make a runbook, or publish a revision of one that is not archived."""
    return user.may_respond and (runbook is None or not runbook.is_archived)


def can_manage(user: User, runbook: Runbook) -> bool:
    """Choose it for incidents, give it to a team, archive it and bring it back."""
    return user.may_respond
