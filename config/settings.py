"""Django's settings, from the typed environment. Choices that an operator can make are in environment.py."""

from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue
from psycopg.conninfo import conninfo_to_dict

from config import environment, postgres
from config.environment import BASE_DIR

try:
    ENVIRONMENT = environment.read()
    SECRET_KEY = ENVIRONMENT.key
except environment.ConfigurationError as error:
    raise ImproperlyConfigured(str(error)) from None

DEBUG = ENVIRONMENT.debug
ORGANISATION = ENVIRONMENT.organisation
ORGANISATION_TIMEZONE = ENVIRONMENT.timezone
ORGANISATION_HOLIDAYS = ENVIRONMENT.holidays
SITE_URL = ENVIRONMENT.address
ALLOWED_HOSTS = ENVIRONMENT.hosts
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "accounts",
    "outbox",
    "runbooks",
    "incidents",
    "postmortems",
    "notifications",
    "live",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.Compress",
    "config.middleware.RefuseUnreadable",
    "config.middleware.SayWhenBusy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.known.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.never_stored",
    "config.middleware.in_own_time",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifications.context.badges",
                "accounts.context.portal",
            ],
        },
    }
]


#: A database whose host answers no more is given up after so many seconds, and not after the system's two hours.
GONE_WITHOUT_A_WORD = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


def database(url: str) -> dict[str, Any]:
    """Django's description of the PostgreSQL at `url`; what libpq knows beyond Django's names becomes an option."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    known = {name: str(parts.pop(key, None) or "") for name, key in names.items()}
    return {
        "ENGINE": "outbox.postgresql",
        **known,
        # Threads are few and last: each keeps its connection, and finds out with each request whether it still works.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **GONE_WITHOUT_A_WORD,
            **parts,
            "application_name": "allclear",
            # What is asked again and again is planned once a connection: see docs/scaling.md about PgBouncer.
            "server_side_binding": True,
            "prepare_threshold": 3,
        },
    }


DATABASE_URL = (
    ENVIRONMENT.database_url.get_secret_value()
    if ENVIRONMENT.database_url
    else postgres.Cluster.at(ENVIRONMENT.home).url
)
DATABASES = {"default": database(DATABASE_URL)}
SESSION_ENGINE = "accounts.known"
# Counters of the rate limits must be shared by all processes; PostgreSQL is the one store that is always there.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "allclear_cache",
        # Beyond this many counters a third is forgotten; Django's 300 would let anyone push their own out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.scripts.TogetherFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# A runbook of 1 MB, sent as a form, is three times that when its letters are percent-encoded.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

AUTHENTICATION_BACKENDS = ["accounts.known.Backend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("name", "email")}),
        ("CommonPasswordValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "incidents:board"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ChooseNewPasswordForm",
    "user_token": "accounts.forms.ResetTokenForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.links.ResetTokens"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 24 * 3600
# Whether links can go out by e-mail; until they can, an administrator hands them over.
MAIL_CONFIGURED = bool(ENVIRONMENT.email_url)

if ENVIRONMENT.email_url:
    _mail = urlsplit(ENVIRONMENT.email_url.get_secret_value())
    EMAIL_HOST = _mail.hostname or ""
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
    EMAIL_PORT = _mail.port or {"smtps": 465, "smtp+tls": 587}.get(_mail.scheme, 25)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from
# Where addresses that people type may lead, beside the public internet.
ALLOWED_NETWORKS = ENVIRONMENT.allowed_networks

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
# Whether other names under the same domain have HTTPS is not ours to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "allclear_session"
CSRF_COOKIE_NAME = "allclear_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

REDIS_URL = ENVIRONMENT.redis_url.get_secret_value() if ENVIRONMENT.redis_url else ""
CELERY_BROKER_URL = REDIS_URL or f"sqla+postgresql+psycopg:{DATABASE_URL.partition(':')[2]}"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "visibility_timeout": 120,
        "unacked_restore_interval": 10,  # with the next one: else a sweep takes 100 s, whatever the timeout
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "client_name": "allclear",
    }
    if REDIS_URL
    else {"pool_pre_ping": True, "pool_size": 2}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a tick carries nothing: losing one is better than a storm of them
CELERY_TASK_PUBLISH_RETRY = False
# Tasks stop by themselves in half of this. No soft limit: its error would rise amid a clock, and be held against it.
CELERY_TASK_TIME_LIMIT = 120
# What people wait for has a queue, and with it a process, of its own: slow reminders never stand in its way.
CELERY_TASK_QUEUES = [Queue("urgent"), Queue("reminders")]
CELERY_TASK_DEFAULT_QUEUE = "reminders"
CELERY_TASK_ROUTES = {"notifications.pump": {"queue": "urgent"}}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: there is no file that two clocks could fight for
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "config.logs.PlainFormatter"},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "filters": {"broker-away": {"()": "config.logs.BrokerAway"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if ENVIRONMENT.log_json else "plain",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"level": "WARNING", "handlers": [], "propagate": True},
        "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
        # What visitors got wrong is in the answer they got; only our own faults belong in the log.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        "celery.beat": {"filters": ["broker-away"]},
        # What others' servers answer is an outcome of ours; its own words hold addresses with secrets in them.
        "urllib3": {"level": "ERROR"},
    },
}
