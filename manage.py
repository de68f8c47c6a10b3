#!/usr/bin/env python
"""Django's command line for Allclear. The embedded PostgreSQL runs for as long as a command needs it."""

import contextlib
import os
import secrets
import sys

# These read files and nothing else: they work in a fresh clone, with no key kept yet.
READERS = {"measure_reader", "read_runbook"}
# These never look at the database, or say themselves that they could not.
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "diffsettings",
    "help",
    "makemigrations",
    "measure_reader",
    "read_runbook",
    "startapp",
}


def main() -> None:
    from config import environment, postgres

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    if READERS.intersection(sys.argv[1:2]):
        os.environ.setdefault("ALLCLEAR_SECRET_KEY", secrets.token_urlsafe(50))
    with contextlib.ExitStack() as stack:
        try:
            settings = environment.read()
            command = sys.argv[1] if len(sys.argv) > 1 else "help"
            if not settings.database_url and command not in WITHOUT_DATABASE and "--help" not in sys.argv:
                stack.enter_context(postgres.Cluster.at(settings.home).running())
        except (environment.ConfigurationError, postgres.PostgresError) as error:
            sys.exit(str(error))
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
