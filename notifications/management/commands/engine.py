"""`manage.py engine`: the watchdog, which needs no broker."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from notifications import engine
from outbox import sessions


class Command(BaseCommand):
    help = "See that what is due is sent, and do it where no worker does. Runs until told to stop."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sessions.limit(sessions.WORK)
        stop = Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop.set())
        engine.watch(stop)
