"""A post-mortem as PDF, made by another process: it may take long and much, and the portal goes on meanwhile."""

import ctypes
import ctypes.util
import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from django.db import connection

from postmortems.exporting.html import page_of
from postmortems.models import Postmortem
from runbooks.keeping import Kept

#: Seconds that one may take, and that somebody waits for another to be done.
LONGEST, LONGEST_WAIT = 170, 60
INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_PROGRAM = Path(__file__).with_name("weasy.py")
#: What WeasyPrint loads from the system, by the names of Linux and of ``find_library``.
_LIBRARIES = {
    "libgobject-2.0.so.0": "gobject-2.0",
    "libpango-1.0.so.0": "pango-1.0",
    "libharfbuzz.so.0": "harfbuzz",
    "libfontconfig.so.1": "fontconfig",
    "libpangoft2-1.0.so.0": "pangoft2-1.0",
}
_KEPT_IN_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
)
_one_at_a_time = BoundedSemaphore(1)
_made: Kept[bytes] = Kept(24_000_000)


class NotMade(Exception):
    """There is no PDF. ``str()`` of it is a sentence for the person who asked."""


@cache
def why_not() -> str:
    """Why this server can make no PDF; "" where it can."""
    missing = [
        name
        for name, short in _LIBRARIES.items()
        if not (_loads(name) or _loads(ctypes.util.find_library(short)))
    ]
    return f"This server lacks {missing[0]}, a part of Pango, which sets the pages." if missing else ""


def _loads(name: str | None) -> bool:
    try:
        return bool(name and ctypes.CDLL(name))
    except OSError:
        return False


def pdf_of(postmortem: Postmortem) -> bytes:
    """The PDF of the same page that is exported as HTML. Raises ``NotMade``."""
    if reason := why_not():
        raise NotMade(f"{reason} On Debian and Ubuntu: {INSTALL}")
    page = page_of(postmortem).encode()
    _let_go_of_the_database()
    return _made.get(hashlib.sha256(page).digest(), len(page), lambda: _make(page))


def _let_go_of_the_database() -> None:
    """The pool is small, and making pages needs none of it."""
    if not connection.in_atomic_block:
        connection.close()


def _make(page: bytes) -> bytes:
    if not _one_at_a_time.acquire(timeout=LONGEST_WAIT):
        raise NotMade("Other PDFs are being made. Try again in a minute.")
    try:
        ours = {name: os.environ[name] for name in _KEPT_IN_ENVIRONMENT if name in os.environ}
        command = [sys.executable, "-I", "-W", "ignore", str(_PROGRAM), str(LONGEST)]
        done = subprocess.run(
            command, input=page, env=ours, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotMade("The document is too long: its PDF took more than three minutes. " + _INSTEAD) from None
    finally:
        _one_at_a_time.release()
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NotMade("The document needs more memory or time than there is for a PDF. " + _INSTEAD)
    return done.stdout


_INSTEAD = "Export it as HTML and print that from your browser: it has the same pages."
