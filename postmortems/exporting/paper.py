"""A post-mortem as PDF, made by another process, so that the portal goes on meanwhile. Long ones get none."""

import ctypes
import ctypes.util
import hashlib
import os
import re
import subprocess
import sys
from collections import OrderedDict
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread

from postmortems.exporting.html import page_of
from postmortems.models import Postmortem

#: Seconds that one may take to be made, and that a request waits for it before it says to come back.
LONGEST, PATIENCE = 300, 20
#: Bytes that the page may have without its pictures: some 15 seconds' work, for about a hundred sheets of paper.
MOST_BYTES = 300_000
MOST_WAITING, MOST_KEPT = 5, 8
INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
INSTEAD = "Export it as HTML and print that from your browser: it has the same pages."
_PICTURES = re.compile(rb'src="data:[^"]*"')
_PROGRAM = Path(__file__).with_name("weasy.py")
#: What WeasyPrint loads from the system, by the names of Linux and of ``find_library``.
_LIBRARIES = {
    "libgobject-2.0.so.0": "gobject-2.0",
    "libpango-1.0.so.0": "pango-1.0",
    "libharfbuzz.so.0": "harfbuzz",
    "libfontconfig.so.1": "fontconfig",
    "libpangoft2-1.0.so.0": "pangoft2-1.0",
}
_OURS = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")

#: What is being made and what was made lately, by the page that it is made of.
_work: OrderedDict[bytes, Future[bytes]] = OrderedDict()
_lock, _one_at_a_time = Lock(), BoundedSemaphore(1)


class NotMade(Exception):
    """There is no PDF. ``str()`` of it is a sentence for the person who asked."""


class TooLong(NotMade):
    """There will be no PDF of the document as it is."""


class BeingMade(Exception):
    """There is no PDF yet."""


@cache
def why_not() -> str:
    """Why this server can make no PDF; "" where it can."""
    missing = [name for name, short in _LIBRARIES.items() if not _has(name, short)]
    return f"This server lacks {missing[0]}, a part of Pango, which sets the pages." if missing else ""


def _has(name: str, short: str) -> bool:
    return _loads(name) or _loads(ctypes.util.find_library(short))


def _loads(name: str | None) -> bool:
    try:
        return bool(name and ctypes.CDLL(name))
    except OSError:
        return False


def pdf_of(postmortem: Postmortem) -> bytes:
    """The PDF of the same page that is exported as HTML. Raises ``NotMade``, ``TooLong`` where trying again is of no
    use, or ``BeingMade`` if it takes long: it goes on being made then, and is there for who asks again."""
    if reason := why_not():
        raise NotMade(f"{reason} On Debian and Ubuntu: {INSTALL}")
    page = page_of(postmortem).encode()
    _check_length(page)
    key = hashlib.sha256(page).digest()
    making = _begun(key, page)
    try:
        return making.result(PATIENCE)
    except TimeoutError:
        raise BeingMade from None
    except NotMade:
        with _lock:
            _work.pop(key, None)  # who asks again gets another try
        raise


def _check_length(page: bytes) -> None:
    length = len(_PICTURES.sub(b"", page))
    if length > MOST_BYTES:
        raise TooLong(
            f"The document is too long for a PDF: {length / 1000:,.0f} kB with its timeline and action items, "
            f"where {MOST_BYTES / 1000:.0f} kB is the most. {INSTEAD}"
        )


def _begun(key: bytes, page: bytes) -> Future[bytes]:
    with _lock:
        if key in _work:
            _work.move_to_end(key)
            return _work[key]
        done = [each for each, work in _work.items() if work.done()]
        if len(_work) - len(done) >= MOST_WAITING:
            raise NotMade("Other PDFs are being made. Try again in a minute.")
        for old in done[: max(0, len(_work) - MOST_KEPT + 1)]:
            del _work[old]
        making = _work[key] = Future()
    Thread(target=_make_into, args=(making, page), daemon=True).start()
    return making


def _make_into(making: Future[bytes], page: bytes) -> None:
    try:
        with _one_at_a_time:
            making.set_result(_make(page))
    except Exception as error:
        making.set_exception(
            error if isinstance(error, NotMade) else NotMade(f"It cannot be made. {INSTEAD}")
        )


def _make(page: bytes) -> bytes:
    ours = {name: os.environ[name] for name in _OURS if name in os.environ}
    command = [sys.executable, "-I", "-W", "ignore", str(_PROGRAM), str(max(1, int(LONGEST)))]
    try:
        done = subprocess.run(
            command, input=page, env=ours, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotMade(f"The document is too long: its PDF took too much time. {INSTEAD}") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NotMade(f"The document needs more memory or time than there is for a PDF. {INSTEAD}")
    return done.stdout
