"""`manage.py reset_link EMAIL`: for an administrator who forgot the password, where no mail is configured."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.links import reset_path
from accounts.models import User


class Command(BaseCommand):
    help = "Print a one-time link with which a person can choose a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: object, email: str, **options: object) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account with the address {email}.")
        self.stdout.write(f"{settings.SITE_URL}{reset_path(user)}")
