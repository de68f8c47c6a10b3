"""One run, from an empty folder to a report."""

import logging
import os
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.house import House


@dataclass(frozen=True)
class Run:
    """``seconds`` of load and faults, then at most ``drain`` until everything is sent."""

    incidents: int
    seconds: float
    redis_gone: float
    frozen: float
    lease: float
    drain: float
    pause: tuple[float, float]
    workers: int
    seed: int
    p99: float
    is_small: bool = False


FULL = Run(200, 180, 60, 55, 45, 150, (1, 5), 2, 1, 15)
#: Fewer processes, each hurt once: what a suite can afford on every run, on a machine that does other things too.
REDUCED = Run(16, 8, 3, 5, 4, 30, (0.1, 0.3), 1, 1, 60, is_small=True)


def run(how: Run) -> str:
    """Run, and print the table; what was violated, or ""."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        house = House(Path(folder) / "home", how.seed, how.lease, how.workers, is_small=how.is_small)
        house.home.mkdir()
        Path(folder).chmod(0o755)
        try:
            house.start()
            house.until_up()
            return _with(house, how)
        finally:
            house.stop()


def _with(house: House, how: Run) -> str:
    os.environ.update(house.variables)
    import django

    django.setup()
    logging.disable(logging.ERROR)  # the driver's own troubles with a database that is being killed
    from tests.chaos import checker
    from tests.chaos.faults import wreck
    from tests.chaos.load import Driver, Plan, Truth, insist

    truth = house.home / "truth.jsonl"
    hook = f"http://127.0.0.1:{house.lines['http']}/hook"
    driver = Driver(Plan(how.incidents, how.seconds), Truth(truth), how.seed, house.ports["web"], hook)
    load = threading.Thread(target=driver.run)
    load.start()
    faults = wreck(
        house, how.seed, how.seconds, redis_gone=how.redis_gone, frozen=how.frozen, pause=how.pause
    )
    load.join()
    house.mend_sinks()
    ended = time.monotonic()
    while not insist(lambda: checker.is_drained(truth)) and time.monotonic() < ended + how.drain:
        time.sleep(0.5)
    report = insist(lambda: checker.check(truth, house.sunk))
    report.figures = {"faults": len(faults), **dict(sorted(Counter(faults).items())), **report.figures}
    report.figures["everything sent after the last fault"] = f"{time.monotonic() - ended:.1f} s"
    p99 = checker.percentile(report.latencies, 99)
    report.expect(p99 <= how.p99, f"p99 of the first tries is {p99:.0f} s")
    report.expect(report.latencies, "nothing was sent at all")
    print(report.table(), flush=True)
    return "\n".join(report.violations)
