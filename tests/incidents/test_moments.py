"""Times as people type them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.forms.moments import PromiseField, SaidAtField

NOW = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_night() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def utc(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("02:14", utc(12, 2, 14)),
        ("2:14", utc(12, 2, 14)),
        ("02.14", utc(12, 2, 14)),
        ("03:12", utc(12, 3, 12)),
        ("today 02:14", utc(12, 2, 14)),
        ("yesterday 23:50", utc(11, 23, 50)),
        ("Yesterday, 02:14", utc(11, 2, 14)),
        ("23:50", utc(11, 23, 50)),
        ("2026-11-10 02:14", utc(10, 2, 14)),
        ("2026-11-10T02:14", utc(10, 2, 14)),
        ("10 Nov 02:14", utc(10, 2, 14)),
        ("10 November 2026 02:14", utc(10, 2, 14)),
        ("10.11.2026 02:14", utc(10, 2, 14)),
    ],
)
def test_time_is_understood(typed: str, means: datetime) -> None:
    assert SaidAtField().clean(typed) == means


def test_time_is_of_the_readers_zone() -> None:
    with timezone.override("Asia/Kathmandu"):  # 08:57 there
        assert SaidAtField().clean("08:00") == utc(12, 2, 15)


@pytest.mark.parametrize("typed", ["", "  ", None])
def test_nothing_typed_means_now(typed: str | None) -> None:
    assert SaidAtField(required=False).clean(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "noon",
            "25:00",
            "12:60",
            "2026-13-01 10:00",
            "31 Feb 10:00",
            "0001-01-01 00:00",
            "9999-12-31 23:59",
        ),
        *("x" * 10_000, "1" * 10_000 + ":00", "\x0002:14", "tomorrow 10:00", "13 Nov 02:00", "-1:00"),
    ],
)
def test_time_that_makes_no_sense_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        SaidAtField().clean(typed)


def test_late_hour_is_yesterdays_only_shortly_after_midnight() -> None:
    with time_machine.travel(NOW + timedelta(hours=9), tick=False), pytest.raises(ValidationError) as refused:
        SaidAtField().clean("23:50")
    assert "yesterday 23:50" in refused.value.messages[0]


def test_hour_that_the_clocks_skipped_is_refused() -> None:
    with timezone.override("Europe/Berlin"), pytest.raises(ValidationError, match="did not exist"):
        SaidAtField().clean("2026-03-29 02:30")


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("45 min", NOW + timedelta(minutes=45)),
        ("in 45 minutes", NOW + timedelta(minutes=45)),
        ("+45m", NOW + timedelta(minutes=45)),
        ("2 h", NOW + timedelta(hours=2)),
        ("04:30", utc(12, 4, 30)),
        ("02:30", utc(13, 2, 30)),
        ("2026-11-13 09:00", utc(13, 9, 0)),
    ],
)
def test_promise_is_understood(typed: str, means: datetime) -> None:
    assert PromiseField(required=False).clean(typed) == means


@pytest.mark.parametrize("typed", ["0 min", "yesterday 10:00", "soon", "9999 h", "2030-01-01 10:00", "\x00"])
def test_promise_that_makes_no_sense_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        PromiseField(required=False).clean(typed)
