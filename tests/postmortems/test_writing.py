"""Saving, merging, restoring and settling: no order in which people do them loses a line that someone saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Refused
from outbox.models import Fact
from postmortems.models import Postmortem
from postmortems.operations.writing import MOST_BYTES, Outcome, Saved, restore, save, settle_conflict
from postmortems.states import RevisionKind
from tests.accounts.racing import Act, at_once, second_waits_for_first
from tests.postmortems.conftest import TEXT, a_postmortem

pytestmark = pytest.mark.django_db
BY_GRACE, BY_ADA = "Sign-in looped for everyone.", "A cookie on the wrong domain, since 13:22."


def kinds(postmortem: Postmortem) -> list[str]:
    return [str(kind) for kind in postmortem.revisions.order_by("number").values_list("kind", flat=True)]


def waiting(postmortem: Postmortem) -> list[int]:
    found = postmortem.revisions.filter(kind=RevisionKind.CONFLICT, settled_number=None)
    return list(found.order_by("number").values_list("number", flat=True))


def test_save_makes_a_version_that_says_where_it_differs(postmortem: Postmortem, grace: User) -> None:
    saved = save(postmortem.pk, TEXT.replace("A cookie", "The cookie"), base=1, by=grace)
    assert (saved.number, saved.outcome, saved.held) == (2, Outcome.SAVED, 2)
    postmortem.refresh_from_db()
    assert (postmortem.text, postmortem.number) == (saved.text, 2)
    made = postmortem.revisions.get(number=2)
    assert (made.saved_by, made.base_number, made.note) == (grace, 1, "Root Cause")
    assert Fact.objects.filter(name="postmortem_changed", payload__postmortem_id=postmortem.pk).exists()


def test_save_of_the_same_text_is_no_version(postmortem: Postmortem, grace: User) -> None:
    assert save(postmortem.pk, TEXT, base=1, by=grace).outcome == Outcome.UNCHANGED
    assert kinds(postmortem) == ["started"]


def test_save_sent_twice_is_one(postmortem: Postmortem, grace: User, ada: User) -> None:
    key = uuid4()
    first = save(postmortem.pk, TEXT + "more\n", base=1, by=grace, key=key)
    save(postmortem.pk, TEXT + "more\nand more\n", base=2, by=ada)
    again = save(postmortem.pk, TEXT + "more\n", base=1, by=grace, key=key)
    assert again.held == first.held == 2
    assert kinds(postmortem) == ["started", "saved", "saved"]


def test_save_with_the_key_of_another_text_is_a_save_of_its_own(postmortem: Postmortem, grace: User) -> None:
    key = uuid4()
    for words in ("more\n", "other\n"):
        assert save(postmortem.pk, TEXT + words, base=1, by=grace, key=key).text.endswith(words)
    assert kinds(postmortem) == ["started", "saved", "beside", "merged"]


def test_save_merges_what_two_people_wrote_at_once(postmortem: Postmortem, ada: User, grace: User) -> None:
    save(postmortem.pk, TEXT.replace("Sign-in looped.", BY_GRACE), base=1, by=grace)
    typed = TEXT.replace("A cookie on the wrong domain.", BY_ADA)
    saved = save(postmortem.pk, typed, base=1, by=ada)
    assert (saved.outcome, saved.number, saved.held) == (Outcome.MERGED, 4, 3)
    assert BY_GRACE in saved.text and BY_ADA in saved.text
    assert kinds(postmortem) == ["started", "saved", "beside", "merged"]
    assert postmortem.revisions.get(number=3).text == typed
    assert postmortem.revisions.get(number=3).settled_number == 4


def test_save_typed_on_while_a_merge_was_made_loses_neither(
    postmortem: Postmortem, ada: User, grace: User
) -> None:
    save(postmortem.pk, TEXT.replace("Sign-in looped.", BY_GRACE), base=1, by=grace)
    typed = TEXT.replace("A cookie on the wrong domain.", BY_ADA)
    held = save(postmortem.pk, typed, base=1, by=ada).held
    saved = save(postmortem.pk, typed + "\nAnd on.\n", base=held, by=ada)
    assert [words in saved.text for words in (BY_GRACE, BY_ADA, "And on.")] == [True] * 3


def in_conflict(postmortem: Postmortem, ada: User, grace: User) -> Saved:
    """Grace's words stand; ada's wait as version 3."""
    save(postmortem.pk, TEXT.replace("Sign-in looped.", "Grace's words."), base=1, by=grace)
    return save(postmortem.pk, TEXT.replace("Sign-in looped.", "Ada's words."), base=1, by=ada)


def test_save_in_conflict_waits_beside_the_document(postmortem: Postmortem, ada: User, grace: User) -> None:
    saved = in_conflict(postmortem, ada, grace)
    assert (saved.outcome, saved.number, saved.held) == (Outcome.CONFLICT, 2, 3)
    assert "Grace's words." in saved.text and "Ada's" not in saved.text
    assert waiting(postmortem) == [3]


def test_save_that_goes_on_from_a_conflict_takes_its_place(
    postmortem: Postmortem, ada: User, grace: User
) -> None:
    held = in_conflict(postmortem, ada, grace).held
    on = TEXT.replace("Sign-in looped.", "Ada's better words.")
    assert save(postmortem.pk, on, base=held, by=ada).outcome == Outcome.CONFLICT
    assert waiting(postmortem) == [4]
    agreed = TEXT.replace("Sign-in looped.", "Grace's words.") + "Ada's line.\n"
    assert save(postmortem.pk, agreed, base=4, by=ada).outcome == Outcome.SAVED
    assert waiting(postmortem) == []


def test_settle_conflict_saves_what_was_made_of_both(postmortem: Postmortem, ada: User, grace: User) -> None:
    in_conflict(postmortem, ada, grace)
    both = TEXT.replace("Sign-in looped.", "Grace's words. Ada's words.")
    saved = settle_conflict(postmortem.pk, 3, both, base=2, by=grace)
    assert (saved.outcome, saved.number) == (Outcome.SAVED, 4)
    assert postmortem.revisions.get(number=3).settled_number == 4


def test_settle_conflict_by_keeping_the_document(postmortem: Postmortem, ada: User, grace: User) -> None:
    saved = in_conflict(postmortem, ada, grace)
    settle_conflict(postmortem.pk, 3, saved.text, base=2, by=ada)
    assert waiting(postmortem) == []
    assert kinds(postmortem) == ["started", "saved", "conflict"]


def test_restore_makes_a_new_version(postmortem: Postmortem, ada: User, grace: User) -> None:
    save(postmortem.pk, "", base=1, by=grace)
    restored = restore(postmortem.pk, 1, by=ada)
    assert (restored.number, restored.text) == (3, TEXT)
    assert postmortem.revisions.get(number=3).note == "Version 1 again"
    assert restore(postmortem.pk, 1, by=ada).number == 3
    with pytest.raises(Refused, match="no such version"):
        restore(postmortem.pk, 99, by=ada)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("one\ntwo\x00", "Line 2 holds a character"),
        ("one\n\ntwo \udc80", "Line 3 holds a character"),
        ("é" * (MOST_BYTES // 2) + "a", "2.50 MB; a document may have 2.5 MB at most"),
    ],
)
def test_save_refuses_what_cannot_be_kept(postmortem: Postmortem, grace: User, text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        save(postmortem.pk, text, base=1, by=grace)


@pytest.mark.parametrize("text", ["é" * (MOST_BYTES // 2), "𝒂 𝒃𝒄 " * 150_000, "\n" * MOST_BYTES])
def test_save_keeps_the_largest_documents(postmortem: Postmortem, grace: User, text: str) -> None:
    assert save(postmortem.pk, text, base=1, by=grace).outcome == Outcome.SAVED
    postmortem.refresh_from_db()
    assert postmortem.text == text


def test_two_texts_too_long_together_are_a_conflict(postmortem: Postmortem, ada: User, grace: User) -> None:
    save(postmortem.pk, TEXT + "a" * 2_000_000, base=1, by=grace)
    assert save(postmortem.pk, "b" * 2_000_000 + "\n" + TEXT, base=1, by=ada).outcome == Outcome.CONFLICT


def test_save_is_refused_for_readers_and_in_a_discarded_document(
    postmortem: Postmortem, eve: User, grace: User
) -> None:
    with pytest.raises(Refused, match="may not change"):
        save(postmortem.pk, "", base=1, by=eve)
    Postmortem.objects.update(discarded_at=postmortem.created_at)
    acts: list[Act] = [
        lambda: save(postmortem.pk, "", base=1, by=grace),
        lambda: restore(postmortem.pk, 1, by=grace),
        lambda: settle_conflict(postmortem.pk, 1, "", base=1, by=grace),
    ]
    for act in acts:
        with pytest.raises(Refused, match="was discarded"):
            act()


# -- in any order ------------------------------------------------------------------------------------------


@dataclass
class Editor:
    """Somebody's browser: the text on its screen, and the version whose text it held last."""

    by: User
    text: str
    base: int

    def send(self, postmortem: Postmortem, key: UUID | None = None, typed_meanwhile: str = "") -> Saved:
        """Save, and take the answer as the page does; ``typed_meanwhile`` came before it."""
        saved = save(postmortem.pk, self.text, base=self.base, by=self.by, key=key)
        if typed_meanwhile or saved.outcome == Outcome.CONFLICT:
            self.base = saved.held
        else:
            self.text, self.base = saved.text, saved.number
        if typed_meanwhile:
            self.text = f"{typed_meanwhile}\n{self.text}"
        return saved


WHO = st.integers(0, 2)
WHERE = st.integers(0, 8)
ADDING = st.one_of(
    st.tuples(st.just("insert"), WHO, WHERE),
    st.tuples(st.just("insert"), WHO, WHERE),
    st.tuples(st.just("send"), WHO, WHERE),
    st.tuples(st.just("send"), WHO, WHERE),
    st.tuples(st.just("send_twice"), WHO, WHERE),
    st.tuples(st.just("send_and_type"), WHO, WHERE),
    st.tuples(st.just("reload"), WHO, WHERE),
)
ACTS = st.one_of(
    ADDING,
    st.tuples(st.just("change"), WHO, WHERE),
    st.tuples(st.just("remove"), WHO, WHERE),
    st.tuples(st.just("restore"), WHO, WHERE),
    st.tuples(st.just("settle"), WHO, st.sampled_from(["theirs", "mine", "both"])),
)
STORY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Table:
    """Three editors on one document, and every text that any of them saved."""

    def __init__(self, postmortem: Postmortem, people: list[User]) -> None:
        self.postmortem, self.sent, self.words = postmortem, [TEXT], 0
        self.editors = [Editor(by, TEXT, 1) for by in people]

    def act(self, name: str, who: int, what: object) -> None:
        editor = self.editors[who]
        if name in ("insert", "change", "remove"):
            self._type(editor, name, int(str(what)))
        elif name == "restore":
            numbers = list(self.postmortem.revisions.order_by("number").values_list("number", flat=True))
            restore(self.postmortem.pk, numbers[int(str(what)) % len(numbers)], by=editor.by)
        elif name == "settle":
            self._settle(editor, str(what))
        elif name == "reload":
            self.send(editor)
            self.postmortem.refresh_from_db()
            editor.text, editor.base = self.postmortem.text, self.postmortem.number
        else:
            key = uuid4()
            if name == "send_twice":
                save(self.postmortem.pk, editor.text, base=editor.base, by=editor.by, key=key)
            self.send(editor, key, self._word() if name == "send_and_type" else "")

    def send(self, editor: Editor, key: UUID | None = None, typed_meanwhile: str = "") -> Saved:
        self.sent.append(editor.text)
        return editor.send(self.postmortem, key, typed_meanwhile)

    def _word(self) -> str:
        self.words += 1
        return f"line {self.words}"

    def _type(self, editor: Editor, name: str, at: int) -> None:
        lines = editor.text.split("\n")
        at %= len(lines)
        if name == "insert":
            lines.insert(at, self._word())
        elif name == "change":
            lines[at] = self._word()
        else:
            del lines[at]
        editor.text = "\n".join(lines)

    def _settle(self, editor: Editor, choice: str) -> None:
        for number in waiting(self.postmortem)[:1]:
            self.postmortem.refresh_from_db()
            theirs, mine = self.postmortem.text, self.postmortem.revisions.get(number=number).text
            text = {"theirs": theirs, "mine": mine, "both": f"{theirs}\n{mine}"}[choice]
            self.sent.append(text)
            settle_conflict(self.postmortem.pk, number, text, base=self.postmortem.number, by=editor.by)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_no_order_of_saves_merges_restores_and_settlements_loses_a_saved_line(
    incident: Incident, ada: User, grace: User
) -> None:
    people = [ada, grace, ada]

    @STORY
    @given(st.lists(ACTS, max_size=25))
    def tell(acts: list[tuple[str, int, object]]) -> None:
        with undone():
            table = Table(a_postmortem(incident, ada), people)
            for act in acts:
                table.act(*act)
            kept = set(table.postmortem.revisions.values_list("text", flat=True))
            assert set(table.sent) <= kept
            table.postmortem.refresh_from_db()
            head = table.postmortem.revisions.get(number=table.postmortem.number)
            assert head.text == table.postmortem.text
            assert head.kind in ("started", "saved", "merged", "restored")

    tell()


def test_every_line_that_was_only_ever_added_ends_up_in_the_document(
    incident: Incident, ada: User, grace: User
) -> None:
    """Where nobody takes a line out, none may go: not in a merge, nor typed meanwhile, nor in a conflict settled
    with both texts."""
    people = [ada, grace, ada]

    @STORY
    @given(st.lists(ADDING, max_size=25))
    def tell(acts: list[tuple[str, int, object]]) -> None:
        with undone():
            table = Table(a_postmortem(incident, ada), people)
            for act in acts:
                table.act(*act)
            for editor in table.editors:
                table.send(editor)
                table.act("settle", 0, "both")
            table.postmortem.refresh_from_db()
            lines = set(table.postmortem.text.split("\n"))
            assert {line for text in table.sent for line in text.split("\n")} <= lines
            assert not waiting(table.postmortem)

    tell()


# -- at once -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_save_waits_for_another_one_and_merges_with_it(
    postmortem: Postmortem, ada: User, grace: User
) -> None:
    outcome = second_waits_for_first(
        lambda: save(postmortem.pk, TEXT.replace("Sign-in looped.", BY_GRACE), base=1, by=grace),
        lambda: save(postmortem.pk, TEXT.replace("A cookie on the wrong domain.", BY_ADA), base=1, by=ada),
    )
    saved = outcome.result()
    assert isinstance(saved, Saved)
    assert saved.outcome == Outcome.MERGED
    assert BY_GRACE in saved.text and BY_ADA in saved.text


@pytest.mark.django_db(transaction=True)
def test_many_saves_at_once_keep_every_line(postmortem: Postmortem, ada: User, grace: User) -> None:
    key = uuid4()
    lines = [partial(save, postmortem.pk, f"{TEXT}- line {n}\n", base=1, by=ada) for n in range(6)]
    once = partial(save, postmortem.pk, f"- once\n{TEXT}", base=1, by=grace, key=key)
    for outcome in at_once(*lines, once, once, once):
        outcome.result()
    postmortem.refresh_from_db()
    assert sorted(line for line in postmortem.text.split("\n") if line.startswith("- ")) == [
        *(f"- line {n}" for n in range(6)),
        "- once",
    ]
    numbers = list(postmortem.revisions.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
