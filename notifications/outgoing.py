"""Requests to addresses that people typed: webhooks, calendars. Nothing else in Allclear makes one.

The address is read once, its name looked up once, every answer checked, and the connection made to a checked
address: a name that changes its mind gains nothing. No redirect is followed. A request ends after so many seconds
in all, and no more of the answer is read than asked for.
"""

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from notifications.addresses import Blocked, OutgoingError, Unreachable, check, checked
from notifications.guard import Refusal, Watch, within

__all__ = ["Answer", "Blocked", "OutgoingError", "TooLarge", "Unreachable", "check_url", "request"]

LIMIT = 15.0  # seconds, in all
CONNECT_LIMIT = 3.0
READ_LIMIT = 10.0  # seconds of silence
BODY_LIMIT = 64 * 1024
LONGEST_URL = 2000
#: What no address has: letters that one parser skips and the next one stops at.
UNREADABLE = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")


class TooLarge(OutgoingError):
    """The answer is longer than it may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``headers`` by lower-case name, the first of each, and as much of ``body`` as was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_url(url: str) -> None:
    """Raise ``OutgoingError`` unless ``url`` may be sent to: the check at save is the one at every send."""
    parts = _parse(url)
    checked(_host(parts), _port(parts))


def request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = LIMIT,
    body_limit: int = BODY_LIMIT,
    whole: bool = False,
) -> Answer:
    """Send one request and return the answer, whatever its status; redirects are answers too.

    ``body_limit`` is in bytes: what is beyond is not read, and raises ``TooLarge`` where ``whole`` is asked for.
    Raises ``Blocked`` for an address that must not be reached, ``Unreachable`` when nothing came back in time.
    """
    parts = _parse(url)
    with within(seconds) as watch:
        try:
            return _exchange(parts, watch, method, body, headers or {}, body_limit, whole)
        except Refusal:
            raise _too_slow(seconds) from None
        except (HTTPError, OSError, ValueError) as error:
            if watch.left <= 0:
                raise _too_slow(seconds) from None
            raise Unreachable(_words(error, _host(parts))) from None


def _exchange(
    parts: Url,
    watch: Watch,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    body_limit: int,
    whole: bool,
) -> Answer:
    with _pool(parts) as pool:
        response = pool.urlopen(
            method,
            parts.request_uri,
            body=body,
            headers={"User-Agent": "Allclear", "Accept-Encoding": "identity", **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=CONNECT_LIMIT, read=READ_LIMIT),
        )
        try:
            _in_time(watch)
            return _read(response, watch, body_limit, whole)
        finally:
            response.close()


def _in_time(watch: Watch) -> None:
    """What was cut short by us looks like something that has ended: it is not to be believed."""
    if watch.left <= 0:
        raise TimeoutError


def _read(response: BaseHTTPResponse, watch: Watch, body_limit: int, whole: bool) -> Answer:
    try:
        body = response.read(body_limit + 1) if body_limit else b""
    except (HTTPError, OSError):
        if whole:
            raise
        body = b""  # the status has been said, and that is what was asked for
    if whole:
        _in_time(watch)
    if whole and len(body) > body_limit:
        raise TooLarge(f"The answer is longer than {body_limit // 1024:,} KB.")
    headers = {name.lower(): value for name, value in reversed(list(response.headers.items()))}
    return Answer(response.status, headers, body[:body_limit])


def _parse(url: str) -> Url:
    """The address, read by the very parser that the connection is made by."""
    if len(url) > LONGEST_URL:
        raise Blocked(f"The address is longer than {LONGEST_URL:,} characters.")
    if UNREADABLE.search(url):
        raise Blocked("The address has a space, a backslash or an invisible character in it.")
    try:
        parts = parse_url(url)
    except (LocationParseError, ValueError):
        raise Blocked("This is not an address that can be read.") from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise Blocked("The address must begin with https:// or http://.")
    if parts.auth or "@" in url.partition("://")[2].partition("/")[0]:
        raise Blocked("The address must not hold a name or a password (the part before @).")
    if parts.fragment is not None:
        raise Blocked("The address must end before the #.")
    return parts


def _host(parts: Url) -> str:
    return (parts.host or "").strip("[]")


def _port(parts: Url) -> int:
    return parts.port if parts.port is not None else (443 if parts.scheme == "https" else 80)


class _Pinned(HTTPConnection):
    """Goes to an address that was checked; Host stays the name."""

    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or self.default_port)


class _PinnedTLS(HTTPSConnection):
    """Goes to an address that was checked; Host, SNI and the certificate are the name's."""

    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or self.default_port)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS


def _pool(parts: Url) -> HTTPConnectionPool:
    if parts.scheme == "https":
        return _TLSPool(_host(parts), _port(parts), ssl_context=_tls())
    return _Pool(_host(parts), _port(parts))


@cache
def _tls() -> ssl.SSLContext:
    """Trusts the system's authorities, an operator's own among them, and the well-known ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _connect(host: str, port: int) -> socket.socket:
    """A connection to the first of the checked addresses that answers."""
    problem: OSError = OSError()
    for address in checked(host.strip("[]"), port):
        try:
            return _connect_to(address, port)
        except Refusal:
            raise
        except OSError as error:
            problem = error
    raise problem


def _connect_to(address: str, port: int) -> socket.socket:
    connection = socket.create_connection((address, port), CONNECT_LIMIT)
    try:
        check(connection.getpeername()[0], port)
    except BaseException:
        connection.close()
        raise
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _too_slow(seconds: float) -> Unreachable:
    return Unreachable(f"It took longer than {seconds:.0f} seconds.")


def _words(error: Exception, host: str) -> str:
    cause = next((part for part in error.args if isinstance(part, OSError)), error)
    if isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return f"{host} has no certificate that can be trusted: {cause}"
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refused the connection."
    if isinstance(cause, TimeoutError) or "timed out" in str(cause).lower():
        return f"{host} did not answer in time."
    return f"{host} could not be spoken to: {cause}"[:300]
