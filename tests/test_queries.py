"""What a page costs the database does not grow with what is on it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents import sections
from incidents.kept import Kept
from incidents.models import Incident, Service, Step, TimelineEvent
from incidents.operations import Declaration, declare
from postmortems.models import ActionItem, ActionItemLink, ItemEvent
from postmortems.operations.items import add_item
from runbooks.models import Revision
from runbooks.operations import create_runbook
from tests.incidents.conftest import DOCUMENTS

MANY = 200


@pytest.fixture
def revision(db: None) -> Revision:
    return create_runbook((DOCUMENTS / "incident-response.md").read_bytes(), by=None)


@pytest.fixture
def incident(revision: Revision, ada: User) -> Incident:
    service = Service.objects.create(name="Chat", slug="chat")
    said = Declaration(title="Chat not working", severity=2, impact="Nobody can chat", services=[service])
    return declare(said, revision=revision, by=ada)


def queries(client: Client, url: str) -> int:
    client.get(url)  # sessions, caches of the process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def more_incidents(incident: Incident, ada: User) -> None:
    """Copies beside the first, open and ended, public and private, each with a team, a commander and a service."""
    team = Team.objects.create(name="Web", slug="web")
    service, now = Service.objects.get(), timezone.now()
    copies = []
    for number in range(2 * MANY):
        ended = {"status": "resolved", "resolved_at": now, "ended_at": now} if number % 2 else {}
        copies.append(
            Incident(
                title=f"Chat not working {number}",
                severity=1 + number % 4,
                severity_name="SEV",
                team=team,
                revision=incident.revision,
                declared_by=ada,
                commander=ada,
                last_word="Looking",
                last_word_by="Ada",
                last_word_at=now,
                next_update_due_at=now + timedelta(minutes=number),
                acknowledged_at=now,
                **ended,
            )
        )
    made = Incident.objects.bulk_create(copies)
    through = Incident.services.through
    through.objects.bulk_create([through(incident_id=copy.pk, service_id=service.pk) for copy in made])


def more_in_the_room(incident: Incident, ada: User) -> None:
    checklist = incident.checklists.filter(is_branch=False).first()
    assert checklist is not None
    now = timezone.now()
    Step.objects.bulk_create(
        Step(
            incident=incident,
            checklist=checklist,
            position=100 + n,
            kind="task",
            text=f"Step {n}",
            done_at=now,
            done_by=ada,
            assigned_to=ada,
            added_by=ada,
        )
        for n in range(MANY)
    )
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident,
            seq=1000 + n,
            kind="note_added",
            occurred_at=now,
            recorded_at=now,
            recorded_by=ada,
            text=f"Note {n}",
            salt="",
            commitment="",
            hash="",
        )
        for n in range(MANY)
    )


def more_actions(incident: Incident, ada: User, count: int = 1000) -> None:
    """Action items, open and closed, of a hundred people, some with a link, one with a long history."""
    people = User.objects.bulk_create(
        User(email=f"person{n}@example.com", name=f"Person {n}") for n in range(100)
    )
    now, today = timezone.now(), timezone.localdate()
    made = []
    for n in range(count):
        over = {
            "status": "done",
            "closed_at": now - timedelta(days=n % 90),
            "evidence": "https://example.com/",
        }
        made.append(
            ActionItem(
                title=f"Alert when a chat stream has no tokens for {n} seconds",
                incident=incident if n % 3 else None,
                owner=people[n % 100],
                due_on=today + timedelta(days=n % 60 - 20),
                added_by=ada,
                added_at=now - timedelta(days=n % 90),
                **(over if n % 4 == 0 else {}),
            )
        )
    made = ActionItem.objects.bulk_create(made, batch_size=2000)
    ActionItemLink.objects.bulk_create(
        ActionItemLink(item=item, url=f"https://example.com/{item.pk}") for item in made[::5]
    )
    ItemEvent.objects.bulk_create(
        ItemEvent(
            item=ActionItem.objects.earliest("pk"),
            kind="changed",
            by=ada,
            data={"due_on": ["2026-12-01", "2026-12-02"]},
        )
        for _ in range(MANY)
    )


@pytest.mark.parametrize(
    ("page", "most", "more"),
    [
        ("/", 5, more_incidents),
        ("/incidents/", 9, more_incidents),
        ("/incidents/?q=chat", 9, more_incidents),
        ("/declare/", 15, more_incidents),
        ("/incidents/{incident}/", 9, more_in_the_room),
        ("/actions/", 15, more_actions),
        ("/actions/?q=alert&severity=2&page=3", 15, more_actions),
        ("/actions/{item}/", 11, more_actions),
        ("/actions/export.csv", 12, more_actions),
    ],
)
def test_page_costs_the_same_with_one_row_and_with_many(
    page: str,
    most: int,
    more: Callable[[Incident, User], None],
    incident: Incident,
    ada: User,
    client_for: Callable[[User], Client],
) -> None:
    item = add_item(by=ada, title="Alert on tokens", incident=incident, links=["https://example.com/1"])
    client, url = client_for(ada), page.format(incident=incident.pk, item=item.pk)
    with_one = queries(client, url)

    more(incident, ada)

    with_many = queries(client, url)
    assert with_many == with_one <= most


def test_board_of_ten_thousand_action_items_weighs_no_more_than_its_page(
    incident: Incident, ada: User, client_for: Callable[[User], Client]
) -> None:
    more_actions(incident, ada, 10_000)
    answer = client_for(ada).get("/actions/")
    assert b"7,500 actions open." in answer.content
    assert answer.content.count(b'<tr id="item-') == 50
    assert len(answer.content) < 160_000


def changing(client: Client, url: str, **form: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.post(url, form).status_code == 302
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_declaring_and_ticking_ask_no_more_than_they_have_to(
    incident: Incident, ada: User, client_for: Callable[[User], Client]
) -> None:
    client, steps = client_for(ada), incident.steps.filter(kind="task")
    client.get("/declare/")  # what a process reads once
    said = {"title": "Mail is late", "severity": "2", "impact": "Nobody gets mail"}
    assert changing(client, "/declare/", key=str(uuid4()), **said) <= 16
    assert changing(client, f"/incidents/{incident.pk}/steps/{steps[0].pk}/done/", done="yes") <= 11


def test_a_room_that_nobody_looked_at_yet_costs_the_same_with_one_row_and_with_many(
    incident: Incident, ada: User, client_for: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, url = client_for(ada), f"/incidents/{incident.pk}/"

    def cost() -> int:
        monkeypatch.setattr(sections, "kept", Kept())
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    client.get(url)
    with_one = cost()
    more_in_the_room(incident, ada)
    assert cost() == with_one <= 17
