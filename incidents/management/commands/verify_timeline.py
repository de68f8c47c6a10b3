"""Check that nobody rewrote a timeline."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.models import Incident
from incidents.timeline import faults


class Command(BaseCommand):
    help = "Verify the chain of hashes of every timeline, or of one incident's; exits with 1 on a fault."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", nargs="?", help="one incident: INC-42, or 42")

    def handle(self, *args: Any, **options: Any) -> None:
        incidents = Incident.objects.order_by("pk").only("pk", "event_seq", "chain_head")
        if reference := options["reference"]:
            number = reference.upper().removeprefix("INC-")
            incidents = incidents.filter(pk=int(number)) if number.isdecimal() else incidents.none()
            if not incidents:
                raise CommandError(f"There is no incident {reference}.")
        found, checked = 0, 0
        for incident in incidents.iterator():
            checked += 1
            for fault in faults(incident):
                found += 1
                self.stderr.write(fault)
        if found:
            raise CommandError(f"{found} faults in {checked} timelines.", returncode=1)
        self.stdout.write(f"{checked} timelines verify.")
