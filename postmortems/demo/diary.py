"""What is to be done, and when: lived in the order of time, as far as time has come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from incidents.demo.clock import Clock

Act = Callable[[], object]


@dataclass(slots=True)
class Diary:
    """Acts of one incident, on its clock. An act may note others; those that lie after ``now`` are left undone."""

    clock: Clock
    now: datetime
    acts: list[tuple[datetime, int, Act]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)

    def note(self, moment: datetime, act: Act) -> None:
        heappush(self.acts, (moment, next(self.order), act))

    def live(self) -> None:
        while self.acts and self.acts[0][0] < self.now:
            moment, _, act = heappop(self.acts)
            self.clock.reach(moment)
            act()
