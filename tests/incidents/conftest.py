"""A runbook, and incidents declared from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Declaration, declare
from runbooks.models import Revision
from runbooks.operations import create_runbook

DOCUMENTS = Path(__file__).parent.parent / "runbooks" / "documents"


@pytest.fixture
def revision(db: None) -> Revision:
    """The first user's runbook, published."""
    return create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)


@pytest.fixture
def declared(revision: Revision, ada: User) -> Callable[..., Incident]:
    """Declares an incident, by ada unless told."""

    def declare_one(title: str = "Chat not working", *, by: User = ada, **said: Any) -> Incident:
        usual: dict[str, Any] = {
            "severity": 2,
            "impact": "Nobody can chat",
            "symptom": "replies never finish",
        }
        said = usual | said
        return declare(Declaration(title=title, **said), revision=revision, by=by)

    return declare_one


@pytest.fixture
def incident(declared: Callable[..., Incident]) -> Incident:
    """A SEV2 that ada declared."""
    return declared()
