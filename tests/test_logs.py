"""What lands in the log while something is away: a line, not a page."""

import pytest
from celery.beat import Scheduler

from config.celery import app
from config.logs import PlainFormatter


def test_a_tick_that_no_broker_takes_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    clock = Scheduler(app=app)
    with app.connection_for_write("redis://127.0.0.1:1/0") as nowhere:
        clock.apply_entry(clock.schedule["pump"], producer=app.amqp.Producer(nowhere))
    (record,) = caplog.records
    line = PlainFormatter().format(record)
    assert "A tick was not sent" in line and "refused" in line
    assert "\n" not in line
