"""What the worker runs. A message carries nothing: it only says "go and look"."""

from celery import shared_task

from outbox import relay as relaying


@shared_task(name="outbox.relay")
def relay() -> None:
    relaying.relay()


@shared_task(name="outbox.prune")
def prune() -> None:
    relaying.prune()
