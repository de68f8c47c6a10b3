import hashlib

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from runbooks.models import Revision, Runbook
from tests.runbooks.conftest import SOURCE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runbooks_revision SET note = 'rewritten'",
        "DELETE FROM runbooks_revision",
        "TRUNCATE runbooks_revision CASCADE",
    ],
)
def test_the_database_refuses_to_rewrite_a_revision(revision: Revision, statement: str) -> None:
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL itself refuses to truncate
    with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert bytes(Revision.objects.get().source) == SOURCE


def test_a_revision_keeps_the_exact_bytes_and_their_hash(revision: Revision) -> None:
    kept = Revision.objects.get(pk=revision.pk)
    assert bytes(kept.source) == SOURCE
    assert kept.sha256 == hashlib.sha256(SOURCE).hexdigest()


def test_a_revision_is_read_once_per_process(revision: Revision) -> None:
    again = Revision.objects.get(pk=revision.pk)
    assert [s.name for s in again.playbook.severities] == ["SEV1", "SEV2"]
    assert again.playbook is Revision.objects.get(pk=revision.pk).playbook
    assert again.effective.branches and "branches" in again.effective.from_starter


def test_only_one_runbook_can_be_the_default(revision: Revision) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Runbook.objects.create(title="Other", slug="other", is_default=True)


def test_the_default_cannot_be_archived_behind_the_operations_back(revision: Revision) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Runbook.objects.update(archived_at=revision.published_at)


def test_default_is_the_one_for_incidents_with_its_revision(revision: Revision, ada: User) -> None:
    chosen = Runbook.objects.default()
    assert chosen and chosen.current == revision
