from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from runbooks import operations
from runbooks.fallback import STARTER
from runbooks.models import Revision, Runbook
from tests.runbooks.conftest import SOURCE

pytestmark = pytest.mark.django_db


def run(command: str, *args: object) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out)
    return out.getvalue()


def for_incidents() -> Revision:
    return Revision.objects.select_related("runbook").get(runbook__is_default=True)


def test_load_runbooks_publishes_every_markdown_file(folder: Path) -> None:
    out = run("load_runbooks", folder)
    assert "incidents.md: new, “Broken Things”" in out and "rollback.md: new" in out
    assert Runbook.objects.count() == 2
    assert for_incidents().filename == "incidents.md"


def test_load_runbooks_again_publishes_only_what_changed(folder: Path) -> None:
    run("load_runbooks", folder)
    (folder / "rollback.md").write_bytes(b"# Rollback\n\n- [ ] Go back at once\n")
    out = run("load_runbooks", folder)
    assert "incidents.md: unchanged" in out and "rollback.md: revision 2" in out
    assert Revision.objects.count() == 3


def test_a_bad_file_is_named_and_the_others_are_loaded(folder: Path) -> None:
    (folder / "bad.md").write_bytes(b"# a\n\xff\n")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 of 3 not loaded") as failed:
        call_command("load_runbooks", folder, stdout=out, stderr=err)
    assert failed.value.returncode == 1
    assert "bad.md: This is not UTF-8: byte 0xff at offset 4, line 2." in err.getvalue()
    assert Runbook.objects.count() == 2


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a folder"):
        run("load_runbooks", tmp_path / "nowhere")


def test_an_archived_runbook_is_left_alone(folder: Path, ada: User) -> None:
    run("load_runbooks", folder)
    operations.archive(Runbook.objects.get(slug="rollback"), by=ada)
    (folder / "rollback.md").write_bytes(b"# Rollback\n\nNew.\n")
    assert "rollback.md: archived, left alone" in run("load_runbooks", folder)


def test_load_starter_puts_four_runbooks_in_with_incident_response_for_incidents() -> None:
    run("load_starter")
    assert Runbook.objects.count() == 4
    assert for_incidents().runbook.slug == "incident-response"
    assert bytes(for_incidents().source) == (STARTER / "incident-response.md").read_bytes()


def test_load_starter_twice_or_beside_other_runbooks_does_nothing(ada: User) -> None:
    operations.create_runbook(SOURCE, by=ada)
    run("load_starter")
    run("load_starter")
    assert Runbook.objects.count() == 1


def test_a_folder_can_take_over_from_the_starter(folder: Path) -> None:
    run("load_starter")
    (folder / "incidents.md").rename(folder / "incident-response.md")
    assert "incident-response.md: revision 2" in run("load_runbooks", folder)
    assert Runbook.objects.get(is_default=True).title == "Broken Things"
