"""What the worker does for the live pages."""

from celery import shared_task

from incidents import operations


@shared_task(name="live.prune_presence")
def prune_presence() -> None:
    """Forget those whose browser, or web process, vanished without a word."""
    operations.prune_presence()
