"""`manage.py fence`: after a restore, so that nothing that was sent before is sent again."""

import subprocess
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import postgres
from notifications.fence import fence


class Command(BaseCommand):
    help = "Mark everything that is due before now as dealt with, so that a restored portal sends none of it again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--restore", metavar="DUMP", help="restore this file of pg_dump --format custom first"
        )

    def handle(self, *args: Any, restore: str | None, **options: Any) -> None:
        if restore:
            self._restore(restore)
        done = fence()
        self.stdout.write(f"Passed over {done.stages} stages; {done.deliveries} deliveries will not be sent.")

    def _restore(self, dump: str) -> None:
        command = [str(postgres.binary("pg_restore")), "--clean", "--if-exists", "--single-transaction"]
        target = ["--no-owner", "--exit-on-error", "--dbname", settings.DATABASE_URL, dump]
        if subprocess.run([*command, *target], check=False).returncode:
            raise CommandError("Nothing was restored, and nothing was changed.")
