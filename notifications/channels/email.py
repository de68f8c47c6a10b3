"""E-mail over SMTP: text and HTML, one recipient a message, threaded by incident."""

import smtplib
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from notifications import pages
from notifications.channels import LIMIT
from notifications.deliveries import NO_MAIL, Outcome
from notifications.guard import within
from notifications.models import Delivery, Notice
from runbooks.markdown import render

TIMEOUT = 10  # seconds of silence
#: 5xx that speak of the connection or of signing in, which the operator can mend; all others are for good.
MENDABLE = (500, 501, 502, 503, 504, 530, 534, 535, 538, 554)


def send(delivery: Delivery) -> Outcome:
    """Hand the message to the mail server. Accepted is sent: what comes after its 250 is the server's."""
    if not settings.MAIL_CONFIGURED:
        return Outcome.refused(NO_MAIL)
    connection = get_connection(timeout=TIMEOUT)
    try:
        message = message_of(delivery)
        with within(LIMIT):
            connection.open()
            connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        return _answered(*next(iter(error.recipients.values())), to_recipient=True)
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Outcome.refused(f"The mail server cannot do it: {error}")
    except (smtplib.SMTPException, OSError) as error:
        return Outcome.retry(f"The mail server could not be spoken to: {error or type(error).__name__}")
    finally:
        _hang_up(connection)
    return Outcome.sent("250")


def _hang_up(connection: Any) -> None:
    """Whatever goes wrong while saying goodbye, the message has been accepted, or has not."""
    try:
        connection.close()
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
        to=[_address(delivery)],
        headers=_headers(delivery, notice),
    )
    message.attach_alternative(render_to_string("notifications/email.html", context), "text/html")
    return message


def _address(delivery: Delivery) -> str:
    name = delivery.recipient.name if delivery.recipient else ""
    return formataddr((" ".join(name.split()), delivery.address))


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
