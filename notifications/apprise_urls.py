"""Apprise URLs: which of its services may be used, and where the address leads.

Only services that speak HTTP are: what writes to a desktop, a file or a log, or speaks some other protocol, has
no place in a portal that many share. Whatever the address says, the connection itself is guarded at every send.
"""

import sys
from typing import Any
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset
from apprise.common import PersistentStoreMode
from apprise.manager_plugins import NotificationManager
from apprise.plugins import NotifyBase

from notifications.addresses import Blocked, OutgoingError, Unreachable, checked
from notifications.guard import guarded

PARSE_LIMIT = 5.0  # seconds
#: Settings of a service that name a file on our disk, or have it wait and try again by itself.
SET_ASIDE = ("template", "keyfile", "attach", "pgpkey", "pgpkeyfile", "subfile", "retry", "wait")

_services: Any = NotificationManager()  # type: ignore[no-untyped-call]
_services.load_modules()


def check(url: str) -> None:
    """Raise ``OutgoingError`` unless messages may be sent by ``url``; the words are for who gave it."""
    found = service(url)
    if not _may_name_host(found):
        return
    secure = found.secure or str(urlsplit(url).scheme) in _named(type(found).secure_protocol)
    try:
        checked(found.host, found.port or (443 if secure else 80))
    except Unreachable:
        if _must_name_host(found):
            raise  # of others it may be a topic or a token


def service(url: str) -> NotifyBase:
    """The service that ``url`` names, ready to send. Raises ``Blocked``."""
    schema = url.partition("://")[0].lower()
    if "://" not in url or schema not in {*_services.schemas(), "https"}:
        raise Blocked("This is not the address of a service that Apprise knows, such as ntfy://…")
    if schema != "https" and not _speaks_http(_services[schema]):
        raise Blocked(f"{schema}:// is not sent: only services that are spoken to over HTTP are.")
    if any(f"{name}=" in url.lower() for name in SET_ASIDE):
        raise Blocked(f"The address must not set any of these: {', '.join(SET_ASIDE)}.")
    with guarded(PARSE_LIMIT):
        found = Apprise.instantiate(url, asset=_asset())
    if found is None or not _speaks_http(type(found)):
        raise Blocked(f"The address lacks something that {schema}:// needs; see Apprise’s page about it.")
    return found


def _asset() -> AppriseAsset:
    return AppriseAsset(app_id="Allclear", app_desc="Allclear", storage_mode=PersistentStoreMode.MEMORY)


def _speaks_http(plugin: type[NotifyBase]) -> bool:
    """Whether it is written on top of requests, and not on a socket, a program or a desktop's bus."""
    modules = [sys.modules[base.__module__] for base in plugin.__mro__ if base.__module__ != "builtins"]
    own = [module for module in modules if module.__name__.startswith("apprise.plugins.")]
    return bool(plugin.enabled) and any(hasattr(module, "requests") for module in own)


def _may_name_host(found: NotifyBase) -> bool:
    """Whether the address can name the server, as for ntfy or Gotify; others always go to their vendor."""
    return bool(found.host) and any("{host}" in template for template in _templates(found))


def _must_name_host(found: NotifyBase) -> bool:
    return all("{host}" in template for template in _templates(found))


def _templates(found: NotifyBase) -> tuple[str, ...]:
    return tuple(type(found).templates)


def _named(protocol: object) -> tuple[str, ...]:
    return tuple(protocol) if isinstance(protocol, (tuple, list)) else (str(protocol),)


__all__ = ["OutgoingError", "check", "service"]
