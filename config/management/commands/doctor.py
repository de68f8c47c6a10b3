"""`manage.py doctor`: what is wrong, in plain words; exit code 1 if anything is."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.doctor import examine


class Command(BaseCommand):
    help = "Say what is wrong with this installation. The exit code is 1 if anything is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object: each check with what it found"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
        else:
            for name, said in found.items():
                for line in said or ["all is well"]:
                    self.stdout.write(f"{name:10} | {line}")
        if any(found.values()):
            sys.exit(1)
