"""Stretches of time in words and on clocks, as people read them; ``static/allclear.js`` ticks the same forms."""

from datetime import datetime

from django.utils import timezone

#: So many days back, the name of the day alone says which.
DAYS_NAMED = 6


def on_clock(seconds: float) -> str:
    """As "04:12" or "01:00:00"; from a day on as "3 d 4 h"."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours:02}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes:02}:{whole % 60:02}"


def elapsed_clock(seconds: float) -> str:
    """Like ``on_clock``, with the hours always there, so that it is not taken for a time of day."""
    text = on_clock(seconds)
    return f"00:{text}" if len(text) == 5 and ":" in text else text


def in_words(seconds: float) -> str:
    """As "45 s", "47 min", "1 h 26 min" or "3 d 4 h"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def short_moment(moment: datetime) -> str:
    """A moment in the reader's zone, as short as is clear: "03:06", "Wed 17:05", "12 Nov", "12 Nov 2025"."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return f"{local:%H:%M}"
    if 0 < (now.date() - local.date()).days <= DAYS_NAMED:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b}" if local.year == now.year else f"{local.day} {local:%b %Y}"


def short_day(moment: datetime) -> str:
    """The day alone: "today", "Tue 10 Nov", "10 Nov 2025"."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return "today"
    return f"{local:%a} {local.day} {local:%b}" if local.year == now.year else f"{local.day} {local:%b %Y}"
