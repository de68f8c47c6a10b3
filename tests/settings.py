"""The product's settings, as the tests need them: no start-up step before the first test, and quick passwords."""

import os
import secrets

os.environ.setdefault("ALLCLEAR_SECRET_KEY", secrets.token_urlsafe(50))

from config.settings import *
from config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files as they lie in the tree: nothing is collected before a test.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# A thread that kept its connection open behind a test's back would keep the database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
