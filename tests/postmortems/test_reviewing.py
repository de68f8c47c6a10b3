"""Asking for reviews, answering, and talking about passages: the rules, and what is left of them on the record."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import operations as accounts
from accounts.models import Role, User
from incidents import operations as incidents
from incidents.models import Access, Incident
from incidents.operations import Refused, SaidBefore
from incidents.states import Kind
from notifications.move import Move
from notifications.reminders.moves import of_postmortems
from outbox.models import Fact
from postmortems.models import Comment, Postmortem, PostmortemRevision
from postmortems.operations import commenting, publishing, reviewing
from postmortems.reviewing import comments_of, reviews_of, threads_of, who_can_review

TEXT = "## Summary\n\nThe cookie was scoped to `app.example` while the [provider](https://example.com/p) returns.\n"


@pytest.fixture
def hedy(db: None) -> User:
    return User.objects.create_user("hedy@example.com", name="Hedy Lamarr", role=Role.RESPONDER)


def rewrite(postmortem: Postmortem, text: str) -> None:
    """The next version."""
    postmortem.refresh_from_db()
    postmortem.text, postmortem.number, postmortem.last_number = (
        text,
        postmortem.number + 1,
        postmortem.number + 1,
    )
    postmortem.save()
    PostmortemRevision.objects.create(
        postmortem=postmortem, number=postmortem.number, kind="saved", text=text
    )


def asked_of(user: User) -> list[Move]:
    """The reviews that ``user`` owes."""
    return [move for move in of_postmortems(user, timezone.now()) if move.kind == "review"]


def kinds(incident: Incident) -> list[str]:
    return list(incident.events.order_by("seq").values_list("kind", flat=True))


def make_private(incident: Incident, by: User, *others: User) -> None:
    incidents.change_privacy(incident.pk, True, by=by)
    for other in others:
        incidents.grant_access(incident.pk, other, by=by)


# -- reviews ------------------------------------------------------------------------------------------------


def test_request_review_puts_it_in_review_and_each_owes_an_answer(postmortem, ada, grace, hedy):
    reviewing.request_review(postmortem.pk, [grace, hedy], by=ada)
    postmortem.refresh_from_db()
    assert postmortem.status == "in_review"
    assert [move.incident for move in asked_of(grace)] == [postmortem.incident]
    event = postmortem.incident.events.get(kind=Kind.REVIEW_REQUESTED)
    assert event.data["asked_names"] == ["Grace Hopper", "Hedy Lamarr"]
    assert Fact.objects.filter(name="postmortem_changed").count() == 1


def test_request_review_of_someone_who_is_asked_already_changes_nothing(postmortem, ada, grace):
    for _ in range(2):
        reviewing.request_review(postmortem.pk, [grace], by=ada)
    assert kinds(postmortem.incident).count(Kind.REVIEW_REQUESTED) == 1


def test_request_review_of_author_or_of_someone_who_cannot_see_it_is_refused(postmortem, ada, grace, eve):
    with pytest.raises(Refused, match="Ada Lovelace wrote it"):
        reviewing.request_review(postmortem.pk, [ada], by=grace)
    for outsider in (eve, grace):
        make_private(postmortem.incident, ada)
        with pytest.raises(Refused, match="cannot work on this incident"):
            reviewing.request_review(postmortem.pk, [outsider], by=ada)
    postmortem.refresh_from_db()
    assert (postmortem.status, postmortem.reviewers.count()) == ("draft", 0)


def test_answer_review_keeps_the_version_that_was_read(postmortem, ada, grace):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    rewrite(postmortem, TEXT)
    review = reviewing.answer_review(
        postmortem.pk, "changes", by=grace, number=1, said="Say why tests passed."
    )
    assert (review.number, review.verdict, review.said) == (1, "changes", "Say why tests passed.")
    event = postmortem.incident.events.get(kind=Kind.POSTMORTEM_REVIEWED)
    assert (event.text, event.data["verdict"], event.data["number"]) == (
        "Say why tests passed.",
        "changes",
        1,
    )
    assert not asked_of(grace)


def test_answer_review_needs_words_for_changes_a_version_that_is_and_another_person(postmortem, ada, grace):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    for by, verdict, number, why in (
        (grace, "changes", 1, "what should change"),
        (grace, "approved", 2, "no version 2"),
        (grace, "", 1, "Approve it"),
        (ada, "approved", 1, "You wrote it"),
    ):
        with pytest.raises(Refused, match=why):
            reviewing.answer_review(postmortem.pk, verdict, by=by, number=number)
    assert Kind.POSTMORTEM_REVIEWED not in kinds(postmortem.incident)


def test_answer_review_twice_with_the_same_words_is_one_answer(postmortem, ada, grace):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    for said in ("Good", "Good", "Very good"):
        reviewing.answer_review(postmortem.pk, "approved", by=grace, number=1, said=said)
    assert kinds(postmortem.incident).count(Kind.POSTMORTEM_REVIEWED) == 2


def test_answer_review_of_a_draft_is_refused(postmortem, grace):
    with pytest.raises(Refused, match="Nobody is asked"):
        reviewing.answer_review(postmortem.pk, "approved", by=grace, number=1)


def test_request_review_again_after_changes_makes_it_owed_again_and_keeps_what_was_said(
    postmortem, ada, grace
):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    reviewing.answer_review(postmortem.pk, "changes", by=grace, number=1, said="More")
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    assert len(asked_of(grace)) == 1
    review = postmortem.reviewers.get()
    assert (review.verdict, review.said, review.number) == ("", "More", 1)


def test_withdraw_review_of_the_last_one_makes_it_a_draft_and_of_an_answer_is_refused(
    postmortem, ada, grace, hedy
):
    reviewing.request_review(postmortem.pk, [grace, hedy], by=ada)
    reviewing.answer_review(postmortem.pk, "approved", by=hedy, number=1)
    with pytest.raises(Refused, match="Hedy Lamarr has answered"):
        reviewing.withdraw_review(postmortem.pk, hedy.pk, by=ada)
    assert reviewing.withdraw_review(postmortem.pk, grace.pk, by=ada).status == "in_review"
    postmortem.reviewers.all().delete()
    Postmortem.objects.update(status="draft")
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    assert reviewing.withdraw_review(postmortem.pk, grace.pk, by=ada).status == "draft"


def test_reviewer_who_loses_access_owes_nothing_and_is_not_counted(postmortem, ada, grace, hedy):
    reviewing.request_review(postmortem.pk, [grace, hedy], by=ada)
    make_private(postmortem.incident, ada, hedy)
    assert not asked_of(grace)
    assert [review.user for review in reviews_of(postmortem)] == [hedy]
    postmortem.incident.refresh_from_db()
    assert list(who_can_review(postmortem)) == [hedy]
    Access.objects.filter(user=hedy).delete()
    assert not asked_of(hedy)


def test_reviews_are_owed_of_what_is_in_review_alone(postmortem, ada, grace):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    publishing.discard(postmortem.pk, by=ada, reason="A false alarm")
    assert not asked_of(grace)
    publishing.bring_back(postmortem.pk, by=ada)
    assert not asked_of(grace)
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    accounts.deactivate(grace.pk, by=ada)
    assert not reviews_of(postmortem)


def test_viewer_may_neither_ask_nor_answer_nor_comment(postmortem, ada, grace, eve):
    reviewing.request_review(postmortem.pk, [grace], by=ada)
    for act in (
        lambda: reviewing.request_review(postmortem.pk, [grace], by=eve),
        lambda: reviewing.answer_review(postmortem.pk, "approved", by=eve, number=1),
        lambda: reviewing.withdraw_review(postmortem.pk, grace.pk, by=eve),
        lambda: commenting.comment(postmortem.pk, "x", by=eve),
    ):
        with pytest.raises(Refused, match="may not change"):
            act()


# -- comments -----------------------------------------------------------------------------------------------


@pytest.fixture
def written(postmortem: Postmortem) -> Postmortem:
    rewrite(postmortem, TEXT)
    return postmortem


def passage_of(postmortem: Postmortem) -> str:
    """What the passage of the only comment is now."""
    postmortem.refresh_from_db()
    (thread,) = threads_of(postmortem, comments_of(postmortem, settled=False))
    return postmortem.text[thread.passage.start : thread.passage.end] if thread.passage else ""


@pytest.mark.parametrize(
    "quote",
    [
        "scoped to `app.example` while",
        "scoped to app.example while",
        "while the provider returns",
        "  The cookie was \n",
    ],
)
def test_comment_finds_its_passage_as_written_and_as_read(written, grace, quote):
    made = commenting.comment(written.pk, "Why?", by=grace, quote=quote)
    assert made.number == 2
    assert passage_of(written).replace("`", "").startswith(("scoped", "while", "The cookie"))


def test_comment_finds_its_passage_in_later_versions_and_says_when_it_is_gone(written, grace):
    commenting.comment(written.pk, "Why?", by=grace, quote="scoped to `app.example`")
    rewrite(written, "# Title\n\nMore words before.\n\n" + TEXT.replace("scoped to", "**scoped** to"))
    assert passage_of(written) == "scoped** to `app.example"
    rewrite(written, "# Title\n\nAll is new.\n")
    assert passage_of(written) == ""


def test_comment_of_a_passage_that_is_there_twice_is_about_the_one_that_was_selected(written, grace):
    rewrite(written, "One cookie.\n\nAnother cookie.\n")
    made = commenting.comment(written.pk, "Which?", by=grace, quote="cookie", start=21)
    assert made.start == 21
    rewrite(written, "First.\n\nOne cookie.\n\nAnother cookie.\n")
    (thread,) = threads_of(written, comments_of(written, settled=False))
    assert thread.passage
    assert thread.passage.line == 5


def test_comment_of_which_half_is_left_stays_there_as_changed(written, grace):
    quote = TEXT.splitlines()[2]
    commenting.comment(written.pk, "Why?", by=grace, quote=quote)
    rewrite(written, TEXT.replace("The cookie was scoped to", "We scoped the cookie to") + "\nMore.\n")
    (thread,) = threads_of(written, comments_of(written, settled=False))
    assert thread.is_changed
    assert thread.passage
    assert thread.passage.line == 3


def test_comment_on_words_that_are_not_there_is_refused(written, grace):
    with pytest.raises(Refused, match="not in version 2"):
        commenting.comment(written.pk, "Why?", by=grace, quote="no such words")
    assert not Comment.objects.exists()


def test_comment_sent_twice_is_one_and_with_other_words_is_said(written, grace):
    key = uuid4()
    first, second = (commenting.comment(written.pk, "Why?", by=grace, key=key) for _ in range(2))
    assert first == second
    with pytest.raises(SaidBefore):
        commenting.comment(written.pk, "Other words", by=grace, key=key)


def test_reply_stands_below_and_to_a_reply_beside_it(written, ada, grace):
    made = commenting.comment(written.pk, "Why?", by=grace)
    answer = commenting.reply(written.pk, made.pk, "Because.", by=ada)
    assert commenting.reply(written.pk, answer.pk, "I see.", by=grace).answers == made
    (thread,) = threads_of(written, comments_of(written, settled=False))
    assert [reply.text for reply in thread.replies] == ["Because.", "I see."]


def test_settle_comment_and_reopen_it(written, ada, grace):
    made = commenting.comment(written.pk, "Why?", by=grace)
    assert commenting.settle_comment(written.pk, made.pk, by=ada).settled_by == ada
    assert not comments_of(written, settled=False)
    assert list(comments_of(written, settled=True)) == [made]
    assert commenting.reopen_comment(written.pk, made.pk, by=ada).settled_at is None


def test_reply_itself_can_be_neither_settled_nor_reopened(written, ada, grace):
    made = commenting.comment(written.pk, "Why?", by=grace)
    answer = commenting.reply(written.pk, made.pk, "Because.", by=ada)
    for act in (commenting.settle_comment, commenting.reopen_comment):
        with pytest.raises(Comment.DoesNotExist):
            act(written.pk, answer.pk, by=ada)


# -- pages --------------------------------------------------------------------------------------------------


def address(name: str, postmortem: Postmortem, *more: int) -> str:
    return reverse(f"postmortems:{name}", args=[postmortem.incident_id, *more])


def test_pages_work_as_plain_forms_from_asking_to_settling(
    written: Postmortem, ada: User, grace: User, client_for: Callable[[User], Client]
) -> None:
    author, reader = client_for(ada), client_for(grace)
    author.post(address("request_review", written), {"people": [grace.pk]})
    assert "Waiting for you" in reader.get(address("postmortem", written)).content.decode()
    said = {"verdict": "changes", "said": "Say why the tests passed.", "number": 2}
    reader.post(address("answer_review", written), said)
    page = author.get(address("postmortem", written)).content.decode()
    assert "asked for changes" in page
    assert "“Say why the tests passed.”" in page
    comment = {
        "key": str(uuid4()),
        "quote": "scoped to app.example",
        "start": "",
        "text": "Which **domain**?",
    }
    reader.post(address("comment", written), comment)
    made = Comment.objects.get()
    assert "<strong>domain</strong>" in author.get(address("comments", written)).content.decode()
    author.post(address("reply", written, made.pk), {"key": str(uuid4()), "text": "Both."})
    author.post(address("settle_comment", written, made.pk))
    assert "Both." in author.get(f"{address('comments', written)}?settled=1").content.decode()


def test_comment_that_cannot_be_taken_is_shown_again_with_its_words(written, grace, client_for):
    said = {"key": str(uuid4()), "quote": "no such words", "text": "Kept", "start": "0"}
    answer = client_for(grace).post(address("comment", written), said)
    assert answer.status_code == 409
    assert "not in version 2" in answer.content.decode()
    assert ">\nno such words</textarea>" in answer.content.decode()
    assert ">\nKept</textarea>" in answer.content.decode()


def test_viewer_reads_comments_and_reviews_without_controls(written, ada, grace, eve, client_for):
    reviewing.request_review(written.pk, [grace], by=ada)
    commenting.comment(written.pk, "Why?", by=grace)
    page = client_for(eve).get(address("postmortem", written)).content.decode()
    assert "Why?" in page
    assert "Grace Hopper" in page
    assert '<form method="post" action="/incidents/' not in page
    assert client_for(eve).post(address("comment", written), {"text": "x"}).status_code == 403


def test_pages_of_comments_cost_the_same_with_one_and_with_many(written, ada, grace, client_for):
    client = client_for(ada)

    def queries(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def add() -> None:
        made = commenting.comment(written.pk, "Why?", by=grace, quote="The cookie")
        commenting.reply(written.pk, made.pk, "Because.", by=ada)

    pages = [address(name, written) for name in ("postmortem", "comments", "publish")]
    reviewing.request_review(written.pk, [grace], by=ada)
    add()
    with_one = [queries(page) for page in pages]
    for number in range(30):
        add()
        asked = User.objects.create_user(f"p{number}@example.com", name=f"P {number}", role=Role.RESPONDER)
        reviewing.request_review(written.pk, [asked], by=ada)
    assert [queries(page) for page in pages] == with_one
