"""Something made once and kept while there is room."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """What was made lately by its key, up to ``most`` units of size; the least used goes first. Safe among threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._made: OrderedDict[Hashable, tuple[Made, int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable, size: int, make: Callable[[], Made]) -> Made:
        """What was made for ``key``, or what ``make`` makes now; two who ask at once may both make it."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key][0]
        made = make()
        with self._lock:
            if key not in self._made:
                self._made[key] = (made, size)
                self._size += size
            while self._size > self.most:
                self._size -= self._made.popitem(last=False)[1][1]
        return made

    def clear(self) -> None:
        with self._lock:
            self._made.clear()
            self._size = 0
