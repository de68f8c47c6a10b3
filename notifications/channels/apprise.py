"""Everything Apprise speaks, over HTTP: Slack, Teams, Discord, Telegram, ntfy, SMS gateways and so on.

Apprise says only whether it worked, and why in its log. The far side cannot tell a repeat from a second message,
so one that was accepted while we were cut off may be shown twice.
"""

import logging
import re
from contextvars import ContextVar

from apprise import NotifyFormat, NotifyType
from apprise.conversion import convert_between
from apprise.plugins import NotifyBase

from notifications import apprise_urls, pages
from notifications.addresses import Blocked, OutgoingError
from notifications.channels import LIMIT
from notifications.deliveries import Outcome
from notifications.guard import guarded
from notifications.models import Delivery, Urgency

#: What a service answers that no further try will change: not let in, not found, gone.
FOR_GOOD = ("401", "404", "410")
STATUS = re.compile(r"(?:error|code|status)\W{0,3}(\d{3})\b", re.IGNORECASE)
TYPES = {
    Urgency.PAGE: NotifyType.FAILURE,
    Urgency.NUDGE: NotifyType.WARNING,
    Urgency.REMINDER: NotifyType.INFO,
}

_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


class _Listener(logging.Handler):
    """Keeps what Apprise logs for the send that it is about; it goes nowhere else, as it may hold secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        if (said := _said.get()) is not None:
            said.append(record.getMessage())


_logger = logging.getLogger("apprise")
_logger.setLevel(logging.WARNING)
_logger.addHandler(_Listener())
_logger.propagate = False


def send(delivery: Delivery) -> Outcome:
    """Have Apprise send it; every connection it makes is checked, and ended when the time is over."""
    said: list[str] = []
    token = _said.set(said)
    try:
        service = apprise_urls.service(delivery.address)
        with guarded(LIMIT) as watch:
            accepted = _notify(service, delivery)
    except OutgoingError as error:
        return Outcome.refused(str(error))
    finally:
        _said.reset(token)
    if accepted:
        return Outcome.sent()
    if isinstance(watch.stopped, Blocked):
        return Outcome.refused(str(watch.stopped))
    if watch.left <= 0:
        return Outcome.retry(f"It took longer than {LIMIT:.0f} seconds.")
    return _refused_or_not(" ".join(said))


def _notify(service: NotifyBase, delivery: Delivery) -> bool:
    notice = delivery.notice
    body = convert_between(NotifyFormat.MARKDOWN, service.notify_format, _body(delivery))  # type: ignore[no-untyped-call]
    kind = TYPES[Urgency(notice.urgency)]
    # Not Apprise.notify(): that starts threads, and tries again by itself.
    return bool(service.notify(body=body, title=notice.title, notify_type=kind))


def _body(delivery: Delivery) -> str:
    notice, address = delivery.notice, pages.address_of(delivery)
    link = f"[{notice.action or 'Open'}]({address})" if address else ""
    return f"{notice.text}\n\n{link}".strip()


def _refused_or_not(said: str) -> Outcome:
    found = STATUS.search(said)
    code = found[1] if found else ""
    words = said or "The service did not accept it, and did not say why."
    return Outcome.gone(words, code) if code in FOR_GOOD else Outcome.retry(words, code)
