"""Which addresses may be reached on behalf of someone who merely typed them: the public ones, by our own list.

The standard library's ``is_global`` is not enough: it lets 6to4, NAT64, multicast and two clouds' metadata through.
"""

import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

Network = IPv4Network | IPv6Network

PORTS = (80, 443, 8443)
RESOLVE_LIMIT = 5.0  # seconds

#: IPv4 that is not the public internet, or is a cloud's metadata in the midst of it.
DENIED = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, and Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",  # link-local, and most metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
#: The only IPv6 that is given out: what lies outside (loopback, private, mapped, NAT64, multicast) is denied.
GIVEN_OUT = ip_network("2000::/3")
DENIED_6 = tuple(
    ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo's tunnels
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)

_resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolve")


class OutgoingError(Exception):
    """A request could not be made, or was not answered; the words are for the person who gave the address."""


class Blocked(OutgoingError):
    """The address must not be reached; trying again changes nothing."""


class Unreachable(OutgoingError):
    """Nothing usable came back this time."""


def is_public(address: str) -> bool:
    """Whether ``address``, in numbers, is on the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return (
            found.scope_id is None
            and found in GIVEN_OUT
            and not any(found in network for network in DENIED_6)
        )
    return not any(found in network for network in DENIED)


def is_allowed(address: str) -> bool:
    """Whether the operator has said that this address, though not public, may be reached."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    networks: tuple[Network, ...] = settings.ALLOWED_NETWORKS
    return any(found.version == network.version and found in network for network in networks)


def check(address: str, port: int, host: str = "") -> None:
    """Raise ``Blocked`` unless ``address``, in numbers, may be reached on ``port``.

    In a network that the operator allows every port is open; elsewhere those of the web are.
    """
    if is_allowed(address):
        return
    if not is_public(address):
        raise Blocked(f"{host or address} is not on the public internet, so nothing is sent there.")
    if host.rstrip(".").lower() in settings.ALLOWED_HOSTS:
        raise Blocked(f"{host} is Allclear itself, so nothing is sent there.")
    if port not in PORTS:
        raise Blocked(f"Port {port} is not one of the web's: use 80, 443 or 8443.")


def checked(host: str, port: int) -> list[str]:
    """The addresses of ``host``, every one of which may be reached on ``port``.

    Raises ``Blocked`` if a single one may not, ``Unreachable`` if there is none.
    """
    found = resolve(host, port)
    if not found:
        raise Unreachable(f"There is no address for {host}.")
    for address in found:
        check(address, port, host)
    return found


def resolve(host: str, port: int) -> list[str]:
    """All addresses of ``host``, of both kinds. A resolver that hangs is not waited for."""
    if "%" in host:
        raise Blocked(f"{host} is not on the public internet, so nothing is sent there.")
    try:
        found = _resolvers.submit(_look_up, host, port).result(RESOLVE_LIMIT)
    except TooLate:
        raise Unreachable(f"Looking up {host} took longer than {RESOLVE_LIMIT:.0f} seconds.") from None
    except (OSError, UnicodeError):
        raise Unreachable(f"There is no address for {host}.") from None
    return list(dict.fromkeys(found))


def _look_up(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]
