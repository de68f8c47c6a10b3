"""What the worker runs. A message carries nothing: it only says "go and look"."""

from celery import shared_task

from notifications import heartbeat, sending, sweep
from outbox import relay as relaying


@shared_task(name="notifications.pump")
def pump() -> None:
    """Hear what happened, fire what is due because of it, and send what is urgent."""
    heartbeat.beat("worker")
    relaying.relay()
    sweep.sweep()
    sending.send_due(urgent=True)


@shared_task(name="notifications.send_reminders")
def send_reminders() -> None:
    sending.send_due(urgent=False)
