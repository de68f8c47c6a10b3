"""What goes wrong: one thing after another, chosen by the seed."""

import random
import time
from collections.abc import Callable
from functools import partial

from tests.chaos.house import House


def wreck(
    house: House, seed: int, seconds: float, *, redis_gone: float, frozen: float, pause: tuple[float, float]
) -> list[str]:
    """Hurt ``house`` for so many seconds, each kind of fault at least once; what was done, in order.

    Redis is stopped once for ``redis_gone`` seconds, while everything else goes on failing; and a worker freezes
    for ``frozen`` seconds, which is longer than a lease.
    """
    chance, done = random.Random(seed), list[str]()
    began = time.monotonic()
    kinds = _kinds(house, chance)
    waiting = list(kinds)
    chance.shuffle(waiting)
    back = 0.0
    while (now := time.monotonic()) < began + seconds:
        if back and now > back:
            house.release("redis")
            back = 0.0
        if not done:
            house.flush_redis()
            house.hold("redis")
            back, name = now + redis_gone, "redis gone"
        elif len(done) == 1:
            house.freeze(f"worker-{house.workers - 1}", frozen)
            name = "freeze a worker for longer than a lease"
        else:
            name = waiting.pop() if waiting else chance.choice(list(kinds))
            kinds[name]()
        done.append(name)
        time.sleep(chance.uniform(*pause))
    house.release("redis")
    return done


def _kinds(house: House, chance: random.Random) -> dict[str, Callable[[], None]]:
    return _few(house) if house.is_small else _all(house, chance)


def _few(house: House) -> dict[str, Callable[[], None]]:
    return {
        **{f"kill {name}": partial(house.kill, name) for name in ("worker-0", "beat-0", "web")},
        "kill a worker's child": lambda: house.kill_child_of("worker-0"),
        "restart postgres": house.restart_database,
        "cut database": partial(house.hurt_line, "database", "cut", 0.3),
        "silence smtp": partial(house.hurt_line, "smtp", "silent", 0.5),
    }


def _all(house: House, chance: random.Random) -> dict[str, Callable[[], None]]:
    workers = [f"worker-{n}" for n in range(house.workers)]
    killed = [*workers, "reminders", "beat-0", "beat-1", "engine", "web"]
    kinds: dict[str, Callable[[], None]] = {f"kill {name}": partial(house.kill, name) for name in killed}
    kinds["kill a worker's child"] = lambda: house.kill_child_of(workers[0])
    kinds["restart postgres"] = house.restart_database
    kinds["flush redis"] = house.flush_redis
    for name in (workers[0], "engine", "web"):
        kinds[f"freeze {name}"] = partial(_for_a_while, chance, (0.5, 4), partial(house.freeze, name))
    for name in ("database", "redis", "smtp", "http"):
        kinds[f"cut {name}"] = partial(house.hurt_line, name, "cut", 1)
        silence = partial(house.hurt_line, name, "silent")
        kinds[f"silence {name}"] = partial(_for_a_while, chance, (1, 3), silence)
    return kinds


def _for_a_while(chance: random.Random, span: tuple[float, float], hurt: Callable[[float], None]) -> None:
    hurt(chance.uniform(*span))
