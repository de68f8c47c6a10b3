"""The demo: a believable history, only where there is none. Filling it in takes seconds, so it is done once in full."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from incidents import timeline
from incidents.demo.stories import told
from incidents.models import Incident, TimelineEvent
from incidents.operations import Declaration, declare
from incidents.states import Kind
from postmortems.models import ActionItem, ItemEvent, Postmortem
from runbooks.models import Revision, Runbook


def demo(**options: str) -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def test_demo_fills_an_empty_database_with_a_history_that_adds_up(db: None, grace: User) -> None:
    password = demo().split("shown this once: ")[1].split()[0]
    assert User.objects.get(email="maya@quayside.example").check_password(password)
    _is_believable()
    _is_followed_up()
    _verifies()
    assert demo(password="another long password").startswith(
        "Quayside is there already: 63 incidents, 3 open."
    )
    assert User.objects.get(email="lena@quayside.example").check_password("another long password")
    assert Incident.objects.count() == 63
    declare(Declaration(title="Real", severity=1), revision=Revision.objects.latest("id"), by=grace)
    with pytest.raises(CommandError, match="real incidents"):
        demo()


def _is_believable() -> None:
    ended, still_open = Incident.objects.ended(), Incident.objects.open()
    assert (ended.count(), User.objects.filter(email__endswith="@quayside.example").count()) == (60, 8)
    assert sorted(still_open.values_list("severity", "status", "is_private")) == [
        (1, "monitoring", True),
        (2, "identified", False),
        (3, "investigating", False),
    ]
    assert [i.due_state for i in still_open.order_by("severity")] == ["ok", "late", "soon"]
    assert ended.filter(status="closed").count() > 50
    assert 170 < (timezone.now() - ended.earliest("declared_at").declared_at).days < 190
    kinds = set(TimelineEvent.objects.values_list("kind", flat=True))
    assert {Kind.DECISION_MADE, Kind.BRANCH_ABANDONED, Kind.COMMAND_RUN, Kind.STEP_SKIPPED} <= kinds


def _is_followed_up() -> None:
    """Every incident that is over has its post-mortem, and what was promised in them stands in every way it can."""
    documents, now = Postmortem.objects.kept(), timezone.now()
    assert Postmortem.objects.count() == Incident.objects.ended().count()
    assert documents.published().count() > 40
    assert documents.published().exclude(published_over=[]).exclude(publish_reason="").exists()
    waiting = documents.get(status="in_review")
    assert (waiting.reviewers.count(), waiting.comments.count()) == (2, 3)
    assert documents.get(status="draft").due_at < now  # type: ignore[operator]
    assert not documents.filter(text__contains="INC number").exists()
    items = ActionItem.objects
    assert len(set(items.values_list("title", flat=True))) == items.count() > 40
    assert 3 < items.overdue(now.date()).count() < items.open().count() < 30
    assert {"done", "dropped"} <= set(items.closed().values_list("status", flat=True))
    assert not items.loose().exists()
    assert not items.filter(added_at__gt=now - timedelta(hours=12)).exists()
    assert ItemEvent.objects.filter(kind="changed").exists()


def _verifies() -> None:
    now = timezone.now()
    for incident in Incident.objects.all():
        assert timeline.faults(incident) == []
        moments = list(incident.events.order_by("seq").values_list("recorded_at", flat=True))
        assert moments == sorted(moments)
        assert incident.started_at <= incident.declared_at <= moments[0] <= moments[-1] <= now
        assert len(moments) > (20 if incident.ended_at else 7)


def test_demo_uses_the_runbook_that_a_team_brought(
    revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.demo.history.told", lambda: told()[:5])
    demo()
    assert Runbook.objects.get().revisions.count() == 1
    assert Incident.objects.filter(revision=revision).count() == 5 + 3


def test_demo_refuses_a_database_that_holds_real_incidents(incident: Incident) -> None:
    with pytest.raises(CommandError, match="real incidents"):
        demo()
    assert not User.objects.filter(email__endswith="@quayside.example").exists()
    assert Incident.objects.count() == 1
