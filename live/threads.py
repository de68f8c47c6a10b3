"""Django's ORM and templates, run beside the event loop by a few threads that keep no connection."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")

#: Few: these threads share the processor with the requests, and each borrows a database connection while it works.
_threads = ThreadPoolExecutor(4, thread_name_prefix="live")


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """What ``work(*args)`` returns; the connection it used goes back to the pool before anyone waits for it."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _and_release, work, *args)


def _and_release(work: Callable[..., T], *args: Any) -> T:
    try:
        return work(*args)
    finally:
        connections.close_all()
