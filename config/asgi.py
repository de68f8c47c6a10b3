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

# What is there by now stays, and what open streams hold stays for long: to look through all of it for garbage stops
# every page and stream, for 20 ms with none and 300 ms with 2,000. What is young is looked through as ever.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 100)
