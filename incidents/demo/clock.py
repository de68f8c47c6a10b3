"""A clock that stands at moments long past, so that operations write a history as if they had been there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from django.apps import apps
from django.utils import timezone


class Clock:
    """What ``timezone.now()`` answers while it is worn. It is moved by hand and never goes back."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        # Two things never happen at the very same moment.
        self.moment += timedelta(milliseconds=7)
        return self.moment

    def reach(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


def _now() -> datetime:
    return timezone.now()


@contextmanager
def fresh_defaults() -> Iterator[None]:
    """Let fields whose default is the time ask the clock that is worn, not the one that was there when their models
    were read."""
    fields = [
        f for model in apps.get_models() for f in model._meta.concrete_fields if f.default is timezone.now
    ]
    with ExitStack() as stack:
        for field in fields:
            stack.enter_context(patch.object(field, "_get_default", _now))
        yield


@contextmanager
def worn(clock: Clock) -> Iterator[Clock]:
    """Let the whole process read ``clock``. For the demo's command alone: nothing else runs in its process."""
    with patch("django.utils.timezone.now", clock):
        yield clock
