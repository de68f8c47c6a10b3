"""Wall-clock times of a day as moments: pure arithmetic that knows when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def moment_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When clocks in ``zone`` show ``wall`` on ``day``, in UTC.

    Where they show it twice, the first time. Where they skip it, the first moment after the gap.
    """
    naive = datetime.combine(day, wall)
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first if second >= first else _change_between(second, first, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset of ``zone`` becomes what it is at ``after``."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + timedelta(seconds=(after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def next_at(wall: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment later than ``after`` at which it is ``wall``."""
    day = after.astimezone(zone).date()
    return next(at for n in range(3) if (at := moment_of(day + n * DAY, wall, zone)) > after)


def quiet_end(moment: datetime, starts: time, ends: time, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that ``moment`` is in; None outside them. They may go over midnight."""
    today = moment.astimezone(zone).date()
    for day in (today - DAY, today):
        end = moment_of(day if ends > starts else day + DAY, ends, zone)
        if moment_of(day, starts, zone) <= moment < end:
            return end
    return None
