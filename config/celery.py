"""The background worker and its clock.

A message carries nothing but "go and look": what is owed lies in the database, so that a broker that forgets
everything costs a few seconds and nothing else.
"""

import gc
import os
import warnings
from typing import Any

from celery import Celery, shared_task
from celery.exceptions import SecurityWarning
from celery.schedules import crontab
from celery.signals import setup_logging, worker_before_create_process, worker_init
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from outbox import sessions

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load every page and form: `manage.py check` is the place for them, not each worker.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
# Its danger is pickled messages; ours are JSON, and `make run` as root is for trying things out.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("allclear")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # A tick that no worker took is worth nothing once the next ones are out; two hosts' clocks may differ a little.
    "pump": {"task": "notifications.pump", "schedule": 5.0, "options": {"expires": 10}},
    "reminders": {"task": "notifications.send_reminders", "schedule": 5.0, "options": {"expires": 10}},
    "calendars": {"task": "notifications.fetch_calendars", "schedule": 60.0, "options": {"expires": 60}},
    "audit": {"task": "notifications.audit", "schedule": 60.0, "options": {"expires": 60}},
    "reminder-audit": {
        "task": "notifications.audit_reminders",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "presence": {"task": "live.prune_presence", "schedule": 30.0, "options": {"expires": 30}},
    "prune": {"task": "outbox.prune", "schedule": crontab(minute="17"), "options": {"expires": 3600}},
    "housekeeping": {
        "task": "config.housekeeping",
        "schedule": crontab(minute="37"),
        "options": {"expires": 3600},
    },
}


@setup_logging.connect
def keep_djangos_logging(**_: Any) -> None:
    """Celery configures no logging of its own where this signal is heard."""


@worker_init.connect
def limit_sessions(**_: Any) -> None:
    """A worker that is frozen amid a transaction must not keep an incident from the others."""
    sessions.limit(sessions.WORK)


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Keep the collector from touching, and thereby copying, what a pool's process has from its parent."""
    gc.collect()
    gc.freeze()


@shared_task(name="config.housekeeping")
def housekeeping() -> None:
    """Delete what has served: sessions that ended, and messages that PostgreSQL carried, which Celery never deletes."""
    call_command("clearsessions")
    if not settings.REDIS_URL:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM kombu_message WHERE NOT visible")
