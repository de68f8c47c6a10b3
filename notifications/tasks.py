"""What the worker runs. A message carries nothing: it only says "go and look"."""

from celery import shared_task

from notifications import figures, oncall, pumping
from notifications.reminders import arming


@shared_task(name="notifications.pump")
def pump() -> None:
    pumping.pump("worker")


@shared_task(name="notifications.send_reminders")
def send_reminders() -> None:
    pumping.pump_reminders("reminders")


@shared_task(name="notifications.fetch_calendars")
def fetch_calendars() -> None:
    oncall.fetch_due()


@shared_task(name="notifications.audit")
def audit() -> None:
    figures.audit()


@shared_task(name="notifications.audit_reminders")
def audit_reminders() -> None:
    arming.audit()
