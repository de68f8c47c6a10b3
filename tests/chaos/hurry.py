import os
from datetime import timedelta

from django.apps import AppConfig


class Hurry(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from notifications import deliveries

        deliveries.LEASE = timedelta(seconds=float(os.environ.get("CHAOS_LEASE", "45")))
