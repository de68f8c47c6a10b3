"""Declaring practice, and what is over already."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from incidents.models import Incident
from incidents.operations import Declaration, Refused, declare

FIELDS = {"title": "Chat not working", "severity": "1", "impact": "Nobody can chat"}


@pytest.fixture
def post(revision, grace, client_for):
    def send(**said: str):
        return client_for(grace).post("/declare/", FIELDS | {"key": str(uuid4())} | said)

    return send


def wall(hours: float) -> str:
    return f"{timezone.now() - timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def test_a_drill_is_tagged_on_board_room_and_history_and_alarms_nobody(post, grace, client_for):
    assert post(nature="drill").status_code == 302
    drill = Incident.objects.get()
    Incident.objects.update(next_update_due_at=timezone.now() - timedelta(minutes=5))

    for address in ("/", f"/incidents/{drill.pk}/", "/incidents/"):
        assert '<span class="tag">Drill</span>' in client_for(grace).get(address).content.decode(), address
    assert "overdue." not in client_for(grace).get("/").content.decode()


def test_what_is_over_starts_and_ends_in_the_past(post):
    answer = post(nature="retrospective", started_at=wall(30), ended_at=wall(28))

    over = Incident.objects.get()
    assert answer.status_code == 302 and over.status == "resolved"
    assert over.ended_at == over.started_at + timedelta(hours=2)
    assert list(over.events.order_by("seq").values_list("kind", flat=True)) == ["declared", "status_changed"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"ended_at": wall(1)}, "written up afterwards"),
        ({"nature": "retrospective", "ended_at": wall(1)}, "when it started"),
        ({"nature": "retrospective", "started_at": wall(1), "ended_at": wall(2)}, "ended before it started"),
        ({"nature": "retrospective", "started_at": wall(2), "ended_at": wall(-2)}, "in the future"),
        ({"nature": "nonsense"}, "Choose one of these"),
        ({"nature": "drill\x00"}, "Choose one of these"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_kept(post, said, words):
    answer = post(**said)

    assert answer.status_code == 422 and words in answer.content.decode()
    assert "Nobody can chat" in answer.content.decode() and not Incident.objects.exists()


def test_the_operation_refuses_it_too(revision, grace):
    with pytest.raises(Refused, match="written up afterwards"):
        declare(Declaration("Down", 1, ended_at=timezone.now()), revision=revision, by=grace)


def test_other_words_with_the_same_key_are_told_apart(post):
    key = str(uuid4())
    post(key=key)

    assert post(key=key, nature="drill").status_code == 422
