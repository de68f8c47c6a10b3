"""``manage.py measure_reader DIR``: recall and invention of the reader over annotated runbooks."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runbooks import measuring


class Command(BaseCommand):
    help = "Compare what the reader finds with DIR/annotations.json, kind by kind. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", help="folder of Markdown files and their annotations.json")
        parser.add_argument("--details", action="store_true", help="also list what was missed and invented")

    def handle(self, *args: Any, folder: str, **options: Any) -> None:
        try:
            tallies = measuring.measure(Path(folder))
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{folder}: {error}") from error
        self.stdout.write(measuring.table(tallies))
        for tally in tallies if options["details"] else []:
            for mark, names in (("missed", tally.missed), ("invented", tally.invented)):
                for name in names:
                    self.stdout.write(f"{tally.kind}, {mark}: {' '.join(name.split())}")
