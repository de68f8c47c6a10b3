"""What may become of an action item, and what stays on record of it."""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Team, User
from incidents import operations as incident_operations
from incidents.models import Incident
from incidents.operations import Refused, SaidBefore
from outbox.models import Fact
from postmortems.evidence import is_evidence, is_web_address
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import items
from postmortems.states import ItemChange, ItemStatus

pytestmark = pytest.mark.django_db
FRIDAY, LATER = date(2026, 12, 4), date(2026, 12, 11)
EVIDENCE = "The probe is live since Monday"


@pytest.fixture
def item(incident: Incident, ada: User, grace: User) -> ActionItem:
    return items.add_item(by=ada, title="Probe sign-in", incident=incident, owner=grace, due_on=FRIDAY)


@pytest.fixture
def private(incident: Incident, ada: User) -> Incident:
    return incident_operations.change_privacy(incident.pk, True, by=ada)


def told(incident: Incident) -> list[str]:
    return list(incident.events.order_by("seq").values_list("kind", flat=True))


def incident_of(item: ActionItem) -> Incident:
    assert item.incident
    return item.incident


def history(item: ActionItem) -> list[str]:
    return list(item.events.order_by("pk").values_list("kind", flat=True))


# -- adding -------------------------------------------------------------------------------------------


def test_add_item_of_a_post_mortem_belongs_to_its_incident_and_its_team(
    postmortem: Postmortem, ada: User, grace: User
) -> None:
    team = Team.objects.create(name="Web", slug="web")
    Incident.objects.filter(pk=postmortem.incident_id).update(team=team)
    postmortem.refresh_from_db()
    made = items.add_item(
        by=ada, title="Probe", postmortem=postmortem, owner=grace, links=["https://example.com/1"]
    )
    assert (made.incident, made.team, made.owner) == (postmortem.incident, team, grace)
    assert [link.url for link in made.links.all()] == ["https://example.com/1"]
    assert told(postmortem.incident)[-1] == "action_item_added"


def test_add_item_publishes_the_fact_with_its_incident(item: ActionItem) -> None:
    fact = Fact.objects.filter(name="action_item_changed").latest("pk")
    assert fact.payload == {"item_id": item.pk, "incident_id": incident_of(item).pk}


def test_add_item_on_its_own_is_no_event_of_any_incident(ada: User, incident: Incident) -> None:
    before = told(incident)
    made = items.add_item(by=ada, title="Buy a second router")
    assert (made.incident, made.is_loose, history(made)) == (None, True, [ItemChange.ADDED])
    assert told(incident) == before


def test_add_item_twice_with_one_key_is_one_and_with_other_words_is_said(ada: User) -> None:
    key = uuid4()
    first = items.add_item(by=ada, title="Probe", key=key)
    assert items.add_item(by=ada, title="Probe", key=key) == first
    with pytest.raises(SaidBefore):
        items.add_item(by=ada, title="Something else", key=key)
    assert ActionItem.objects.count() == 1


def test_add_item_is_for_responders_who_may_see_the_incident(
    private: Incident, grace: User, eve: User
) -> None:
    for by, incident in ((eve, None), (eve, private), (grace, private)):
        with pytest.raises(Refused, match="may not"):
            items.add_item(by=by, title="Probe", incident=incident)
    assert not ActionItem.objects.exists()


def test_owner_must_be_active_and_able_to_see_the_incident(private: Incident, ada: User, grace: User) -> None:
    with pytest.raises(Refused, match="Grace Hopper cannot see INC-"):
        items.add_item(by=ada, title="Probe", incident=private, owner=grace)
    User.objects.filter(pk=grace.pk).update(is_active=False)
    with pytest.raises(Refused, match="no active account"):
        items.add_item(by=ada, title="Probe", owner=grace)
    assert not ActionItem.objects.exists()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//a.example", "https://", "ftp://a.example", "https://a b"]
)
def test_link_is_of_the_web_or_refused(item: ActionItem, ada: User, url: str) -> None:
    with pytest.raises(Refused, match="https"):
        items.add_link(item.pk, url, by=ada)
    assert not is_web_address(url)


def test_links_that_are_taken_away_stay_in_the_history(item: ActionItem, ada: User) -> None:
    items.add_link(item.pk, "https://example.com/1", by=ada)
    items.add_link(item.pk, "https://example.com/1", by=ada)
    items.remove_link(item.pk, item.links.get().pk, by=ada)
    data = [event.data for event in item.events.filter(kind=ItemChange.CHANGED).order_by("pk")]
    assert data == [{"link": ["", "https://example.com/1"]}, {"link": ["https://example.com/1", ""]}]


# -- changing -----------------------------------------------------------------------------------------


def test_change_item_keeps_the_old_and_the_new_date(item: ActionItem, ada: User, grace: User) -> None:
    items.change_item(item.pk, by=ada, due_on=LATER, owner=ada)
    last = item.events.latest("pk")
    assert last.data["due_on"] == ["2026-12-04", "2026-12-11"]
    assert last.data["owner"] == ["Grace Hopper", "Ada Lovelace"]
    assert last.data["owner_id"] == [grace.pk, ada.pk]
    assert told(incident_of(item))[-1] == "action_item_added"  # a moved date is no event of the incident


def test_change_item_to_what_it_is_changes_nothing(item: ActionItem, ada: User, grace: User) -> None:
    items.change_item(item.pk, by=ada, due_on=FRIDAY, owner=grace, title="Probe sign-in")
    assert history(item) == [ItemChange.ADDED]


def test_whoever_owns_it_may_report_on_it_and_a_viewer_else_may_not(
    item: ActionItem, ada: User, eve: User
) -> None:
    with pytest.raises(Refused, match="may not change"):
        items.start(item.pk, by=eve)
    items.change_item(item.pk, by=ada, owner=eve)
    items.start(item.pk, by=eve)
    items.mark_done(item.pk, by=eve, evidence=EVIDENCE)
    assert ActionItem.objects.get().closed_by == eve


def test_owner_without_access_owns_it_still_but_may_neither_see_nor_change_it(
    item: ActionItem, ada: User, grace: User
) -> None:
    incident_operations.change_privacy(incident_of(item).pk, True, by=ada)
    incident_operations.grant_access(incident_of(item).pk, grace, by=ada)
    assert ActionItem.objects.visible_to(grace).exists()
    incident_operations.revoke_access(incident_of(item).pk, grace, by=ada)
    assert not ActionItem.objects.visible_to(grace).exists()
    with pytest.raises(Refused, match="may not change"):
        items.start(item.pk, by=grace)
    kept = ActionItem.objects.visible_to(ada).with_owner_there().get()
    assert (kept.owner, getattr(kept, "owner_there")) == (grace, False)  # noqa: B009
    items.change_item(item.pk, by=ada, title="Probe it")  # whoever it belongs to, the rest can be changed


# -- done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["https://github.com/a/b/pull/1", "See https://example.com/x.", EVIDENCE, "Merged in #1234", "監視を追加しました", "경보를 추가했습니다"],
)  # fmt: skip
def test_evidence_is_a_link_or_a_sentence(said: str) -> None:
    assert is_evidence(said)


@pytest.mark.parametrize(
    "said", ["", "done", "Yes.", "ok ok ok", "it is done", "Yes, it is all done now!", "fixed it", "https://", "…", "👍 👍 👍"]
)  # fmt: skip
def test_one_word_is_no_evidence(said: str) -> None:
    assert not is_evidence(said)


def test_mark_done_needs_evidence_and_tells_the_incident(item: ActionItem, ada: User) -> None:
    with pytest.raises(Refused, match="what shows that it is done"):
        items.mark_done(item.pk, by=ada, evidence="done")
    done = items.mark_done(item.pk, by=ada, evidence=EVIDENCE)
    assert (done.status, done.evidence, done.closed_by) == (ItemStatus.DONE, EVIDENCE, ada)
    event = incident_of(item).events.latest("seq")
    assert (event.kind, event.text, event.data["item"]) == ("action_item_done", EVIDENCE, item.pk)
    items.mark_done(item.pk, by=ada, evidence=EVIDENCE)
    assert history(item).count(ItemChange.DONE) == 1


def test_what_is_closed_is_changed_only_after_it_was_reopened(item: ActionItem, ada: User) -> None:
    items.mark_done(item.pk, by=ada, evidence=EVIDENCE)
    tried: list[Callable[[], object]] = [
        lambda: items.start(item.pk, by=ada),
        lambda: items.propose_drop(item.pk, by=ada, reason="No"),
        lambda: items.change_item(item.pk, by=ada, due_on=LATER),
    ]
    for change in tried:
        with pytest.raises(Refused, match="Reopen it first"):
            change()
    with pytest.raises(Refused, match="Say why"):
        items.reopen(item.pk, by=ada, reason="")
    again = items.reopen(item.pk, by=ada, reason="It broke again")
    assert (again.status, again.closed_at, again.evidence) == (ItemStatus.OPEN, None, "")
    assert item.events.get(kind=ItemChange.DONE).text == EVIDENCE
    assert told(incident_of(item))[-2:] == ["action_item_done", "action_item_reopened"]


# -- won't do -----------------------------------------------------------------------------------------


def test_propose_drop_needs_a_reason_and_a_second_person(item: ActionItem, ada: User, grace: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        items.propose_drop(item.pk, by=ada, reason="")
    asked = items.propose_drop(item.pk, by=ada, reason="The vendor does it")
    assert asked.is_open
    with pytest.raises(Refused, match="Somebody else"):
        items.decide_drop(item.pk, by=ada, agree=True)
    dropped = items.decide_drop(item.pk, by=grace, agree=True)
    assert (dropped.status, dropped.drop_proposed_by, dropped.closed_by) == (ItemStatus.DROPPED, ada, grace)
    event = incident_of(item).events.latest("seq")
    assert (event.kind, event.text) == ("action_item_dropped", "The vendor does it")


def test_decide_drop_keeps_it_for_anyone_and_drops_it_for_responders(
    item: ActionItem, ada: User, grace: User, eve: User
) -> None:
    items.change_item(item.pk, by=ada, owner=eve)
    items.propose_drop(item.pk, by=ada, reason="No need")
    with pytest.raises(Refused, match="Only responders"):
        items.decide_drop(item.pk, by=eve, agree=True)
    kept = items.decide_drop(item.pk, by=ada, agree=False)  # takes it back
    assert (kept.is_open, kept.drop_reason) == (True, "")
    with pytest.raises(Refused, match="any more"):
        items.decide_drop(item.pk, by=grace, agree=True)


def test_second_proposal_of_somebody_else_is_an_answer_to_be_given(
    item: ActionItem, ada: User, grace: User
) -> None:
    items.propose_drop(item.pk, by=ada, reason="No need")
    with pytest.raises(Refused, match="Ada Lovelace asked for that already"):
        items.propose_drop(item.pk, by=grace, reason="Right")


@pytest.mark.parametrize("second", ["nobody", "the same"])
def test_database_drops_nothing_without_a_second_person(item: ActionItem, ada: User, second: str) -> None:
    who = {"nobody": {}, "the same": {"drop_proposed_by": ada, "closed_by": ada}}[second]
    with pytest.raises(IntegrityError, match="item_dropped_by_a_second"), transaction.atomic():
        ActionItem.objects.filter(pk=item.pk).update(
            status="dropped", drop_reason="No", closed_at=item.added_at, **who
        )


# -- kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM postmortems_actionitem",
        "DELETE FROM postmortems_itemevent",
        "UPDATE postmortems_itemevent SET data = '{}'",
    ],
)
def test_database_keeps_items_and_their_history(item: ActionItem, sql: str) -> None:
    with pytest.raises(IntegrityError, match="are kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_items_outlive_their_document(postmortem: Postmortem, ada: User) -> None:
    made = items.add_item(by=ada, title="Probe", postmortem=postmortem)
    postmortem.delete()
    made.refresh_from_db()
    assert (made.postmortem, made.incident) == (None, postmortem.incident)


# -- closing an incident --------------------------------------------------------------------------------


def test_incident_is_not_closed_while_an_item_has_no_owner_or_date(
    incident: Incident, ada: User, grace: User
) -> None:
    made = items.add_item(by=ada, title="Probe", incident=incident)
    for changes in ({"owner": grace}, {"due_on": FRIDAY}):
        with pytest.raises(Refused, match="no owner who is there, or no date"):
            incident_operations.close(incident.pk, by=ada)
        items.change_item(made.pk, by=ada, **changes)
    assert incident_operations.close(incident.pk, by=ada).status == "closed"


def test_incident_is_not_closed_on_an_owner_who_is_gone(item: ActionItem, ada: User, grace: User) -> None:
    User.objects.filter(pk=grace.pk).update(is_active=False)
    with pytest.raises(Refused, match="no owner who is there"):
        incident_operations.close(incident_of(item).pk, by=ada)


def test_closed_incident_takes_no_item_without_an_owner_and_a_date(
    item: ActionItem, ada: User, grace: User
) -> None:
    incident_operations.close(incident_of(item).pk, by=ada)
    with pytest.raises(Refused, match="is closed: the action item needs an owner and a date"):
        items.add_item(by=ada, title="Late", incident=item.incident)
    with pytest.raises(Refused, match="needs an owner and a date"):
        items.change_item(item.pk, by=ada, owner=None)
    items.add_item(by=ada, title="Late", incident=incident_of(item), owner=grace, due_on=LATER)


def test_item_done_without_an_owner_can_be_given_one_and_reopened_after_closing(
    incident: Incident, ada: User, grace: User
) -> None:
    made = items.add_item(by=ada, title="Probe", incident=incident)
    items.mark_done(made.pk, by=ada, evidence=EVIDENCE)
    incident_operations.close(incident.pk, by=ada)
    with pytest.raises(Refused, match="needs an owner and a date"):
        items.reopen(made.pk, by=ada, reason="It broke")
    items.change_item(made.pk, by=ada, owner=grace, due_on=FRIDAY)
    assert items.reopen(made.pk, by=ada, reason="It broke").is_open


def test_room_names_the_items_that_keep_it_from_closing(
    incident: Incident, ada: User, client_for: Callable[..., object]
) -> None:
    made = items.add_item(by=ada, title="Probe <b>it</b>", incident=incident)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client_for(ada).post(f"/incidents/{incident.pk}/close/", headers=headers)  # type: ignore[attr-defined]
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "An action item has no owner" in body
        assert f'href="/actions/{made.pk}/change/"' in body
        assert "Probe &lt;b&gt;it" in body
