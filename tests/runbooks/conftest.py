from pathlib import Path

import pytest

from accounts.models import User
from runbooks import operations
from runbooks.models import Revision

SOURCE = b"""# Broken Things

| Level | Description | Response Time |
|-------|-------------|---------------|
| SEV1 | All is down | Immediate |
| SEV2 | Much is down | < 1 hour |

## Triage
- [ ] Look at the logs
- [ ] Open `#inc-YYYY-MM-DD-brief-desc`

## Escalation Contacts

| Role | Contact | When to Escalate |
|------|---------|------------------|
| Lead | [Update] | SEV1 incidents |

## Related Runbooks
- [Rollback](./rollback.md)
"""


@pytest.fixture
def revision(ada: User) -> Revision:
    """Revision 1 of the runbook that incidents use."""
    return operations.create_runbook(SOURCE, by=ada, filename="broken-things.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "incidents.md").write_bytes(SOURCE)
    (tmp_path / "rollback.md").write_bytes(b"# Rollback\n\n- [ ] Go back\n")
    (tmp_path / "notes.txt").write_bytes(b"not a runbook")
    return tmp_path
