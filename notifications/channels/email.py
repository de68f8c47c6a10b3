"""E-mail over SMTP: text and HTML, one recipient a message, threaded by incident."""

import smtplib
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from notifications.deliveries import Outcome
from notifications.models import Delivery, Notice
from runbooks.markdown import render


def send(delivery: Delivery) -> Outcome:
    """Hand the message to the mail server. Accepted is sent: what comes after its 250 is the server's."""
    try:
        get_connection(timeout=10).send_messages([message_of(delivery)])
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        return _answered(code, reason)
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Outcome.retry(f"{type(error).__name__}: {error}")
    return Outcome.sent("250")


def _answered(code: int, reason: bytes | str) -> Outcome:
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    # 5xx is for good, but for those that speak of the connection or of signing in: the operator can mend these.
    for_good = 500 <= code < 600 and code not in (530, 534, 535, 538, 554)
    return Outcome.refused(words, str(code)) if for_good else Outcome.retry(words, str(code))


def message_of(delivery: Delivery) -> EmailMultiAlternatives:
    """The message, the same bytes of meaning at every try: its Message-ID is the delivery's id."""
    notice = delivery.notice
    url = settings.SITE_URL + notice.path if notice.path else ""
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
    headers = {"Message-ID": f"<{delivery.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    if notice.incident_id:
        thread = f"<incident-{notice.incident_id}@{host}>"
        headers |= {"References": thread, "In-Reply-To": thread}
    return headers
