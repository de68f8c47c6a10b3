"""Publish every Markdown file of a folder: for teams who keep their runbooks in git."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runbooks import operations
from runbooks.models import Runbook
from runbooks.source import SourceRefused
from runbooks.wording import slug


class Command(BaseCommand):
    help = "Publish every *.md in a folder. What has not changed gets no new revision, so it can run on every push."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--note", default="", help="what changed, for the list of revisions")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        paths = sorted(folder.glob("*.md"), key=incidents_first)
        failed = sum(not self.load(path, options["note"][:200]) for path in paths)
        if failed:
            raise CommandError(f"{failed} of {len(paths)} not loaded.", returncode=1)
        if not paths:
            self.stdout.write(f"No *.md in {folder}.")

    def load(self, path: Path, note: str) -> bool:
        """Publish one file and say what was done; False when it was not possible."""
        try:
            self.stdout.write(f"{path.name}: {publish(path, note)}")
        except (SourceRefused, operations.Refused, OSError) as error:
            self.stderr.write(f"{path.name}: {error}")
            return False
        return True


def incidents_first(path: Path) -> tuple[bool, str]:
    """The first runbook there is becomes the one for incidents: let it be the likely one."""
    return ("incident" not in path.name.lower(), path.name)


def publish(path: Path, note: str = "") -> str:
    """Publish one file, as a revision of the runbook it came as before; say what was done."""
    source = path.read_bytes()
    runbook = _known(path)
    try:
        if runbook is None:
            made = operations.create_runbook(source, by=None, filename=path.name, note=note)
            return f"new, “{made.runbook.title}”"
        if runbook.is_archived:
            return "archived, left alone"
        revision = operations.publish(runbook, source, by=None, filename=path.name, note=note)
    except operations.NothingChanged:
        return "unchanged"
    except operations.AlreadyThere as there:
        return f"unchanged, the same as “{there.runbook.title}”"
    return f"revision {revision.number}"


def _known(path: Path) -> Runbook | None:
    """The runbook that was last published under this file name, else the one at its address."""
    by_name = Runbook.objects.filter(current__filename=path.name).order_by("archived_at", "id")
    return by_name.first() or Runbook.objects.filter(slug=slug(path.stem)).first()
