"""Allclear against a floor measured in the same run: ``python -m benchmarks [--quick] [PART ...]``.

See benchmarks/README.md for how to read the table. Databases are made on the first run and kept in ALLCLEAR_HOME.
"""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks import databases, pages, parts
from benchmarks.load import get
from benchmarks.pages import FLOOR_INSERT, FLOOR_LIST, Bench, Inside, Versus, signed_in
from benchmarks.servers import FLOOR, Web, memory_of, settle, web
from config import environment
from config.postgres import Cluster

SIZES = (1_000, 100_000, 1_000_000)
PARTS = ("pages", "live", "deliveries", "weight", "start", "sweep")


class Run:
    """One run: what was asked for, and the lines of the table so far."""

    def __init__(self, cluster: Cluster, home: Path, asked: argparse.Namespace) -> None:
        self.cluster, self.home, self.asked = cluster, home, asked
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.last_board: Versus | None = None

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)

    def measured(self, found: Versus, queries: int | None = None) -> Versus:
        ours, floor = found.ours, found.floor
        asked = "" if queries is None else str(queries)
        self.say(
            f"| {found.name} | {ours.rate:.0f} | {floor.rate:.0f} | **{found.ratio:.2f}** | {found.thrift:.2f} "
            f"| {ours.percentile(50):.0f} / {ours.percentile(99):.0f} | {ours.cost:.1f} ({ours.web_cost:.1f}) "
            f"| {floor.cost:.1f} ({floor.web_cost:.1f}) | {asked} | {ours.bytes / 1000:.1f} | {found.reach} |"
        )
        self.errors += [f"{found.name}: {what}" for what in (*ours.wrong, *floor.wrong)]
        return found


HEAD = (
    "| what | req/s | floor | ratio | CPU ratio | p50 / p99 ms | CPU ms (web) | floor's | queries | kB | to reach |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def all_pages(run: Run) -> None:
    run.say(HEAD)
    with web(run.cluster, FLOOR, run.home) as floor:
        bench = Bench(run.cluster, floor, run.asked.rounds, run.asked.seconds)
        for size in run.asked.sizes:
            last = size == run.asked.sizes[-1]
            with databases.copied(run.cluster, size) as name, ExitStack() as stack:
                helper = stack.enter_context(pages.inside(run.cluster, name, run.home))
                there = stack.enter_context(web(run.cluster, name, run.home))
                settle(run.cluster, name)
                _reads(run, bench, there, helper, size, everything=last)
                if last:
                    _writes(run, bench, there, helper)
                run.say(
                    f"\nMemory after these, {size:,}: web {memory_of(there.process):.0f} MB, "
                    f"floor {memory_of(floor.process):.0f} MB\n"
                )


def _reads(run: Run, bench: Bench, there: Web, helper: Inside, size: int, *, everything: bool) -> None:
    ada, places = helper.ask("sessions", 1)["ada"], helper.ask("places")

    def read(name: str, path: str, reach: str, **more: str) -> Versus:
        request = get(path, signed_in(ada, **more))
        found = bench.versus(f"{name}, {size:,}", FLOOR_LIST, there, request, reach=reach)
        return run.measured(found, helper.ask("queries", ada, path)["queries"])

    if run.asked.only and "board" not in run.asked.only:
        pass
    else:
        read("board, 50 open", "/", "0.8, 6 queries")
    if not everything:
        return
    room = f"/incidents/{places['room']}/"
    rows = {
        "room": ("room of 200 events, 30 steps", room, "0.5, 10 queries"),
        "poll": ("section polled, changed", f"/live{room}poll/?after={places['seq'] - 1}", ""),
        "same": ("section polled, unchanged", f"/live{room}poll/?after={places['seq']}", "1.0"),
        "rare": ("search, rare word", "/incidents/?q=zugzwang", "p99 < 10 x board's"),
        "common": ("search, common word", "/incidents/?q=chat", "p99 < 10 x board's"),
    }
    for key, (name, path, reach) in rows.items():
        if not run.asked.only or key in run.asked.only:
            read(name, path, reach)


def _writes(run: Run, bench: Bench, there: Web, helper: Inside) -> None:
    ada, places = helper.ask("sessions", 1)["ada"], helper.ask("places")
    kinds = {
        "declare": ("declare", pages.declaring(ada), "0.35, p99 < 5 x p50"),
        "tick": ("tick a step", pages.ticking(ada, places["steps"]), "0.5"),
    }
    for key, (name, request, reach) in kinds.items():
        if not run.asked.only or key in run.asked.only:
            asked = helper.ask("changes", ada, *(request().decode() for _ in range(9)))["queries"]
            found = bench.versus(name, FLOOR_INSERT, there, request, reach=reach, expected=(302, 302))
            run.measured(found, asked)


def live(run: Run) -> None:
    run.say("\n| live | viewers | opened | missed | last viewer p50 / p99 ms | kB a viewer | connections |")
    run.say("|---|---|---|---|---|---|---|")
    with databases.copied(run.cluster, run.asked.sizes[0]) as name, ExitStack() as stack:
        helper = stack.enter_context(pages.inside(run.cluster, name, run.home))
        room = helper.ask("places")["room"]
        for number in run.asked.viewers:
            for server, database, path, asks in (
                ("floor", FLOOR, "/stream/", None),
                ("ours", name, f"/live/incidents/{room}/?after=99999", helper),
            ):
                with web(run.cluster, database, run.home) as there:
                    found = parts.live(run.cluster, there, database, asks, number, path, room)
                run.say(
                    f"| {server} | {number} | {found.opened} | {found.missed} "
                    f"| {found.percentile(50):.0f} / {found.percentile(99):.0f} | {found.kilobytes:.0f} "
                    f"| {found.connections[0]} → {found.connections[1]} |"
                )


def deliveries(run: Run) -> None:
    rate = parts.median([parts.figure("sending", "sending") for _ in range(run.asked.rounds)])
    run.say(f"\nDeliveries: {rate:.0f}/s from one worker into a mail server on loopback (to reach: 300)")


def weight(run: Run) -> None:
    with databases.copied(run.cluster, run.asked.sizes[0]) as name, ExitStack() as stack:
        helper = stack.enter_context(pages.inside(run.cluster, name, run.home))
        there = stack.enter_context(web(run.cluster, name, run.home))
        places = helper.ask("places")
        found = parts.weigh(there, helper.ask("sessions", 1)["ada"], f"/incidents/{places['room']}/")
        run.say(
            f"\nFirst load of the board: {found.first_kb:.1f} kB in {found.requests} requests (to reach: 60 in 5); "
            f"layout shift {found.shift:.3f}; the room after it: {found.later_kb:.1f} kB (to reach: 15)"
        )


def start(run: Run) -> None:
    found = parts.start(run.home.parent / "bench-installation")
    asked = sum(
        size for name, size in found.memory.items() if name.split()[0] in ("web", "urgent", "reminders")
    )
    others = sum(found.memory.values()) - asked - found.memory.get("postgres", 0.0)
    run.say(f"\nStart: web answers {found.seconds:.1f} s after its database (to reach: 3)")
    run.say(
        f"Idle memory: {asked:.0f} MB of web and workers (to reach: 350), "
        f"{others:.0f} MB of clock, watchdog and supervisor"
    )
    run.say(parts.described(found.memory))


def sweep(run: Run) -> None:
    run.say(f"\nSweep with 1,000,000 waiting against 0: {parts.figure('sweep', 'ratio'):.2f} (to reach: 1.5)")


def main() -> int:
    asked = _arguments()
    home = environment.read().home / "bench"
    home.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(home / "postgres", ("-c", "max_connections=200"))
    with cluster.running():
        seeding = databases.keep(cluster, home, _sizes(asked))
        databases.make_floor(cluster)
        began, run = time.monotonic(), Run(cluster, home, asked)
        verbs: dict[str, Callable[[Run], None]] = {
            "pages": all_pages, "live": live, "deliveries": deliveries, "weight": weight, "start": start,
            "sweep": sweep,
        }  # fmt: skip
        for part in asked.parts or PARTS:
            verbs[part](run)
    run.say(
        f"\n{psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f}; seeded in {seeding:.0f} s, "
        f"measured in {time.monotonic() - began:.0f} s; {len(run.errors)} errors"
    )
    for error in run.errors[:10]:
        print(error, file=sys.stderr)
    return 1 if run.errors else 0


def _sizes(asked: argparse.Namespace) -> tuple[int, ...]:
    """Of the databases that the parts need: only pages are asked of all."""
    wanted = set(asked.parts or PARTS)
    sizes: tuple[int, ...] = asked.sizes
    return sizes if "pages" in wanted else sizes[:1] if wanted & {"live", "weight"} else ()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round of each server")
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--viewers", type=lambda text: tuple(map(int, text.split(","))), default=(2000, 5000))
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help="rows of pages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
