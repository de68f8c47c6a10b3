"""One's due dates as an iCalendar: action items as days, post-mortems as the quarter of an hour before they are due.

Events and no to-dos: the calendars that people keep show only those. Nothing recurs, nothing rings; what is closed
is gone with the next reading. Of a private incident there is no title: the address is often another company's.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from icalendar import Calendar, Event, vDuration

from accounts.models import User
from incidents.states import Status
from postmortems.feeds.opening import clean
from postmortems.models import ActionItem, Postmortem
from postmortems.states import Priority

MOST = 500
AGAIN = timedelta(hours=1)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
#: Days that every calendar program can show.
DAYS = (date(2000, 1, 1), date(2199, 12, 31))
#: As RFC 5545 counts: 1 is the highest of 9.
PRIORITIES = {Priority.HIGH: 1, Priority.MEDIUM: 5, Priority.LOW: 9}
OVER = (Status.RESOLVED, Status.CLOSED)


def due_dates(user: User) -> bytes:
    """The calendar of ``user``; the same bytes as long as nothing changes."""
    calendar = Calendar()
    name = clean(f"Due dates of {user.name}")
    for key, value in {
        "prodid": "-//Allclear//Due dates//EN",
        "version": "2.0",
        "calscale": "GREGORIAN",
    }.items():
        calendar.add(key, value)
    for key in ("name", "x-wr-calname"):
        calendar.add(key, name)
    calendar.add("refresh-interval", AGAIN, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(AGAIN))  # the older name of the same, without a type
    for event in (*_items(user), *_postmortems(user)):
        calendar.add_component(event)
    body: bytes = calendar.to_ical()
    return body


def _items(user: User) -> Iterator[Event]:
    found = ActionItem.objects.open().visible_to(user).filter(owner=user, due_on__range=DAYS)
    rows = found.select_related("incident").defer("search", "details", "incident__search")
    for item in rows.annotate(changes=Count("events")).order_by("due_on", "pk")[:MOST]:
        is_private = item.incident is not None and item.incident.is_private
        event = _event(
            f"action-item-{item.pk}",
            f"{item.reference} (private)" if is_private else str(item),
            reverse("postmortems:action_item", args=[item.pk]),
            item.changed_at,
            item.changes,  # type: ignore[attr-defined]  # the query's count
        )
        assert item.due_on is not None  # noqa: S101  the query asks for it
        event.add("dtstart", item.due_on)
        event.add("dtend", item.due_on + DAY)
        event.add("priority", PRIORITIES[Priority(item.priority)])
        yield event


def _postmortems(user: User) -> Iterator[Event]:
    mine = Postmortem.objects.unpublished().visible_to(user).filter(author=user, due_at__isnull=False)
    found = mine.filter(incident__status__in=OVER).select_related("incident")
    for postmortem in found.defer("text", "search", "incident__search").order_by("due_at", "pk")[:MOST]:
        incident = postmortem.incident
        event = _event(
            f"post-mortem-{postmortem.pk}",
            f"Post-mortem due: {f'{incident.reference} (private)' if incident.is_private else incident}",
            reverse("postmortems:postmortem", args=[incident.pk]),
            postmortem.changed_at,
            postmortem.last_number,
        )
        assert postmortem.due_at is not None  # noqa: S101  the query asks for it
        event.add("dtstart", postmortem.due_at - QUARTER)
        event.add("dtend", postmortem.due_at)
        yield event


def _event(name: str, summary: str, path: str, changed_at: datetime, sequence: int) -> Event:
    """``name`` is its own for good: by it a calendar knows the event again when its day has moved."""
    event = Event()
    event.add("uid", f"{name}@{urlsplit(settings.SITE_URL).hostname or 'allclear'}")
    event.add("summary", clean(summary))
    event.add("url", f"{settings.SITE_URL}{path}")
    event.add("description", f"{settings.SITE_URL}{path}")
    for key in ("dtstamp", "last-modified"):
        event.add(key, changed_at.replace(microsecond=0))
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT")  # something is due: one is not busy all day because of it
    return event
