"""What a document tells of the record: noise left out, corrections in place; and the record itself untouched."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from incidents.forms.moments import RecalledAtField
from incidents.models import Incident, TimelineEvent
from incidents.states import Kind
from incidents.timeline import faults
from postmortems.models import HiddenEvent, Postmortem
from postmortems.operations import hiding, reviewing
from postmortems.timeline_of_document import events_of, told


def kinds(postmortem: Postmortem) -> list[str]:
    return [event.kind for event in events_of(postmortem)]


def address(name: str, postmortem: Postmortem, *more: object) -> str:
    return reverse(f"postmortems:{name}", args=[postmortem.incident_id, *more])


def test_events_stand_oldest_first_by_when_they_happened(postmortem, ada):
    hour_ago = timezone.now() - timedelta(hours=1)
    incidents.add_note(postmortem.incident_id, "Earlier", by=ada, occurred_at=hour_ago)
    assert events_of(postmortem)[0].text == "Earlier"


def test_noise_is_left_out_and_can_be_told_all_the_same(postmortem, ada, grace):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    assert Kind.REVIEW_REQUESTED not in kinds(postmortem)
    assert hiding.show_kind(postmortem.pk, Kind.REVIEW_REQUESTED, by=ada) == 1
    assert Kind.REVIEW_REQUESTED in kinds(postmortem)
    assert hiding.hide_kind(postmortem.pk, Kind.REVIEW_REQUESTED, by=ada) == 1
    assert not HiddenEvent.objects.exists()


def test_hide_event_concerns_the_document_and_not_the_record(postmortem, ada):
    note = incidents.add_note(postmortem.incident_id, "Coffee", by=ada)
    before = list(TimelineEvent.objects.order_by("pk").values())
    assert hiding.hide_event(postmortem.pk, note.seq, by=ada) == 1
    assert Kind.NOTE_ADDED not in kinds(postmortem)
    assert list(TimelineEvent.objects.order_by("pk").values()) == before
    assert faults(Incident.objects.get()) == []
    assert hiding.hide_event(postmortem.pk, note.seq, by=ada) == 0
    assert hiding.show_event(postmortem.pk, note.seq, by=ada) == 1
    assert Kind.NOTE_ADDED in kinds(postmortem)


def test_hide_kind_hides_all_there_are_and_corrections_with_them(postmortem, ada):
    for text in ("One", "Two"):
        note = incidents.add_note(postmortem.incident_id, text, by=ada)
    incidents.correct_event(postmortem.incident_id, note.pk, "Two, but right", by=ada)
    assert hiding.hide_kind(postmortem.pk, Kind.NOTE_ADDED, by=ada) == 2
    assert not {Kind.NOTE_ADDED, Kind.EVENT_CORRECTED} & set(kinds(postmortem))


def test_correction_takes_the_place_of_what_it_corrects_hidden_or_not(postmortem, ada):
    note = incidents.add_note(postmortem.incident_id, "Rolled bakc", by=ada)
    early = note.occurred_at - timedelta(hours=2)
    fixed = incidents.correct_event(postmortem.incident_id, note.pk, "Rolled back", by=ada, occurred_at=early)
    assert events_of(postmortem)[0] == fixed
    assert note not in events_of(postmortem)
    hiding.hide_event(postmortem.pk, note.seq, by=ada)  # by the number it had when the page was opened
    assert fixed not in events_of(postmortem)
    again = incidents.correct_event(postmortem.incident_id, fixed.pk, "Rolled back at last", by=ada)
    assert again not in events_of(postmortem)
    hiding.show_event(postmortem.pk, again.seq, by=ada)
    assert again in events_of(postmortem)
    (one,) = [one for one in told(postmortem) if one.event == again]
    assert [event.text for event in one.earlier] == ["Rolled back", "Rolled bakc"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("23:55", datetime(2026, 11, 10, 23, 55, tzinfo=UTC)),
        ("00:20", datetime(2026, 11, 11, 0, 20, tzinfo=UTC)),
        ("22:10", datetime(2026, 11, 10, 22, 10, tzinfo=UTC)),
        ("02:00", datetime(2026, 11, 11, 2, 0, tzinfo=UTC)),
        ("2026-11-09 10:00", datetime(2026, 11, 9, 10, 0, tzinfo=UTC)),
    ],
)
def test_time_recalled_afterwards_is_of_the_day_that_fits_the_incident(typed, meant):
    field = RecalledAtField()
    field.incident = Incident(
        started_at=datetime(2026, 11, 10, 23, 30, tzinfo=UTC),
        ended_at=datetime(2026, 11, 11, 1, 0, tzinfo=UTC),
    )
    assert field.clean(typed) == meant


# -- the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def client(client_for: Callable[[User], Client], ada: User) -> Client:
    return client_for(ada)


def test_add_to_timeline_writes_on_the_incidents_own_with_both_times(postmortem, client, ada):
    client.get("/")
    said = {
        "key": "3b0c9d5e-0000-4000-8000-000000000001",
        "text": "The alert had fired",
        "kind": "note_added",
    }
    at = timezone.now() - timedelta(minutes=30)
    answer = client.post(
        address("add_to_timeline", postmortem), said | {"occurred_at": f"{at:%Y-%m-%d %H:%M}"}
    )
    assert answer.status_code == 302
    event = events_of(postmortem)[0]
    assert event.text == "The alert had fired"
    assert event.recorded_at - event.occurred_at > timedelta(minutes=29)
    assert client.post(address("add_to_timeline", postmortem), said | {"occurred_at": ""}).status_code == 422


def test_correct_timeline_supersedes_and_shows_both(postmortem, client, ada):
    note = incidents.add_note(postmortem.incident_id, "Rolled bakc", by=ada)
    form = client.get(address("correct_timeline", postmortem, note.seq)).content.decode()
    assert "Rolled bakc</textarea>" in form
    client.post(address("correct_timeline", postmortem, note.seq), {"text": "Rolled back", "occurred_at": ""})
    page = client.get(address("timeline", postmortem)).content.decode()
    assert "Rolled back" in page
    assert "<del><p>Rolled bakc</p>" in page
    answer = client.post(
        address("correct_timeline", postmortem, note.seq), {"text": "Again", "occurred_at": ""}
    )
    assert answer.status_code == 409
    assert "Somebody corrected this entry already" in answer.content.decode()


def test_timeline_page_shows_what_is_told_what_is_left_out_and_both(postmortem, client, ada):
    note = incidents.add_note(postmortem.incident_id, "Coffee is ready", by=ada)
    client.post(address("hide_event", postmortem, note.seq))
    shown, out, both = (
        client.get(f"{address('timeline', postmortem)}{query}").content.decode()
        for query in ("", "?show=out", "?show=all")
    )
    assert "Coffee is ready" not in shown
    assert "Coffee is ready" in out
    assert "Coffee is ready" in both
    assert "left out</span>" in both
    client.post(address("show_kind", postmortem, "note_added"))
    assert "Coffee is ready" in client.get(address("timeline", postmortem)).content.decode()


def test_kind_that_is_none_is_not_there(postmortem, client):
    assert client.post(address("hide_kind", postmortem, "nothing")).status_code == 404


def test_timeline_page_costs_the_same_with_one_entry_and_with_many(postmortem, client, ada):
    def queries() -> int:
        client.get(address("timeline", postmortem))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address("timeline", postmortem)).status_code == 200
        return len(captured)

    note = incidents.add_note(postmortem.incident_id, "Note", by=ada)
    with_one = queries()
    for number in range(60):
        note = incidents.correct_event(postmortem.incident_id, note.pk, f"Note {number}", by=ada)
        incidents.add_note(postmortem.incident_id, f"Another {number}", by=ada)
    assert queries() == with_one <= 12
    assert "Page 1 of" not in client.get(address("timeline", postmortem)).content.decode()
