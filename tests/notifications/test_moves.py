"""What somebody owes, in the order of urgency, and one click from where it is done."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations as incidents
from incidents.models import Access, Incident, Step
from notifications import pages
from notifications.deliveries import deliver
from notifications.models import Notice, Page
from notifications.move import Move
from notifications.moves import moves, owed_count
from notifications.reached import Reached
from postmortems.models import ActionItem, Postmortem, Reviewer
from tests.postmortems.conftest import an_item

MINUTE = timedelta(minutes=1)


def counted(user: User) -> list[Move]:
    """What somebody owes, of which the badge, that makes none of it, has to count as many."""
    found = moves(user, timezone.now())
    assert owed_count(user, timezone.now()) == sum(move.owed for move in found)
    return found


def kinds(user: User) -> list[str]:
    return [move.kind for move in counted(user)]


def of_kind(user: User, kind: str) -> list[Move]:
    return [move for move in counted(user) if move.kind == kind]


@pytest.fixture
def incident(declared, grace, ada):
    """A SEV1 that ada commands and grace speaks for."""
    found = declared(1)
    incidents.acknowledge(found.pk, by=ada)
    for role, holder in (("commander", ada), ("communications_lead", grace), ("scribe", grace)):
        incidents.assign_role(found.pk, role, holder, by=ada)
    return found


def test_an_update_is_coming_up_then_due_then_overdue(world, incident, ada, grace, eve):
    for user in (ada, grace):
        (move,) = moves(user, timezone.now())
        assert (move.kind, move.owed, move.state) == ("update", False, "ok")
        assert move.path == f"/incidents/{incident.pk}/#update"
    assert moves(eve, timezone.now()) == []

    world.skip(16 * MINUTE)
    (move,) = moves(grace, timezone.now())
    assert (move.owed, move.state, move.detail) == (True, "soon", "Due in 4 min")

    world.skip(10 * MINUTE)
    (move,) = moves(grace, timezone.now())
    assert (move.state, move.detail) == ("late", "Overdue by 6 min")
    assert owed_count(grace, timezone.now()) == 1

    incidents.post_update(incident.pk, "We know more", by=grace)
    assert owed_count(grace, timezone.now()) == 0


def test_an_unacknowledged_incident_is_every_responders_move(world, declared, grace, eve, ada):
    found = declared(1)
    (move,) = of_kind(grace, "acknowledge")
    assert move.posts and move.path == f"/incidents/{found.pk}/acknowledge/"
    assert kinds(eve) == []

    incidents.acknowledge(found.pk, by=ada)
    assert "acknowledge" not in kinds(grace)


def test_a_viewer_who_was_paged_is_asked_too(world, declared, eve):
    found = declared(1)
    page(found, eve, urgency="page")
    (move,) = of_kind(eve, "acknowledge")
    assert not move.posts and move.path == f"/incidents/{found.pk}/"


def page(incident: Incident, to: User, urgency: str = "page") -> Notice:
    soon = timezone.now() + timedelta(hours=1)
    notice = Notice.objects.create(urgency=urgency, incident=incident, title="Look", text="", expires_at=soon)
    deliver(notice, Reached(user=to))
    return notice


def test_a_page_waits_for_those_it_went_to(world, incident, grace, eve, ada):
    notice = page(incident, grace)
    called = Page.objects.create(incident=incident, notice=notice, role="Primary On-Call", token_hash="x")

    assert kinds(grace)[0] == "page"
    assert "page" not in kinds(ada) and kinds(eve) == []

    called.acknowledged_at = timezone.now()
    called.save()
    assert "page" not in kinds(grace)


def test_a_page_of_the_ladder_waits_only_while_nobody_has_acknowledged_the_incident(
    world, declared, contacts, ada, grace
):
    found = declared(1)
    world.work()
    pages.page(found.pk, "Primary On-Call", "We need you", by=grace)
    assert kinds(contacts["primary"])[:2] == ["page", "page"]

    incidents.acknowledge(found.pk, by=ada)

    (asked,) = of_kind(contacts["primary"], "page")
    by_hand = Page.objects.get(incident=found, paged_by=grace)
    assert asked.path == pages.path_of(by_hand.notice, contacts["primary"].pk)
    assert owed_count(contacts["primary"], timezone.now()) == 1


def test_steps_given_to_me_wait_until_they_are_settled(world, incident, grace, ada):
    step = Step.objects.filter(incident=incident, kind="task")[0]
    incidents.assign_step(incident.pk, step.pk, grace, by=ada)
    (move,) = of_kind(grace, "step")
    assert move.path == f"/incidents/{incident.pk}/#step-{step.pk}" and move.title == "Look"
    assert of_kind(ada, "step") == []

    incidents.set_step_done(incident.pk, step.pk, True, by=grace)
    assert of_kind(grace, "step") == []


def test_empty_roles_are_the_commanders_to_fill_or_else_of_who_declared(world, declared, ada, grace):
    found = declared(3)
    (move,) = of_kind(ada, "role")
    assert move.path == f"/incidents/{found.pk}/roles/commander/"
    assert move.detail == "Nobody yet: incident commander, communications lead, scribe"

    incidents.assign_role(found.pk, "commander", grace, by=ada)
    assert of_kind(ada, "role") == []
    (move,) = of_kind(grace, "role")
    assert move.path == f"/incidents/{found.pk}/roles/communications_lead/"


def test_the_most_urgent_comes_first(world, declared, grace, ada):
    mild, severe = declared(3, title="Mild"), declared(1, title="Severe")
    for found in (mild, severe):
        incidents.acknowledge(found.pk, by=ada)
        incidents.assign_role(found.pk, "communications_lead", grace, by=ada)
    step = Step.objects.filter(incident=mild, kind="task")[0]
    incidents.assign_step(mild.pk, step.pk, grace, by=ada)
    world.skip(30 * MINUTE)
    unseen = declared(2, title="Unseen")

    found = moves(grace, timezone.now())

    assert [(move.kind, move.incident) for move in found] == [
        ("update", severe), ("acknowledge", unseen), ("step", mild), ("update", mild),
    ]  # fmt: skip
    assert [move.owed for move in found] == [True, True, True, False]


def test_drills_owe_no_updates_and_what_has_ended_owes_nothing(world, declared, ada, grace):
    drill = declared(1, nature="drill")
    incidents.assign_role(drill.pk, "commander", grace, by=ada)
    assert {move.kind for move in moves(grace, timezone.now())} == {"role"}

    ended = declared(1)
    incidents.acknowledge(ended.pk, by=ada)
    incidents.change_status(ended.pk, "resolved", by=ada)
    assert ended not in [move.incident for move in moves(ada, timezone.now())]


def test_a_private_incident_is_nobodys_move_outside(world, declared, grace, ada, client_for):
    found = declared(1, is_private=True, title="Breach")
    assert moves(grace, timezone.now()) == []
    assert "acknowledge" in kinds(ada)

    incidents.grant_access(found.pk, grace, by=ada)
    notice = page(found, grace)
    Page.objects.create(incident=found, notice=notice, role="Security", token_hash="x")
    step = Step.objects.filter(incident=found, kind="task")[0]
    incidents.assign_step(found.pk, step.pk, grace, by=ada)
    assert {"acknowledge", "step", "page"} <= set(kinds(grace))

    incidents.revoke_access(found.pk, grace, by=ada)
    assert moves(grace, timezone.now()) == []
    assert "Breach" not in client_for(grace).get("/your-move/").text


def test_the_page_and_the_badge_say_the_same(world, declared, grace, client_for):
    found, client = declared(1), client_for(grace)
    text = client.get("/your-move/").text
    assert "1 thing waits for you" in text and f'action="/incidents/{found.pk}/acknowledge/"' in text
    assert '<span id="move-count"> <span class="count owed">1<' in text

    assert client.post(f"/incidents/{found.pk}/acknowledge/").status_code == 302
    assert "Nothing waits for you" in client.get("/your-move/").text


def test_your_move_is_for_members(client, ada):
    assert client.get("/your-move/").status_code == 302


def test_moves_cost_the_same_with_one_incident_and_with_many(world, incident, grace, ada, client_for):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            moves(grace, timezone.now())
        return len(captured)

    with_one = cost()
    incidents_more(incident, grace)
    assert len(moves(grace, timezone.now())) > 200
    assert cost() == with_one == 5

    client = client_for(grace)
    with CaptureQueriesContext(connection) as captured:
        client.get("/your-move/")
    assert len(captured) <= 16


def incidents_more(incident: Incident, user: User) -> None:
    now = timezone.now()
    made = Incident.objects.bulk_create(
        Incident(
            title=f"Another {n}", severity=2, severity_name="SEV2", revision=incident.revision,
            declared_by=user, commander=user, next_update_due_at=now, is_private=n % 2 == 0,
        )
        for n in range(100)
    )  # fmt: skip
    Access.objects.bulk_create(Access(incident=each, user=user, granted_by=user) for each in made)
    checklist = incident.checklists.first()
    ActionItem.objects.bulk_create(
        ActionItem(title="x", owner=user, due_on=date(2026, 11, 2), incident=each) for each in made
    )
    documents = Postmortem.objects.bulk_create(
        Postmortem(incident=each, title="x", status="in_review") for each in made
    )
    Reviewer.objects.bulk_create(Reviewer(postmortem=each, user=user) for each in documents)
    Step.objects.bulk_create(
        Step(incident=incident, checklist=checklist, position=n, kind="task", text="x", assigned_to=user)
        for n in range(100)
    )


# -- after incidents --------------------------------------------------------------------------------


def after(user: User) -> list[tuple[str, bool, str]]:
    kinds = ("review", "postmortem", "drop", "item")
    found = [move for move in moves(user, timezone.now()) if move.kind in kinds]
    return [(move.kind, move.owed, move.detail) for move in found]


@pytest.fixture
def document(world, declared, ada) -> Postmortem:
    """By ada, due in eight hours."""
    ended = incidents.change_status(declared(2).pk, "resolved", by=ada)
    said = {"title": "Chat", "author": ada, "due_at": timezone.now() + timedelta(hours=8)}
    return Postmortem.objects.create(incident=ended, status="in_review", **said)


def test_a_review_asked_of_me_is_my_move_until_i_answer(document, grace, ada):
    asked = Reviewer.objects.create(postmortem=document, user=grace, requested_by=ada)
    assert after(grace) == [("review", True, "You were asked to")]
    (move,) = of_kind(grace, "review")
    assert move.path == f"/incidents/{document.incident_id}/postmortem/"
    asked.verdict = "approved"
    asked.save()
    assert after(grace) == []


def test_my_post_mortem_is_coming_up_then_due_then_overdue_until_it_is_published(world, document, ada):
    assert after(ada) == [("postmortem", False, "Due in 8 h")]
    world.skip(timedelta(hours=6))
    assert after(ada) == [("postmortem", True, "Due in 2 h")]
    world.skip(timedelta(hours=5))
    assert after(ada) == [("postmortem", True, "Overdue by 3 h")]
    Postmortem.objects.update(status="published", published_at=timezone.now())
    assert after(ada) == []


def test_my_action_items_are_due_on_my_own_day(world, grace):
    """It is Wednesday evening in New York when the world begins, and Thursday in Berlin."""
    item = an_item(grace, date(2026, 11, 12), priority=1)
    an_item(grace, date(2026, 11, 20))
    User.objects.filter(pk=grace.pk).update(timezone="America/New_York")
    grace.refresh_from_db()
    assert after(grace) == [("item", False, "Due Thu 12 Nov")]
    grace.timezone = "Europe/Berlin"
    assert after(grace) == [("item", True, "Due today, Thu 12 Nov")]
    (move,) = of_kind(grace, "item")
    assert (move.path, move.tag, move.incident) == (f"/actions/{item.pk}/", "High", None)
    world.skip(timedelta(days=3))
    assert after(grace)[0] == ("item", True, "Overdue since Thu 12 Nov")


def test_who_answers_for_an_item_decides_whether_it_is_dropped(world, grace, ada, eve, contacts):
    lead = contacts["lead"]
    team = Team.objects.create(name="Web", slug="web", lead=lead)
    asked = {"drop_proposed_by": ada, "drop_proposed_at": timezone.now(), "drop_reason": "Not worth it"}
    an_item(grace, date(2027, 1, 12), team=team, **asked)
    for person in (grace, lead):
        assert after(person) == [("drop", True, "Ada Lovelace: Not worth it")]
    assert after(ada) == after(eve) == after(contacts["primary"]) == []


def test_however_late_it_comes_after_an_incident_that_goes_on(world, incident, grace, ada):
    an_item(grace, date(2026, 11, 2))
    step = Step.objects.filter(incident=incident, kind="task")[0]
    incidents.assign_step(incident.pk, step.pk, grace, by=ada)
    assert kinds(grace) == ["step", "item", "update"]


def test_of_a_private_incident_nothing_is_anybodys_move_who_may_not_see_it(
    world, declared, grace, ada, client_for
):
    secret = incidents.change_status(declared(1, is_private=True, title="Breach").pk, "resolved", by=ada)
    made = Postmortem.objects.create(incident=secret, title="Breach", status="in_review", author=ada)
    Reviewer.objects.create(postmortem=made, user=grace, requested_by=ada)
    an_item(grace, date(2026, 11, 2), title="Breach", incident=secret)
    assert after(grace) == [] and "Breach" not in client_for(grace).get("/your-move/").text
    incidents.grant_access(secret.pk, grace, by=ada)
    assert [kind for kind, *_ in after(grace)] == ["item", "review"]
    text = client_for(grace).get("/your-move/").text
    assert "2 things wait for you" in text and text.count("Breach") >= 2
