"""The web application, for an ASGI server."""

import gc
import os

import django

from outbox import sessions

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
sessions.limit(sessions.WEB)
django.setup(set_prefix=False)

from config.handler import Handler  # noqa: E402
from config.limits import limited  # noqa: E402

application = limited(Handler())

# What is there by now stays: to look through it for garbage would stop every page and stream for 20 ms and more.
gc.collect()
gc.freeze()
