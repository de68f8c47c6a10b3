"""Publishing over what is missing, taking back, discarding; and that no promise is lost on the way."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Refused
from incidents.states import Kind
from outbox.models import Fact
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import commenting, publishing, reviewing
from postmortems.operations.publishing import Unseen
from postmortems.readiness import findings_of
from postmortems.states import DISCARDED, DOCUMENT_MOVES, DocumentStatus
from tests.accounts.racing import second_waits_for_first
from tests.postmortems.conftest import an_item
from tests.postmortems.test_gate import WHOLE


@pytest.fixture
def clean(postmortem: Postmortem) -> Postmortem:
    """A document of which nothing is missing."""
    Postmortem.objects.filter(pk=postmortem.pk).update(text=WHOLE)
    postmortem.refresh_from_db()
    return postmortem


def publish(
    postmortem: Postmortem, by: User, *, reason: str = "", seen: list[str] | None = None
) -> Postmortem:
    """The version at hand, with everything seen that there is to see."""
    if seen is None:
        seen = [finding.key for finding in findings_of(postmortem, by=by)]
    return publishing.publish(postmortem.pk, by=by, number=postmortem.number, reason=reason, seen=seen)


def test_publish_a_clean_document_in_one_press(clean, grace):
    published = publish(clean, grace)
    assert (published.status, published.published_by, published.published_number) == ("published", grace, 1)
    assert (published.published_over, published.publish_reason) == ([], "")
    event = clean.incident.events.get(kind=Kind.POSTMORTEM_PUBLISHED)
    assert (event.recorded_by, event.data["number"], event.data["over"]) == (grace, 1, [])
    assert Fact.objects.filter(name="postmortem_changed", payload__postmortem_id=clean.pk).exists()


def test_publish_over_warnings_keeps_who_why_and_which(postmortem, ada):
    commenting.comment(postmortem.pk, "Why?", by=ada)
    with pytest.raises(Unseen, match="Say why"):
        publish(postmortem, ada)
    published = publish(postmortem, ada, reason="The customer waits")
    assert "1 comment is not settled." in published.published_over
    assert published.publish_reason == "The customer waits"
    event = postmortem.incident.events.get(kind=Kind.POSTMORTEM_PUBLISHED)
    assert event.text.startswith("The customer waits\n")
    assert "- 1 comment is not settled." in event.text
    assert event.data["over"] == published.published_over


def test_publish_over_what_came_up_meanwhile_is_asked_again(clean, ada, grace):
    seen = [finding.key for finding in findings_of(clean, by=ada)]
    commenting.comment(clean.pk, "Wait!", by=grace)
    with pytest.raises(Unseen, match="something to look at"):
        publish(clean, ada, seen=seen, reason="All is well")
    clean.refresh_from_db()
    assert clean.status == "draft"


def test_publish_another_version_than_was_seen_is_refused(clean, ada):
    Postmortem.objects.filter(pk=clean.pk).update(number=2, last_number=2)
    with pytest.raises(Refused, match="version 2 by now"):
        publish(clean, ada)


def test_publish_twice_is_once(clean, ada, grace):
    publish(clean, ada)
    publish(clean, grace)
    assert clean.incident.events.filter(kind=Kind.POSTMORTEM_PUBLISHED).count() == 1


def test_publish_counts_as_the_approval_of_who_publishes_and_of_nobody_else(clean, ada, grace):
    hedy = User.objects.create_user("hedy@example.com", name="Hedy", role="responder")
    reviewing.request_review(clean.pk, [grace, hedy], by=ada)
    clean.refresh_from_db()
    published = publish(clean, grace, reason="Hedy is away")
    assert published.published_over == ["The review by Hedy is open."]
    verdicts = dict(clean.reviewers.values_list("user__name", "verdict"))
    assert verdicts == {"Grace Hopper": "approved", "Hedy": ""}


def test_publish_changes_of_what_is_published_keeps_when_it_was_first(clean, ada):
    first = publish(clean, ada).published_at
    Postmortem.objects.filter(pk=clean.pk).update(number=2, last_number=2)
    clean.refresh_from_db()
    assert clean.is_changed_since
    again = publish(clean, ada)
    assert (again.published_at, again.published_number) == (first, 2)


def test_take_back_asks_why_and_makes_it_a_draft(clean, ada):
    publish(clean, ada)
    with pytest.raises(Refused, match="Say why"):
        publishing.take_back(clean.pk, by=ada, reason="")
    taken = publishing.take_back(clean.pk, by=ada, reason="A name was in it")
    assert (taken.status, taken.published_at, taken.published_number) == ("draft", None, None)
    assert clean.incident.events.get(kind=Kind.POSTMORTEM_WITHDRAWN).text == "A name was in it"


def test_discard_and_bring_back_lose_nothing(clean, ada):
    publishing.discard(clean.pk, by=ada, reason="No incident after all")
    clean.refresh_from_db()
    assert (clean.is_discarded, clean.discard_reason, clean.text) == (True, "No incident after all", WHOLE)
    with pytest.raises(Refused, match="Bring it back first"):
        publish(clean, ada)
    back = publishing.bring_back(clean.pk, by=ada)
    assert (back.is_discarded, back.discard_reason, back.status) == (False, "", "draft")
    kinds = [Kind.POSTMORTEM_DISCARDED, Kind.POSTMORTEM_RESTORED]
    assert clean.incident.events.filter(kind__in=kinds).count() == 2


@pytest.mark.parametrize("move", ["take_back", "discard", "bring_back"])
def test_action_items_outlive_whatever_becomes_of_the_document(move, clean, ada):
    item = an_item(ada, incident=clean.incident, postmortem=clean)
    before = ActionItem.objects.values().get()
    if move == "take_back":
        publish(clean, ada)
    else:
        publishing.discard(clean.pk, by=ada, reason="Not needed")
    if move == "bring_back":
        publishing.bring_back(clean.pk, by=ada)
    if move == "take_back":
        publishing.take_back(clean.pk, by=ada, reason="Wrong")
    assert ActionItem.objects.values().get(pk=item.pk) == before
    assert ActionItem.objects.open().get() == item


def test_action_items_outlive_the_row_of_their_document(clean, ada):
    item = an_item(ada, incident=clean.incident, postmortem=clean)
    clean.hidden_events.all().delete()
    clean.delete()
    item.refresh_from_db()
    assert (item.postmortem, item.incident_id, item.is_open) == (None, clean.incident_id, True)


@pytest.mark.parametrize("state", [*DOCUMENT_MOVES])
def test_a_move_that_the_states_do_not_have_is_refused(state, clean, ada, grace):
    moves: dict[str, Callable[[], object]] = {
        "request_review": lambda: reviewing.request_review(clean.pk, [grace], by=ada),
        "answer_review": lambda: reviewing.answer_review(clean.pk, "approved", by=grace, number=1),
        "withdraw_review": lambda: reviewing.withdraw_review(clean.pk, grace.pk, by=ada),
        "publish": lambda: publish(clean, ada, reason="x"),
        "take_back": lambda: publishing.take_back(clean.pk, by=ada, reason="x"),
        "discard": lambda: publishing.discard(clean.pk, by=ada, reason="x"),
        "bring_back": lambda: publishing.bring_back(clean.pk, by=ada),
    }
    lead = {
        DISCARDED: "discard",
        DocumentStatus.PUBLISHED: "publish",
        DocumentStatus.IN_REVIEW: "request_review",
    }
    if state in lead:
        moves[lead[state]]()
    clean.refresh_from_db()
    before = Postmortem.objects.values().get()
    for move in moves.keys() - DOCUMENT_MOVES[state].keys():
        with pytest.raises(Refused):
            moves[move]()
    assert Postmortem.objects.values().get() == before


def test_refused_publication_leaves_nothing_behind(postmortem, ada):
    reviewing.request_review(
        postmortem.pk, [User.objects.create_user("h@example.com", role="responder")], by=ada
    )
    events, facts = Incident.objects.get().event_seq, Fact.objects.count()
    with pytest.raises(Refused):
        publish(postmortem, ada)
    assert (Incident.objects.get().event_seq, Fact.objects.count()) == (events, facts)


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_once(clean, ada, grace):
    outcome = second_waits_for_first(lambda: publish(clean, ada), lambda: publish(clean, grace))
    assert outcome.exception() is None
    clean.refresh_from_db()
    assert clean.published_by == ada
    assert clean.incident.events.filter(kind=Kind.POSTMORTEM_PUBLISHED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_publishing_while_somebody_discards_is_refused(clean, ada, grace):
    seen = [finding.key for finding in findings_of(clean, by=grace)]
    outcome = second_waits_for_first(
        lambda: publishing.discard(clean.pk, by=ada, reason="Not needed"),
        lambda: publishing.publish(clean.pk, by=grace, number=1, seen=seen),
    )
    assert isinstance(outcome.exception(), Refused)
    clean.refresh_from_db()
    assert (clean.is_discarded, clean.status) == (True, "draft")


# -- pages --------------------------------------------------------------------------------------------------


def address(name: str, postmortem: Postmortem) -> str:
    return reverse(f"postmortems:{name}", args=[postmortem.incident_id])


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_publish_page_says_what_is_missing_where_and_how_to_mend_it(postmortem, ada, client_for):
    client = client_for(ada)
    Postmortem.objects.update(text="## Root Cause\n[Detailed explanation]\n")
    page = client.get(address("publish", postmortem)).content.decode()
    assert "“Root Cause” is not written" in page
    assert "Say what caused it" in page
    assert f"{address('postmortem', postmortem)}?line=1#doc" in page
    sent = {"number": "1", "seen": hidden(page, "seen"), "reason": ""}
    answer = client.post(address("publish", postmortem), sent)
    assert answer.status_code == 409
    assert "Say why it is published all the same." in answer.content.decode()
    assert client.post(address("publish", postmortem), sent | {"reason": "Later"}).status_code == 302
    shown = client.get(address("postmortem", postmortem)).content.decode()
    assert "“Later”" in shown
    assert "Line 1: “Root Cause” is not written" in shown


def test_publish_in_the_dialog_is_the_form_alone(clean, ada, client_for):
    page = client_for(ada).get(address("publish", clean), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "Nothing is missing." in page
    assert page.count('type="submit"') == 1


def test_publish_page_shows_what_came_up_meanwhile_and_keeps_the_reason(clean, ada, grace, client_for):
    client = client_for(ada)
    sent = {"number": "1", "seen": "", "reason": "Because"}
    commenting.comment(clean.pk, "Wait!", by=grace)
    answer = client.post(address("publish", clean), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "1 comment is not settled." in page
    assert "Because</textarea>" in page
    again = client.post(address("publish", clean), sent | {"seen": hidden(page, "seen")})
    assert again.status_code == 302


def test_take_back_and_discard_pages_ask_why(clean, ada, client_for):
    client = client_for(ada)
    assert client.post(address("discard", clean), {"reason": ""}).status_code == 422
    client.post(address("discard", clean), {"reason": "Not needed"})
    page = client.get(address("postmortem", clean)).content.decode()
    assert "“Not needed”" in page
    assert "Bring back" in page
    client.post(address("bring_back", clean))
    assert "Review and publish" in client.get(address("postmortem", clean)).content.decode()
    publish(Postmortem.objects.get(), ada)
    client.post(address("take_back", clean), {"reason": "A name was in it"})
    assert Postmortem.objects.get().status == "draft"
