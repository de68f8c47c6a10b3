"""The scripts that every page needs, as one file: each request of a first look costs more than their bytes do."""

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

NAME = "together.js"
#: In the order in which they need each other.
SCRIPTS = (
    "django_htmx/htmx-2.min.js",
    "django_htmx/ext/hx-sse-2.min.js",
    "live.js",
    "vendor/idiomorph-ext.min.js",
)


class TogetherFinder(finders.BaseFinder):
    """Finds one static file, which it writes beside those that are collected whenever one of its parts has changed."""

    @cached_property
    def storage(self) -> FileSystemStorage:
        return FileSystemStorage(Path(settings.STATIC_ROOT).parent / "made")

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        if path != NAME:
            return []
        self._write()
        found = self.storage.path(NAME)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        self._write()
        yield NAME, self.storage

    def _write(self) -> None:
        """Whole or not at all: two processes may start at once."""
        target = Path(self.storage.path(NAME))
        text = "\n;\n".join(Path(str(finders.find(script))).read_text() for script in SCRIPTS)
        if target.exists() and target.read_text() == text:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(f".{os.getpid()}")
        beside.write_text(text)
        beside.replace(target)
