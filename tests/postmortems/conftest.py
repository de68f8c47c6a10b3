"""An incident that was resolved, its post-mortem, and action items; made directly, to be the state that a test begins from."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from accounts.models import User
from incidents import operations
from incidents.models import Incident
from incidents.operations import Declaration
from postmortems.models import ActionItem, Postmortem, PostmortemRevision
from postmortems.states import RevisionKind
from runbooks.models import Revision
from runbooks.operations import create_runbook
from tests.incidents.conftest import DOCUMENTS

TEXT = "## Summary\n\nSign-in looped.\n\n## Root Cause\n\nA cookie on the wrong domain.\n"


@pytest.fixture
def revision(db: None) -> Revision:
    return create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)


@pytest.fixture
def incident(revision: Revision, ada: User) -> Incident:
    """Declared and resolved by ada, who commanded it."""
    said = Declaration(title="Sign-in loops", severity=2, impact="Nobody without a session gets in")
    incident = operations.declare(said, revision=revision, by=ada)
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    return operations.change_status(incident.pk, "resolved", by=ada)


@pytest.fixture
def postmortem(incident: Incident, ada: User) -> Postmortem:
    return a_postmortem(incident, ada)


def a_postmortem(incident: Incident, author: User, text: str = TEXT) -> Postmortem:
    """A draft at version 1."""
    made = Postmortem.objects.create(
        incident=incident,
        title=incident.title,
        text=text,
        number=1,
        last_number=1,
        author=author,
        due_at=timezone.now() + timedelta(days=1),
    )
    PostmortemRevision.objects.create(
        postmortem=made, number=1, kind=RevisionKind.STARTED, text=text, saved_by=author
    )
    return made


def an_item(owner: User | None, due_on: date | None = date(2026, 12, 1), **said: object) -> ActionItem:
    """An open action item."""
    fields = {"title": "Probe sign-in on the production domain", "added_by": owner, **said}
    return ActionItem.objects.create(owner=owner, due_on=due_on, **fields)


def a_picture(kind: str = "PNG", size: tuple[int, int] = (6, 4), **said: Any) -> bytes:
    """A red picture, as a file holds it."""
    out = BytesIO()
    Image.new(said.pop("mode", "RGB"), size, said.pop("colour", "red")).save(out, kind, **said)
    return out.getvalue()
