"""What must be true before the first request: `python -m config.prepare`, safe to run again.

Its last line of output is the address to open.
"""

import contextlib
import io
import os

import django
from django.conf import settings
from django.core.management import call_command, get_commands


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if "load_starter" in get_commands():
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("load_starter")
    print(address())


def address() -> str:
    """Where to begin: the set-up page while there is nobody, else the sign-in's site."""
    from accounts import operations

    token = operations.setup_token()
    return f"{settings.SITE_URL}/setup/{token}/" if token else f"{settings.SITE_URL}/"


if __name__ == "__main__":
    main()
