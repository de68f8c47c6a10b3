"""Which contact of the runbook a delivery was meant to reach, for when it did not."""

from incidents.calling import number_of
from notifications.contacts import reach
from notifications.models import Delivery, Page
from notifications.reached import Reached


def contact_behind(delivery: Delivery) -> tuple[str, str]:
    """The contact's role and the number to call for a delivery that failed; empty for what was sent to people of
    the incident."""
    page = Page.objects.filter(notice=delivery.notice_id).first()
    if page:
        return page.role, page.contact
    incident = delivery.notice.incident
    if incident is None:
        return "", ""
    to = Reached(user=delivery.recipient) if delivery.recipient else Reached(address=delivery.address)
    for contact in incident.revision.effective.contacts:
        if to in reach(contact, incident):
            return contact.role, number_of(contact)
    return "", ""
