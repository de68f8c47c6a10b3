"""``manage.py read_runbook FILE [--json]``: what the reader finds in a runbook."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runbooks.reader import ReaderError, read
from runbooks.reader.printing import as_json, as_text


class Command(BaseCommand):
    help = "Print what Allclear reads in a Markdown runbook, each find with its line. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a Markdown file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print the outline as JSON")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            source = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            book = read(source)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}") from error
        except ReaderError as error:
            raise CommandError(f"{file}: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(book), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(book))
