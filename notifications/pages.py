"""Pages: one call for one contact, with a link that acknowledges that call alone.

The link's token is made from the page's id and the portal's key, so that it can be written into each message
when it is sent, while only its hash is kept. Where the recipient has an account the link says so, signed.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.links import hash_token
from accounts.models import User
from incidents import operations as incidents
from incidents.calling import number_of
from incidents.models import Incident
from incidents.operations import Refused
from incidents.permissions import can_see, can_work_on
from notifications.contacts import reach
from notifications.deliveries import deliver
from notifications.models import Channel, Delivery, Notice, Page, Urgency
from notifications.preferences import routes_for
from notifications.reached import Reached
from runbooks.playbook import Contact

#: How long a page is tried, and how long its link works.
LIFE = timedelta(hours=1)
LINK_LIFE = timedelta(hours=24)


@transaction.atomic
def page(incident_id: int, role: str, text: str, *, by: User, key: UUID | None = None) -> Page:
    """Page the runbook's contact ``role`` with ``text``. The same ``key`` again returns the page already made.

    Raises ``Refused``, with the number to call, where nobody can be reached from here.
    """
    incident = Incident.objects.select_for_update(of=("self",)).select_related("revision").get(pk=incident_id)
    if not can_work_on(by, incident):
        raise Refused("You may not page anyone about this incident.")
    if key and (before := Page.objects.filter(incident=incident, submission_key=key).first()):
        return before
    if not incident.is_open:
        raise Refused(f"{incident.reference} is over. Reopen it first.")
    contact = contact_named(incident, role)
    notice = _notice(incident, contact, text, by)
    people = [person for person in reach(contact, incident) if _hears(person, notice)]
    if not people:
        raise Refused(f"{role} cannot be reached from here. Call {number_of(contact) or 'them'}.")
    made = make(notice, contact, by=by, key=key)
    for person in people:
        deliver(notice, person)
    told = [person.name for person in people]
    incidents.note_paged(incident.pk, by=by, text=text, data=said(made, told))
    return made


def _hears(person: Reached, notice: Notice) -> bool:
    """Whether the page comes to ``person``: of an incident that is closed to them the inbox shows nothing."""
    incident = notice.incident
    if person.user is None or incident is None or can_see(person.user, incident):
        return True
    ways = {route.channel for route in routes_for(notice, person)} - {Channel.INBOX}
    return bool(ways if settings.MAIL_CONFIGURED else ways - {Channel.EMAIL})


def note_delivered(delivery_id: UUID) -> None:
    """Put on the incident's timeline that a page left, in the caller's transaction."""
    row = Delivery.objects.select_related("notice__page", "recipient", "destination").get(pk=delivery_id)
    incidents.note_page_delivered(
        row.notice.page.incident_id,
        delivery=str(row.pk),
        to=row.recipient.name if row.recipient else row.destination.name if row.destination else row.address,
        channel=Channel(row.channel).label,
        role=row.notice.page.role,
    )


def contact_named(incident: Incident, role: str) -> Contact:
    """The contact of that role in the runbook that ``incident`` follows. Raises ``Refused``."""
    found = [c for c in incident.revision.effective.contacts if c.role.lower() == role.lower()]
    if not found:
        raise Refused(f"The runbook names no {role} any more.")
    return found[0]


def _notice(incident: Incident, contact: Contact, text: str, by: User) -> Notice:
    """What is said. Of a private incident only its number and the words of whoever pages."""
    about = incident.reference
    if not incident.is_private:
        about = f"{incident.severity_name} {about} {incident.title}"
    asked = f"{by.name} pages you as **{contact.role}**."
    return Notice.objects.create(
        urgency=Urgency.PAGE,
        incident=incident,
        title=f"Page: {about}"[:250],
        text=f"{asked}\n\n{text}",
        path=reverse("incidents:room", args=[incident.pk]),
        action="Acknowledge",
        expires_at=timezone.now() + LIFE,
    )


def make(notice: Notice, contact: Contact, *, by: User | None, key: UUID | None = None) -> Page:
    """The page that goes with ``notice``, in the caller's transaction."""
    assert notice.incident is not None  # noqa: S101  pages are about incidents
    return Page.objects.create(
        incident=notice.incident,
        notice=notice,
        role=contact.role[:200],
        contact=number_of(contact)[:500],
        paged_by=by,
        token_hash=hash_token(_token(notice)),
        submission_key=key,
    )


def said(made: Page, told: list[str], **more: str) -> dict[str, object]:
    """What the timeline keeps of a page."""
    return {"page": str(made.notice_id), "role": made.role, "told": told, **more}


# -- the link --------------------------------------------------------------------------------------


def link_of(delivery: Delivery) -> str:
    """The absolute address that acknowledges the page of ``delivery``; "" where it is none."""
    if not hasattr(delivery.notice, "page"):
        return ""
    return settings.SITE_URL + path_of(delivery.notice, delivery.recipient_id)


def address_of(delivery: Delivery) -> str:
    """Where the message leads: to the acknowledgement of a page, else to what it is about; "" for nowhere."""
    path = delivery.notice.path
    return link_of(delivery) or (settings.SITE_URL + path if path else "")


def path_of(notice: Notice, user_id: int | None = None) -> str:
    token = _token(notice)
    signed = f"{token}.{user_id}.{_mark(token, user_id)}" if user_id else token
    return reverse("notifications:answer_page", args=[signed])


def _token(notice: Notice) -> str:
    return salted_hmac("notifications.page", str(notice.pk), algorithm="sha256").hexdigest()[:40]


def _mark(token: str, user_id: int) -> str:
    return salted_hmac("notifications.page.for", f"{token}.{user_id}", algorithm="sha256").hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Link:
    """A page, and the person to whom this link of it was sent, where it has an account."""

    page: Page
    user: User | None


def opened(token: str) -> Link | None:
    """The page that ``token`` leads to; None for a wrong one, and for one whose time is over."""
    base, _, rest = token.partition(".")
    found = Page.objects.select_related("incident", "notice", "acknowledged_by", "paged_by")
    page = found.filter(token_hash=hash_token(base)).first()
    if page is None or timezone.now() > page.paged_at + LINK_LIFE:
        return None
    if not rest:
        return Link(page, None)
    user_id, _, mark = rest.partition(".")
    if not (user_id.isascii() and user_id.isdecimal() and len(user_id) < 12):
        return None
    if not hmac.compare_digest(mark.encode("utf-8", "replace"), _mark(base, int(user_id)).encode()):
        return None
    return Link(page, User.objects.filter(pk=user_id, is_active=True).first())


@transaction.atomic
def acknowledge(page_id: int, *, by: User | None) -> Page:
    """Whoever was paged has seen it: this page, once. The first answer to an incident that nobody has
    acknowledged acknowledges that as well, where it is known whose answer it is."""
    about = Page.objects.values_list("incident_id", flat=True).get(pk=page_id)
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=about)
    page = Page.objects.select_for_update(of=("self",)).get(pk=page_id)
    if page.acknowledged_at is not None:
        return page
    page.acknowledged_at, page.acknowledged_by = timezone.now(), by
    page.save(update_fields=["acknowledged_at", "acknowledged_by"])
    who = by.name if by else _only_recipient(page)
    data = {"page": str(page.notice_id), "role": page.role, "who": who}
    incidents.note_page_acknowledged(about, by=by, data=data)
    if by and takes_up(incident, by):
        incidents.acknowledge(about, by=by)
    _let_rest(page)
    return page


def takes_up(incident: Incident, by: User) -> bool:
    """Whether an answer of ``by`` to a page acknowledges ``incident`` as well: it is the first."""
    return incident.is_open and incident.acknowledged_at is None and can_work_on(by, incident)


def _only_recipient(page: Page) -> str:
    """The address that was paged, where it was one."""
    addresses = {row.address for row in page.notice.deliveries.filter(recipient=None)}
    return addresses.pop() if len(addresses) == 1 else ""


def _let_rest(page: Page) -> None:
    """What has not gone out yet need not any more."""
    Delivery.objects.filter(notice=page.notice_id, state="pending").update(state="superseded")
