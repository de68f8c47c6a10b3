"""E-mail over SMTP: text and HTML, one recipient a message, threaded by incident."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.generator import BytesGenerator
from email.message import Message
from email.policy import Compat32
from email.utils import formataddr, parseaddr
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils.encoding import punycode

from notifications import pages
from notifications.channels import LIMIT
from notifications.deliveries import NO_MAIL, Outcome
from notifications.guard import Watch, within
from notifications.models import Delivery, Notice
from runbooks.markdown import render

TIMEOUT = 10  # seconds of silence
WIDTH = 76  # characters of a header that is never folded
GOODBYE = 1  # seconds that the answer to a goodbye is waited for
#: Messages after which a connection is ended, before the server finds that they are too many.
MOST_IN_A_ROW = 50
#: 5xx that speak of the connection or of signing in, which the operator can mend; all others are for good.
MENDABLE = (500, 501, 502, 503, 504, 530, 534, 535, 538, 554)


class _Line(threading.local):
    """The connection that a thread keeps from one message to the next, while ``is_kept``."""

    is_kept = False
    backend: Any = None
    sent = 0


_line = _Line()


@contextmanager
def kept_line() -> Iterator[None]:
    """Within this block the thread's messages go by one connection, as far as the server allows."""
    _line.is_kept = True
    try:
        yield
    finally:
        _line.is_kept = False
        _hang_up()


def send(delivery: Delivery) -> Outcome:
    """Hand the message to the mail server. Accepted is sent: what comes after its 250 is the server's."""
    if not settings.MAIL_CONFIGURED:
        return Outcome.refused(NO_MAIL)
    is_well = False
    try:
        message = message_of(delivery)
        with within(LIMIT) as watch:
            _hand_over(_connected(watch), message, delivery)
        is_well = True
    except smtplib.SMTPRecipientsRefused as error:
        return _answered(*next(iter(error.recipients.values())), to_recipient=True)
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Outcome.refused(f"The mail server cannot do it: {error}")
    except (smtplib.SMTPException, OSError) as error:
        return Outcome.retry(f"The mail server could not be spoken to: {error or type(error).__name__}")
    finally:
        if not (is_well and _line.is_kept):
            _hang_up()
    return Outcome.sent("250")


def _connected(watch: Watch) -> smtplib.SMTP:
    """A connection that is ready for a message: the one of the message before, if the server still has it."""
    if _line.backend and _line.sent < MOST_IN_A_ROW and _is_ready(watch):
        _line.sent += 1
    else:
        _hang_up()
        _line.backend, _line.sent = get_connection(timeout=TIMEOUT), 1
        _line.backend.open()
    server: smtplib.SMTP = _line.backend.connection
    return server


def _is_ready(watch: Watch) -> bool:
    """Whether the server still answers. Nothing has been said of the message yet: otherwise there is a new line."""
    server = _line.backend.connection
    try:
        watch.follow(server.sock)
        return bool(server.rset()[0] == 250)
    except (smtplib.SMTPException, OSError, AttributeError):
        return False


def _hand_over(server: smtplib.SMTP, message: EmailMultiAlternatives, delivery: Delivery) -> None:
    """By the address as it is: a domain in other letters has an ASCII form, a name before the @ has none, and goes
    to servers alone that take it (RFC 6531)."""
    local, _, domain = delivery.address.rpartition("@")
    sender, recipient = parseaddr(message.from_email)[1], f"{local}@{punycode(domain)}"
    mime = message.message()
    # Otherwise one is drawn and looked for in all the text, which costs as much as all the rest of the message.
    mime.set_boundary(f"=_{delivery.pk.hex}")
    content = _written(mime)
    options: tuple[str, ...] = ()
    if not local.isascii():
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError("it takes no address with such letters")
        content, options = f"To: {recipient}\r\n".encode() + content, ("SMTPUTF8",)
    server.sendmail(sender, [recipient], content, options)


class _AsItIs(Compat32):
    """Leaves a header alone that fits in its line, as most do: to find out where it might be folded, part by part,
    takes a fifth of all that a message costs."""

    def fold_binary(self, name: str, value: str) -> bytes:
        line = f"{name}: {value}"
        if isinstance(value, str) and len(line) <= WIDTH and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def _written(mime: Message) -> bytes:
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=_AsItIs()).flatten(mime, linesep="\r\n")
    return written.getvalue()


def _hang_up() -> None:
    """End this thread's connection. Whatever goes wrong while saying goodbye, what was accepted has been."""
    backend, _line.backend = _line.backend, None
    try:
        if backend and backend.connection and backend.connection.sock:
            backend.connection.sock.settimeout(GOODBYE)
        if backend:
            backend.close()
    except (smtplib.SMTPException, OSError):
        return


def _answered(code: int, reason: bytes | str, *, to_recipient: bool = False) -> Outcome:
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    if not 500 <= code < 600 or code in MENDABLE:
        return Outcome.retry(words, str(code))
    return Outcome.gone(words, str(code)) if to_recipient else Outcome.refused(words, str(code))


def message_of(delivery: Delivery) -> EmailMultiAlternatives:
    """The message, the same bytes of meaning at every try: its Message-ID is the delivery's id."""
    notice = delivery.notice
    url = pages.address_of(delivery)
    context = {
        "notice": notice,
        "url": url,
        "html": render(notice.text),
        "organisation": settings.ORGANISATION,
    }
    message = EmailMultiAlternatives(
        subject=" ".join(notice.title.split()),
        body=render_to_string("notifications/email.txt", context),
        to=_to(delivery),
        headers=_headers(delivery, notice),
    )
    message.attach_alternative(render_to_string("notifications/email.html", context), "text/html")
    return message


def _to(delivery: Delivery) -> list[str]:
    """Name and address; none here for an address that only some servers take, which gets its line when it is sent."""
    local, _, domain = delivery.address.rpartition("@")
    name = " ".join(delivery.recipient.name.split()) if delivery.recipient else ""
    return [formataddr((name, f"{local}@{punycode(domain)}"))] if local.isascii() else []


def _headers(delivery: Delivery, notice: Notice) -> dict[str, str]:
    host = urlsplit(settings.SITE_URL).hostname or "allclear"
    headers = {
        "Message-ID": f"<{delivery.pk}@{host}>",
        "X-Entity-Ref-ID": str(delivery.pk),
        "Auto-Submitted": "auto-generated",
    }
    if notice.incident_id:  # all mail about one incident is one conversation
        thread = f"<incident-{notice.incident_id}@{host}>"
        headers |= {"References": thread, "In-Reply-To": thread}
    return headers
