"""The judge of the fault test is itself put to the test: what it must not let pass."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from incidents.operations import Declaration, declare
from notifications.models import Delivery, DeliveryState, Notice, Stage
from notifications.sweep import sweep
from outbox.relay import relay
from runbooks.operations import create_runbook
from tests.chaos.checker import Report, check
from tests.chaos.load import RUNBOOK

Lines = Sequence[dict[str, object]]


@pytest.fixture
def sent(ada: User, settings: object) -> Delivery:
    """An e-mail that pages somebody, sent."""
    settings.MAIL_CONFIGURED = True  # type: ignore[attr-defined]
    declare(Declaration(title="Down", severity=1), revision=create_runbook(RUNBOOK, by=None), by=ada)
    relay()
    sweep()
    mails = Delivery.objects.filter(channel="email")
    mails.update(state=DeliveryState.SENT, sent_at=timezone.now())
    return mails.get()


def judged(folder: Path, *, truth: Lines = (), sunk: Lines = ()) -> Report:
    for name, lines in (("truth", truth), ("sunk", sunk)):
        (folder / name).write_text("".join(json.dumps({"at": 0.0, **line}) + "\n" for line in lines))
    return check(folder / "truth", folder / "sunk")


def seen(delivery: Delivery, outcome: str) -> dict[str, object]:
    return {"id": str(delivery.pk), "outcome": outcome, "channel": "email", "to": delivery.address}


def test_what_arrived_and_is_recorded_passes(sent, tmp_path):
    assert judged(tmp_path, sunk=[seen(sent, "accepted")]).violations == []


@pytest.mark.parametrize("outcome", ["refused", "dropped", "cut"])
def test_recorded_as_sent_and_never_accepted(sent, tmp_path, outcome):
    (said,) = judged(tmp_path, sunk=[seen(sent, outcome)]).violations
    assert said.startswith("1 recorded as sent that no sink accepted")


def test_never_sent(sent, tmp_path):
    Delivery.objects.update(state=DeliveryState.PENDING, sent_at=None)
    assert any("not sent in the end" in said for said in judged(tmp_path).violations)


def test_a_promise_without_its_stage(sent, tmp_path):
    promise = {"kind": "promised", "incident": sent.notice.incident_id, "due": 0.0}
    report = judged(tmp_path, truth=[promise], sunk=[seen(sent, "accepted")])
    assert any("1 stages are missing" in said for said in report.violations)


def test_fired_early(sent, tmp_path):
    Stage.objects.update(name="due", due_at=timezone.now() + timedelta(minutes=1))
    report = judged(tmp_path, sunk=[seen(sent, "accepted")])
    assert any("early" in said for said in report.violations)


def test_two_ids_for_one_message(sent, tmp_path):
    again = Delivery.objects.get(pk=sent.pk)
    again.pk, again.dedupe_key = None, "another"
    again._state.adding = True
    again.id = Delivery._meta.pk.get_default()
    again.save()
    report = judged(tmp_path, sunk=[seen(sent, "accepted"), seen(again, "accepted")])
    assert report.violations == ["one message went out under two ids"]


def test_a_stage_that_told_nobody(sent, tmp_path):
    Notice.objects.update(stage=None)
    report = judged(tmp_path, sunk=[seen(sent, "accepted")])
    assert any("have 0 notices" in said for said in report.violations)


def test_a_note_that_was_answered_and_is_gone(sent, tmp_path):
    report = judged(
        tmp_path, truth=[{"kind": "noted", "incident": 1, "text": "x"}], sunk=[seen(sent, "accepted")]
    )
    assert any("not in the timeline" in said for said in report.violations)
