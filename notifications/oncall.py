"""On-call calendars: kept as their last good copy, fetched again from time to time, and asked who it is now."""

import logging
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from incidents.operations import Refused
from notifications import calendars, outgoing
from notifications.calendars import Shift, Unreadable
from notifications.models import OnCallCalendar
from notifications.reached import Reached
from outbox.clock import DatabaseNow

log = logging.getLogger(__name__)

FETCH_EVERY = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=2)
#: While one process fetches, the others leave that calendar alone.
LEASE = timedelta(minutes=2)
REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """A shift, and who can be reached for it."""

    shift: Shift
    people: tuple[Reached, ...]

    @property
    def name(self) -> str:
        return (
            ", ".join(person.name for person in self.people) or self.shift.name or "an event without a name"
        )


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call ``now`` (several where turns overlap), and who is ``next``; ``error`` where it cannot be said.
    ``left_out`` is a sentence about events that count for nothing."""

    now: tuple[Turn, ...] = ()
    next: Turn | None = None
    error: str = ""
    left_out: str = ""

    @property
    def people(self) -> list[Reached]:
        return list(dict.fromkeys(person for turn in self.now for person in turn.people))


def on_call(calendar: OnCallCalendar, moment: datetime) -> OnCall:
    """Who is on call by the last good copy of ``calendar``, however old that is."""
    source = bytes(calendar.source)
    if not source:
        return OnCall(error=calendar.last_error or "Nothing could be read from this calendar yet.")
    try:
        current, following = calendars.now_and_next(source, moment, settings.ORGANISATION_TIMEZONE)
        left_out = calendars.left_out(source, moment)
    except Unreadable as error:
        return OnCall(error=str(error))
    return OnCall(tuple(map(_turn, current)), _turn(following) if following else None, left_out=left_out)


def _turn(shift: Shift) -> Turn:
    return Turn(shift, tuple(who(shift)))


def who(shift: Shift) -> list[Reached]:
    """The people of a turn: those of its addresses, else those its words name, else whoever made the event."""
    if shift.addresses:
        return [_of_address(address) for address in shift.addresses]
    if named := _named(shift.name):
        return [Reached(user=user) for user in named]
    organizer = User.objects.filter(email__iexact=shift.organizer, is_active=True).first()
    return [Reached(user=organizer)] if shift.organizer and organizer else []


def _of_address(address: str) -> Reached:
    user = User.objects.filter(email__iexact=address, is_active=True).first()
    return Reached(user=user) if user else Reached(address=address)


def _named(words: str) -> list[User]:
    """The people whose whole name stands in ``words``, the longest first: "Ana Maria Ruiz" is not "Ana Maria" too."""
    left, found = f" {words.casefold()} ", []
    people = User.objects.filter(is_active=True).exclude(name="") if words else User.objects.none()
    for user in sorted(people, key=lambda user: -len(user.name)):
        name = re.escape(" ".join(user.name.casefold().split()))
        left, times = re.subn(rf"(?<!\w){name}(?!\w)", "·", left)
        if times:
            found.append(user)
    return found


# -- keeping them ----------------------------------------------------------------------------------


@transaction.atomic
def add_calendar(*, name: str, url: str, source: bytes, by: User) -> OnCallCalendar:
    """Keep a calendar by its address, or as the file ``source``. Raises ``Refused``."""
    _may(by)
    calendar = OnCallCalendar(name=name, created_by=by)
    _give(calendar, url, source)
    return _unless_taken(calendar)


@transaction.atomic
def change_calendar(calendar_id: int, *, name: str, url: str, source: bytes, by: User) -> OnCallCalendar:
    """Rename it, or read it from elsewhere; without an address or a file it keeps what it has."""
    _may(by)
    calendar = OnCallCalendar.objects.select_for_update().get(pk=calendar_id)
    calendar.name = name
    if source or url != calendar.url:
        _give(calendar, url, source)
    return _unless_taken(calendar)


@transaction.atomic
def remove_calendar(calendar_id: int, *, by: User) -> None:
    """Forget it. Contacts that it answers for must be given to somebody else first."""
    _may(by)
    calendar = OnCallCalendar.objects.select_for_update().get(pk=calendar_id)
    if calendar.bindings.exists():
        roles = ", ".join(calendar.bindings.values_list("role", flat=True)[:5])
        raise Refused(f"It answers for {roles}. Choose somebody else for that first.")
    calendar.delete()


def _may(by: User) -> None:
    if not by.may_administer:
        raise Refused("Only an administrator may do this.")


def _give(calendar: OnCallCalendar, url: str, source: bytes) -> None:
    if source:
        try:
            calendars.check(source)
        except Unreadable as error:
            raise Refused(str(error)) from None
        calendar.source, calendar.fetched_at, calendar.last_error = source, timezone.now(), ""
    calendar.url, calendar.fetch_after = ("" if source else url), timezone.now()


def _unless_taken(calendar: OnCallCalendar) -> OnCallCalendar:
    try:
        with transaction.atomic():
            calendar.save()
    except IntegrityError:
        raise Refused("There is a calendar with this name already.") from None
    return calendar


# -- fetching --------------------------------------------------------------------------------------


def fetch_due(seconds: float = 30) -> int:
    """Fetch the calendars whose time has come, none after ``seconds``; return how many."""
    fetched, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (calendar := _claim()):
        fetch(calendar)
        fetched += 1
    return fetched


@transaction.atomic
def _claim() -> OnCallCalendar | None:
    due = OnCallCalendar.objects.exclude(url="").filter(fetch_after__lte=DatabaseNow())
    calendar = due.order_by("fetch_after", "pk").select_for_update(skip_locked=True).first()
    if calendar:
        calendar.fetch_after = timezone.now() + LEASE
        calendar.save(update_fields=["fetch_after"])
    return calendar


def fetch(calendar: OnCallCalendar) -> str:
    """Fetch ``calendar`` from its address, outside any transaction. Returns what went wrong, "" for nothing.

    Only a copy that can be read takes the place of the last one.
    """
    try:
        source = _download(calendar.url)
        calendars.check(source)
    except (outgoing.OutgoingError, Unreadable) as error:
        return _keep_error(calendar, str(error))
    now = timezone.now()
    OnCallCalendar.objects.filter(pk=calendar.pk, url=calendar.url).update(
        source=source, fetched_at=now, fetch_after=now + FETCH_EVERY, last_error=""
    )
    return ""


def _keep_error(calendar: OnCallCalendar, error: str) -> str:
    """The longer it has failed, the longer the pause: as long again as since the last good copy."""
    now = timezone.now()
    pause = min(max(now - (calendar.fetched_at or now), FETCH_EVERY), LONGEST_PAUSE)
    log.warning("The on-call calendar %s cannot be fetched: %s", calendar.pk, error)
    OnCallCalendar.objects.filter(pk=calendar.pk, url=calendar.url).update(
        last_error=error[:500].replace("\x00", ""), fetch_after=now + pause
    )
    return error


def _download(url: str) -> bytes:
    for _ in range(REDIRECTS + 1):
        answer = outgoing.request("GET", over_https(url), body_limit=calendars.MAX_BYTES, whole=True)
        if answer.status in (301, 302, 303, 307, 308) and answer.headers.get("location"):
            url = answer.headers["location"]  # checked like the first one
        elif answer.status == 200:
            return answer.body
        else:
            raise outgoing.Unreachable(f"The calendar's server answered {answer.status}.")
    raise outgoing.Unreachable("The calendar's address leads from one place to the next.")


def over_https(url: str) -> str:
    """Calendars are often given as webcal://, which means HTTPS."""
    scheme, colon, rest = url.partition(":")
    return f"https:{rest}" if colon and scheme.lower() in ("webcal", "webcals") else url
