"""How a delivery leaves: one module a channel, each with ``send(delivery) -> Outcome``.

``send`` runs outside any transaction and within ``LIMIT`` seconds in all. It raises nothing: whatever goes wrong
is an outcome. The delivery's id goes along, so that a repeat can be told from a second message.
"""

from collections.abc import Callable
from importlib import import_module

from notifications.deliveries import Outcome
from notifications.models import Channel, Delivery

#: Seconds that one send may take in all; a third of the lease.
LIMIT = 15.0
CONNECT_LIMIT = 3.0

Send = Callable[[Delivery], Outcome]


def sender_of(channel: str) -> Send:
    """The function that sends by ``channel``. The inbox has none: its row is the delivery."""
    if channel not in set(Channel) - {Channel.INBOX}:
        raise LookupError(f"nothing is sent by {channel}")
    send: Send = import_module(f"notifications.channels.{channel}").send
    return send
