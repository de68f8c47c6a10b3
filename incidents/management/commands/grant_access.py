"""Let someone see a private incident when nobody is left who could."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from incidents.models import Incident
from incidents.operations.people import grant_access_from_server


class Command(BaseCommand):
    help = "Add a person to a private incident; its timeline says that it was done from the server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", help="the incident: INC-42, or 42")
        parser.add_argument("email", help="the person")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["reference"].upper().removeprefix("INC-")
        if not (number.isdecimal() and Incident.objects.filter(pk=int(number[:18])).exists()):
            raise CommandError(f"There is no incident {options['reference']}.")
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody active has the address {options['email']}.")
        grant_access_from_server(int(number), user)
        self.stdout.write(f"{user.name} can see INC-{number}.")
