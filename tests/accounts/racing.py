"""Two people at the same time, in real transactions."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection, connections, transaction

Act = Callable[[], object]


def second_waits_for_first(first: Act, second: Act) -> Future[object]:
    """Run ``first`` and, before it commits, ``second``; assert that it waits; then commit. What became of ``second``."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            started, outcome = threading.Event(), Future[object]()
            pool.submit(_run, second, started, outcome)
            started.wait(5)
            assert _someone_waits_for_a_lock(outcome), "the second went ahead while the first was undecided"
        outcome.exception(10)
    return outcome


def at_once(*acts: Act) -> list[Future[object]]:
    """Run all of them from the same moment on."""
    outcomes = [Future[object]() for _ in acts]
    with ThreadPoolExecutor(len(acts)) as pool:
        for act, outcome in zip(acts, outcomes, strict=True):
            pool.submit(_run, act, threading.Event(), outcome)
    return outcomes


def _run(act: Act, started: threading.Event, outcome: Future[object]) -> None:
    started.set()
    try:
        outcome.set_result(act())
    except Exception as error:
        outcome.set_exception(error)
    finally:
        connections.close_all()


def _someone_waits_for_a_lock(outcome: Future[object]) -> bool:
    pause = threading.Event()
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
        if outcome.done():
            return False
        pause.wait(0.05)
    return False
