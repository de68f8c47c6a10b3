"""Signs of life in the database: the only ones that count, as a process that exists may hang."""

from datetime import timedelta

from django.utils import timezone

from notifications.models import Heartbeat
from outbox.clock import DatabaseNow

FRESH = timedelta(seconds=30)


def beat(name: str) -> None:
    """Keep that ``name`` lives, by the database's clock."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": DatabaseNow()})


def is_alive(name: str) -> bool:
    return Heartbeat.objects.filter(name=name, seen_at__gt=timezone.now() - FRESH).exists()
