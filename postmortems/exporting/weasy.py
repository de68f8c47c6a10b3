"""The program that sets pages: HTML on its input, a PDF on its output, ``argv[1]`` the seconds it may work.

It runs alone, without the portal's settings, environment or connections, and fetches nothing.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from pathlib import Path

MEMORY = 3 * 1024**3


def be_modest(seconds: int) -> None:
    """Where something must give, it is this process, and not the portal beside it."""
    os.nice(10)
    gc.disable()  # looking for rubbish among all these boxes costs a quarter of the time; there is none to speak of
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: not to outlive who waits for it
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    be_modest(int(sys.argv[1]))
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    embedded = URLFetcher(allowed_protocols=["data"], allow_redirects=False)  # type: ignore[no-untyped-call]
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=embedded)  # type: ignore[no-untyped-call]
    page.write_pdf(sys.stdout.buffer)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
