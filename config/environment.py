"""Every setting an operator can make, typed and checked: the only reader of the process environment.

A setting that is unknown or malformed stops the start with a sentence that names the variable.
"""

import difflib
import os
import secrets
import zoneinfo
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import pydantic
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent
PREFIX = "ALLCLEAR_"
SECRET_KEY_FILE = "secret-key"


class ConfigurationError(Exception):
    """The environment cannot be used as it is; the message has one line for each problem."""


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: object) -> object:
    try:
        return tuple(ip_network(str(part)) for part in _comma_separated(value) or ())  # type: ignore[attr-defined]
    except ValueError:
        raise ValueError("it must be networks, such as 10.1.0.0/16,fd00:1::/64") from None


def _folder(value: Path) -> Path:
    return value.expanduser().resolve()


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ValueError("it must begin with postgresql://")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise ValueError(
            "it is not a PostgreSQL address (postgresql://user:password@host:5432/name)"
        ) from None
    if not parts.get("dbname"):
        raise ValueError("it names no database (postgresql://user:password@host:5432/name)")
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    return value


def _email_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise ValueError(
            "it must look like smtp+tls://user:password@mail.example.com:587 (or smtp://, smtps://)"
        )
    return value


def _email_address(value: str) -> str:
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError:
        raise ValueError("it must be an address, such as Allclear <allclear@example.com>") from None
    return value


def _site_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("it must be an address with no path, such as https://incidents.example.com")
    return value.rstrip("/")


def _secret_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 32:
        raise ValueError("it must have at least 32 characters")
    return value


def _metrics_token(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 16:
        raise ValueError("it must have at least 16 characters")
    return value


def _zone(value: str) -> str:
    if value not in zoneinfo.available_timezones():
        raise ValueError("it must be a time zone, such as Europe/Berlin")
    return value


def _country(value: str) -> str:
    if not value:
        return value
    import holidays  # large, and most installations name no country

    code, _, part = value.partition("-")
    known = holidays.list_supported_countries()
    if code not in known or (part and part not in known[code]):
        raise ValueError("it must be a country, such as DE, or a part of one, such as DE-BY")
    return value


class Environment(BaseSettings):
    """The settings, each with the variable it comes from; docs/configuration.md says what each one does."""

    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        None, alias="DATABASE_URL", description="PostgreSQL to use in place of the embedded one"
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        None, alias="REDIS_URL", description="Redis that carries the background jobs, in place of PostgreSQL"
    )
    port: int = Field(8000, alias="PORT", ge=1, le=65535, description="Port that `make run` listens on")
    home: Annotated[Path, AfterValidator(_folder)] = Field(
        BASE_DIR / ".allclear",
        alias="ALLCLEAR_HOME",
        description="Folder of the embedded PostgreSQL, the secret key and the collected static files",
    )
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = Field(
        None, alias="ALLCLEAR_SECRET_KEY", description="Key that signs sessions and links"
    )
    debug: bool = Field(
        False, alias="ALLCLEAR_DEBUG", description="For developing Allclear: tracebacks in the browser"
    )
    bind: str = Field("127.0.0.1", alias="ALLCLEAR_BIND", description="Address that `make run` listens on")
    site_url: Annotated[str, AfterValidator(_site_url)] | None = Field(
        None, alias="ALLCLEAR_SITE_URL", description="Address at which people reach Allclear"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)] = Field(
        (), alias="ALLCLEAR_ALLOWED_HOSTS", description="Further host names to answer to, separated by commas"
    )
    https: bool = Field(
        False, alias="ALLCLEAR_HTTPS", description="Served over HTTPS only: secure cookies, redirect, HSTS"
    )
    trusted_proxies: int = Field(
        0, alias="ALLCLEAR_TRUSTED_PROXIES", ge=0, le=10, description="How many proxies stand before Allclear"
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC",
        alias="ALLCLEAR_TIMEZONE",
        description="the organisation's time zone: for business days of incidents without a team, and in post-mortems",
    )
    holidays: Annotated[str, AfterValidator(_country)] = Field(
        "",
        alias="ALLCLEAR_HOLIDAYS",
        description="the country whose public holidays are no business days, such as DE or DE-BY",
    )
    organisation: str = Field(
        "Allclear", alias="ALLCLEAR_ORGANISATION", max_length=60, description="Name shown on the pages"
    )
    email_url: Annotated[SecretStr, AfterValidator(_email_url)] | None = Field(
        None,
        alias="ALLCLEAR_EMAIL_URL",
        description="SMTP server that carries nudges, pages and other e-mail",
    )
    email_from: Annotated[str, AfterValidator(_email_address)] = Field(
        "allclear@localhost", alias="ALLCLEAR_EMAIL_FROM", description="Sender of Allclear's e-mail"
    )
    metrics_token: Annotated[SecretStr, AfterValidator(_metrics_token)] | None = Field(
        None, alias="ALLCLEAR_METRICS_TOKEN", description="Token with which Prometheus may read /metrics"
    )
    allowed_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = Field(
        (),
        alias="ALLCLEAR_ALLOWED_NETWORKS",
        description="Networks, not public, that webhooks, calendars and other services may be in",
    )
    log_json: bool = Field(False, alias="ALLCLEAR_LOG_JSON", description="Log one JSON object a line")

    @property
    def address(self) -> str:
        """Where people reach Allclear, without a slash at the end."""
        return self.site_url or f"http://127.0.0.1:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """Host names this installation answers to."""
        named = urlsplit(self.address).hostname or "localhost"
        return sorted({named, "localhost", "127.0.0.1", "[::1]", *self.allowed_hosts})

    @property
    def key(self) -> str:
        """The secret key: given, or the one that `make run` made and keeps in the home folder."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        kept = self.home / SECRET_KEY_FILE
        if kept.is_file():
            return kept.read_text().strip()
        raise ConfigurationError(
            "ALLCLEAR_SECRET_KEY is not set. `make run` makes one and keeps it; elsewhere, give 50 random characters."
        )


def keep_key(settings: Environment) -> None:
    """Make a secret key once, readable by this account alone, unless one is given."""
    file = settings.home / SECRET_KEY_FILE
    if settings.secret_key or file.exists():
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    unfinished = Path(f"{file}.{os.getpid()}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(secrets.token_urlsafe(50))
    unfinished.replace(file)


def variables() -> dict[str, Any]:
    """Every variable that is read, with its field."""
    return {str(field.alias): field for field in Environment.model_fields.values()}


def read() -> Environment:
    """The settings of this process; ConfigurationError says what is unknown or malformed."""
    problems = _unknown(os.environ)
    try:
        environment = Environment()
    except pydantic.ValidationError as error:
        problems += [_sentence(dict(detail)) for detail in error.errors()]
    else:
        problems += _contradictions(environment)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return environment


def _contradictions(environment: Environment) -> list[str]:
    if environment.https and not environment.trusted_proxies:
        return [
            "ALLCLEAR_HTTPS needs ALLCLEAR_TRUSTED_PROXIES=1 or more: a proxy ends TLS, and says so to Allclear."
        ]
    return []


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = variables()
    return [
        f"{name} is not a setting of Allclear{_nearest(name, list(known))}. docs/configuration.md lists them all."
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _sentence(detail: dict[str, Any]) -> str:
    """What is wrong, never with the value itself: it may hold a password."""
    reason = detail["msg"].removeprefix("Value error, ")
    return f"{detail['loc'][0]} cannot be used: {reason[0].lower()}{reason[1:]}."
