"""Times as people read them."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from incidents import spans
from incidents.templatetags.clocks import minutes_words, plain_line, severity_label


@pytest.mark.parametrize(
    ("seconds", "clock", "elapsed", "words"),
    [
        (-5, "00:00", "00:00:00", "0 s"),
        (59.6, "01:00", "00:01:00", "1 min"),
        (252, "04:12", "00:04:12", "4 min"),
        (3600, "01:00:00", "01:00:00", "1 h"),
        (5160, "01:26:00", "01:26:00", "1 h 26 min"),
        (273_600, "3 d 4 h", "3 d 4 h", "3 d 4 h"),
    ],
)
def test_spans_read_as_people_say_them(seconds: float, clock: str, elapsed: str, words: str) -> None:
    said = (spans.on_clock(seconds), spans.elapsed_clock(seconds), spans.in_words(seconds))
    assert said == (clock, elapsed, words)


@pytest.mark.parametrize(
    ("moment", "short"),
    [
        (datetime(2026, 11, 12, 3, 6, tzinfo=UTC), "04:06"),
        (datetime(2026, 11, 11, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 11, 11, 17, 5, tzinfo=UTC), "Wed 18:05"),
        (datetime(2026, 11, 5, 23, tzinfo=UTC), "Fri 00:00"),
        (datetime(2026, 11, 5, 22, 59, tzinfo=UTC), "5 Nov"),
        (datetime(2026, 11, 13, tzinfo=UTC), "13 Nov"),
        (datetime(2026, 3, 1, tzinfo=UTC), "1 Mar"),
        (datetime(2025, 3, 1, tzinfo=UTC), "1 Mar 2025"),
    ],
)
@time_machine.travel("2026-11-12T10:00Z", tick=False)
def test_a_moment_is_short_in_the_readers_zone(moment: datetime, short: str) -> None:
    with timezone.override("Europe/Berlin"):
        assert spans.short_moment(moment) == short


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("SEV1", "SEV1"),
        ("SEV-2 Major", "SEV-2"),
        ("P0 Critical", "P0"),
        ("Critical", "Critical"),
        ("Informational", "Informat…"),
        ("Level 1", "Level 1"),
        ("", ""),
    ],
)
def test_a_severity_fits_beside_its_sign(name: str, label: str) -> None:
    assert severity_label(name) == label


def test_what_was_said_fits_on_a_line() -> None:
    assert plain_line("## Rolled **back**\nin `Vercel`") == "Rolled back in Vercel"
    assert plain_line("word " * 100).endswith(" word…")


@pytest.mark.parametrize(
    ("minutes", "words"), [(1, "1 minute"), (30, "30 minutes"), (60, "1 hour"), (120, "2 hours")]
)
def test_a_cadence_in_words(minutes: int, words: str) -> None:
    assert minutes_words(minutes) == words
