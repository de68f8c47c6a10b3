"""Fill in a made-up organisation, for trying Allclear out."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.operations import set_password
from incidents.demo import history
from incidents.demo.organisation import DOMAIN
from incidents.models import Incident
from postmortems.demo.history import fill
from postmortems.models import ActionItem, Postmortem


class Command(BaseCommand):
    help = (
        "Fill in Quayside: eight people, two teams, services, three open incidents and sixty past ones, their "
        "post-mortems and action items. "
        "Refuses a database that holds real incidents."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password", help="for all of Quayside's people; one is made up and shown if not given"
        )

    def handle(self, *args: Any, password: str | None, **options: Any) -> None:
        try:
            if history.is_there():
                self._already_there(password)
                return
            chosen = password or secrets.token_urlsafe(9)
            fill(chosen)
        except history.Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(
            f"Quayside is there: {Incident.objects.count()} incidents, {self._open()} of them open, "
            f"{Postmortem.objects.kept().count()} post-mortems, {ActionItem.objects.count()} action items."
        )
        self._say_who("" if password else chosen)

    def _already_there(self, password: str | None) -> None:
        self.stdout.write(
            f"Quayside is there already: {Incident.objects.count()} incidents, {self._open()} open."
        )
        if password:
            for person in User.objects.filter(email__endswith=f"@{DOMAIN}"):
                set_password(person.pk, password=password)
            self.stdout.write("Its people have the password that you gave.")
        else:
            self.stdout.write("Forgot the password? `manage.py demo --password …` sets it anew.")

    def _say_who(self, password: str) -> None:
        for person in User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("id"):
            self.stdout.write(f"  {person.email:<28} {person.name}, {person.get_role_display().lower()}")
        if password:
            self.stdout.write(f"Password of all of them, shown this once: {password}")
        self.stdout.write(f"Sign in at {settings.SITE_URL}/accounts/login/")

    def _open(self) -> int:
        return Incident.objects.open().count()
