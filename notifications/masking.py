"""Addresses as they are shown again: enough to know one's own by, and not enough to use it."""

from urllib.parse import urlsplit

from notifications.models import Channel, Destination

SHOWN = 4
#: A shorter address would be half told by its end.
LEAST = 16


def masked(channel: str, address: str) -> str:
    """An e-mail address as it is; of a webhook scheme, host and end; of an Apprise URL scheme and end.

    The host of an Apprise URL is often a token itself.
    """
    if channel in (Channel.EMAIL, Channel.INBOX):
        return address
    scheme, _, rest = address.partition("://")
    end = rest[-SHOWN:] if len(rest) >= LEAST else ""
    if channel == Channel.APPRISE:
        return f"{scheme}://…{end}"
    return f"{scheme}://{_host(address)}/…{end}"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def shown(destination: Destination) -> str:
    return masked(destination.channel, destination.address)
