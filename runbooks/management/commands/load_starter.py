"""Put the starter set in, where there is no runbook at all."""

from typing import Any

from django.core.management.base import BaseCommand

from runbooks.fallback import STARTER
from runbooks.management.commands.load_runbooks import incidents_first, publish
from runbooks.models import Runbook


class Command(BaseCommand):
    help = "Publish the starter runbooks (incident response, secrets, deployment, rollback) if there is none yet."

    def handle(self, *args: Any, **options: Any) -> None:
        if Runbook.objects.exists():
            self.stdout.write("There are runbooks already: nothing to do.")
            return
        for path in sorted(STARTER.glob("*.md"), key=incidents_first):
            self.stdout.write(f"{path.name}: {publish(path)}")
