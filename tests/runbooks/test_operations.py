import threading

import pytest
from django.db import connection

from accounts.models import Team, User
from outbox.models import Fact
from runbooks import operations
from runbooks.models import Revision, Runbook
from runbooks.source import SourceRefused
from tests.accounts.racing import second_waits_for_first
from tests.runbooks.conftest import SOURCE

pytestmark = pytest.mark.django_db
OTHER = b"# Rollback\n\n- [ ] Go back\n"


def test_create_runbook_takes_title_and_address_from_the_document(ada: User) -> None:
    made = operations.create_runbook(SOURCE, by=ada).runbook
    assert (made.title, made.slug) == ("Broken Things", "broken-things")


def test_the_address_follows_the_file_name_and_never_clashes(ada: User) -> None:
    slugs = [
        operations.create_runbook(b"# T%d\n" % n, by=ada, filename=name).runbook.slug
        for n, name in enumerate(("deploy.md", "deploy.md", "new.md", "데이터.md"))
    ]
    assert slugs == ["deploy", "deploy-2", "new-2", "runbook"]


def test_the_first_runbook_is_for_incidents_and_the_second_only_if_asked(
    ada: User, revision: Revision
) -> None:
    second = operations.create_runbook(OTHER, by=ada).runbook
    assert Runbook.objects.get(is_default=True) == revision.runbook
    operations.set_default(second, by=ada)
    assert Runbook.objects.get(is_default=True) == second


def test_the_same_source_twice_is_one_runbook(ada: User, revision: Revision) -> None:
    with pytest.raises(operations.AlreadyThere) as there:
        operations.create_runbook(SOURCE, by=ada)
    assert there.value.runbook == revision.runbook
    assert Runbook.objects.count() == 1


def test_publish_adds_a_revision_and_leaves_the_old_one(ada: User, grace: User, revision: Revision) -> None:
    second = operations.publish(revision.runbook, SOURCE + b"\nMore.\n", by=grace, base=1, note="More")
    assert (second.number, second.published_by, second.filename) == (2, grace, "broken-things.md")
    assert Runbook.objects.get().current == second
    assert bytes(Revision.objects.get(number=1).source) == SOURCE


def test_the_title_follows_the_document(ada: User, revision: Revision) -> None:
    operations.publish(revision.runbook, SOURCE.replace(b"Broken Things", b"Mended Things"), by=ada)
    assert Runbook.objects.get().title == "Mended Things"
    assert Runbook.objects.get().slug == "broken-things"


def test_publishing_the_same_again_changes_nothing(ada: User, revision: Revision) -> None:
    with pytest.raises(operations.NothingChanged):
        operations.publish(revision.runbook, SOURCE, by=ada)
    assert Revision.objects.count() == 1


def test_who_began_from_an_older_revision_is_told_of_the_newer(
    ada: User, grace: User, revision: Revision
) -> None:
    theirs = operations.publish(revision.runbook, SOURCE + b"theirs\n", by=grace, base=1)
    with pytest.raises(operations.PublishedMeanwhile) as meanwhile:
        operations.publish(revision.runbook, SOURCE + b"mine\n", by=ada, base=1)
    assert meanwhile.value.current == theirs
    assert Revision.objects.count() == 2


def test_a_publication_is_a_fact(ada: User, revision: Revision) -> None:
    fact = Fact.objects.get(name="runbook_published")
    assert fact.payload == {"runbook_id": revision.runbook_id, "revision_id": revision.pk}


@pytest.mark.parametrize("bad", [b"", b"\x00", b"\xff", b"x\n" * 400_000, b"x" * 1_000_001])
def test_what_cannot_be_read_is_not_kept(ada: User, bad: bytes) -> None:
    with pytest.raises(SourceRefused):
        operations.create_runbook(bad, by=ada)
    assert not Runbook.objects.exists() and not Fact.objects.exists()


def test_the_runbook_for_incidents_cannot_be_archived(ada: User, revision: Revision) -> None:
    with pytest.raises(operations.Refused, match="Choose another"):
        operations.archive(revision.runbook, by=ada)


def test_an_archived_runbook_can_only_come_back(ada: User, revision: Revision) -> None:
    other = operations.create_runbook(OTHER, by=ada).runbook
    operations.archive(other, by=ada)
    with pytest.raises(operations.Refused, match="archived"):
        operations.publish(other, OTHER + b"x", by=ada)
    with pytest.raises(operations.Refused, match="archived"):
        operations.set_default(other, by=ada)
    operations.unarchive(other, by=ada)
    assert Runbook.objects.active().count() == 2


def test_a_runbook_belongs_to_a_team_or_to_everyone(ada: User, revision: Revision) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    operations.assign_team(revision.runbook, team, by=ada)
    assert Runbook.objects.get().team == team
    operations.assign_team(revision.runbook, None, by=ada)
    assert Runbook.objects.get().team is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_the_second_waits_and_is_told(ada: User, revision: Revision) -> None:
    results: list[object] = []
    together = threading.Barrier(2)

    def publish(words: bytes) -> None:
        together.wait(5)
        try:
            results.append(operations.publish(revision.runbook, SOURCE + words, by=ada, base=1).number)
        except operations.PublishedMeanwhile as meanwhile:
            results.append(meanwhile)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(words,)) for words in (b"one\n", b"two\n")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(type(result).__name__ for result in results) == ["PublishedMeanwhile", "int"]
    assert Revision.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_source_sent_twice_at_once_makes_one_runbook(ada: User) -> None:
    def create() -> Revision:
        return operations.create_runbook(SOURCE, by=ada)

    late = second_waits_for_first(create, create)
    assert isinstance(late.exception(), operations.AlreadyThere)
    assert Runbook.objects.count() == 1
