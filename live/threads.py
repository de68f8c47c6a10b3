"""Django's ORM and templates, run beside the event loop by a few threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import close_old_connections

T = TypeVar("T")

#: Few: these threads share the processor with the requests, and each keeps a database connection.
_threads = ThreadPoolExecutor(4, thread_name_prefix="live")


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """What ``work(*args)`` returns."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _as_a_request, work, *args)


def _as_a_request(work: Callable[..., T], *args: Any) -> T:
    """With a connection that works, as Django sees to at the begin and the end of each request."""
    close_old_connections()
    try:
        return work(*args)
    finally:
        close_old_connections()
