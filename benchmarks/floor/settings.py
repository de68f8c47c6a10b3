"""The least that a page from a database needs. Django's own handler answers each request in a thread that is new:
connections that last want a pool there, where the product's threads, which last as well, keep one each."""

from pathlib import Path

from config.settings import DATABASE_URL, database
from config.settings import SECRET_KEY as SECRET_KEY

DATABASES = {"default": database(DATABASE_URL) | {"CONN_MAX_AGE": 0}}
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}

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
