"""The least that a page from a database needs, with connections that last, as the product has them."""

from pathlib import Path

from config.settings import DATABASES as DATABASES
from config.settings import SECRET_KEY as SECRET_KEY

ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["benchmarks.floor"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.floor.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
USE_TZ = True
LOGGING_CONFIG = None
