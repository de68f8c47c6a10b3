"""The web application, for an ASGI server."""

import os
import warnings

from django.core.asgi import get_asgi_application

from config.limits import limited
from outbox import sessions

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
sessions.limit(sessions.WEB)
# Static files come from WhiteNoise as plain iterators; they are small, and Django reads them in a thread.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

application = limited(get_asgi_application())
