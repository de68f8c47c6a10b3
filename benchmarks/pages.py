"""Pages and changes over HTTP, each beside the floor: A B A B, and the median of the rounds."""

import itertools
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.load import Request, Result, get, hammer, post
from benchmarks.servers import Web, cpu_of, cpu_of_postgres, variables
from config.environment import BASE_DIR
from config.postgres import Cluster

TOKEN = "b" * 32  # of the forms: the cookie and the field only have to agree


class Inside:
    """A process of the product's own, that is asked things: see benchmarks/inside.py."""

    def __init__(self, cluster: Cluster, database: str, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.inside"],
            cwd=BASE_DIR,
            env=variables(cluster, database, home) | {"ALLCLEAR_ALLOWED_NETWORKS": "127.0.0.0/8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


@contextmanager
def inside(cluster: Cluster, database: str, home: Path) -> Iterator[Inside]:
    helper = Inside(cluster, database, home)
    try:
        yield helper
    finally:
        helper.close()


@dataclass
class Sample:
    """One measurement of one server."""

    result: Result
    web_cpu: float  # seconds
    database_cpu: float

    @property
    def cost(self) -> float:
        """Milliseconds of processor time a request, of the web process and of PostgreSQL."""
        return 1000 * (self.web_cpu + self.database_cpu) / max(len(self.result.times), 1)

    @property
    def web_cost(self) -> float:
        return 1000 * self.web_cpu / max(len(self.result.times), 1)


@dataclass
class Side:
    """All rounds of one server; each figure is the median of them."""

    samples: list[Sample] = field(default_factory=list)

    def _median(self, figure: Callable[[Sample], float]) -> float:
        return statistics.median(map(figure, self.samples))

    @property
    def rate(self) -> float:
        return self._median(lambda s: s.result.rate)

    @property
    def cost(self) -> float:
        return self._median(lambda s: s.cost)

    @property
    def web_cost(self) -> float:
        return self._median(lambda s: s.web_cost)

    def percentile(self, percent: float) -> float:
        return self._median(lambda s: s.result.percentile(percent))

    @property
    def bytes(self) -> int:
        return max(s.result.bytes for s in self.samples)

    @property
    def wrong(self) -> list[str]:
        return [what for s in self.samples for what in s.result.wrong]


@dataclass
class Versus:
    """The product against the floor, in one kind of request."""

    name: str
    floor: Side
    ours: Side
    reach: str = ""
    queries: int | None = None

    @property
    def ratio(self) -> float:
        """Requests a second, of the floor's."""
        return statistics.median(
            b.result.rate / a.result.rate for a, b in zip(self.floor.samples, self.ours.samples, strict=True)
        )

    @property
    def thrift(self) -> float:
        """The floor's processor time a request, of ours: what the ratio would be with nobody else on the machine."""
        return self.floor.cost / self.ours.cost


class Bench:
    """Asks both servers in turn."""

    def __init__(self, cluster: Cluster, floor: Web, rounds: int, seconds: float) -> None:
        self.cluster, self.floor, self.rounds, self.seconds = cluster, floor, rounds, seconds

    def versus(
        self, name: str, floor: Request, web: Web, ours: Request, *, reach: str = "",
        expected: tuple[int, int] = (200, 200),
    ) -> Versus:  # fmt: skip
        found = Versus(name, Side(), Side(), reach)
        pairs = ((found.floor, self.floor, floor, expected[0]), (found.ours, web, ours, expected[1]))
        for _, there, request, status in pairs:
            hammer(there.port, request, 0.4, expected=status)
        for _ in range(self.rounds):
            for side, there, request, status in pairs:
                side.samples.append(self.sample(there, request, status))
        return found

    def sample(self, web: Web, request: Request, expected: int) -> Sample:
        ours, database = cpu_of(web.process), cpu_of_postgres(self.cluster)
        result = hammer(web.port, request, self.seconds, expected=expected)
        return Sample(result, cpu_of(web.process) - ours, cpu_of_postgres(self.cluster) - database)


FLOOR_LIST = get("/")
FLOOR_INSERT = post(lambda: "/insert/", lambda: "title=Chat+not+working&word=Looking", {})


def signed_in(session: str, **more: str) -> dict[str, str]:
    cookies = f"allclear_session={session}; allclear_csrf={TOKEN}"
    return {"Cookie": cookies, "X-CSRFToken": TOKEN, "Accept-Encoding": "identity"} | more


def declaring(session: str) -> Request:
    numbers = itertools.count()

    def form() -> str:
        said = f"title=Checkout+fails+{next(numbers)}&severity=2&impact=Nobody+can+pay&symptom=Errors"
        return f"key={uuid4()}&{said}&services=1"

    return post(lambda: "/declare/", form, signed_in(session))


def ticking(session: str, steps: list[list[int]]) -> Request:
    """Ticks and unticks, on all open incidents."""
    dice, turns = random.Random(1), itertools.count()

    def path() -> str:
        incident, step = dice.choice(steps)
        return f"/incidents/{incident}/steps/{step}/done/"

    return post(path, lambda: f"done={'yes' if next(turns) % 3 else 'no'}", signed_in(session))
