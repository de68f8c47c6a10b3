"""Merging two texts: what either side added is there, what nobody touched stays, and it never takes long."""

import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.matching import LineMatcher
from postmortems.merging import merge

# Few letters, so that lines repeat, move and meet; blank ones are half of any Markdown.
LINES = st.lists(st.sampled_from(["", "", "a", "b", "c", "d", "- x", "- y"]), max_size=12)
TEXTS = LINES.map("\n".join)


@given(TEXTS, TEXTS, TEXTS)
def test_clean_merge_has_every_line_that_either_side_added(base: str, theirs: str, mine: str) -> None:
    merged = merge(base, theirs, mine)
    had, theirs_has, mine_has, has = (
        Counter(text.split("\n")) for text in (base, theirs, mine, merged.text())
    )
    # Both may have added the same line at the same place; then it is there once.
    added = (theirs_has - had) | (mine_has - had)
    assert not added - has


@given(TEXTS, TEXTS, TEXTS)
def test_passages_stand_in_the_document_where_they_say(base: str, theirs: str, mine: str) -> None:
    merged = merge(base, theirs, mine)
    for passage in merged.passages:
        assert passage.theirs != passage.mine
        lines = theirs.split("\n")[passage.line - 1 :][: len(passage.theirs)]
        assert lines == list(passage.theirs)
        assert set(passage.mine) <= set(merged.text("mine").split("\n"))


@given(TEXTS, TEXTS)
def test_one_side_alone_is_taken_as_it_is(base: str, changed: str) -> None:
    for merged in (merge(base, changed, base), merge(base, base, changed), merge(base, changed, changed)):
        assert merged.is_clean
        assert merged.text() == changed


@given(LINES, LINES)
def test_matched_lines_are_the_same_and_in_order(a: list[str], b: list[str]) -> None:
    blocks = LineMatcher(None, a, b).get_matching_blocks()
    assert blocks[-1] == (len(a), len(b), 0)
    at = to = 0
    for i, j, length in blocks:
        assert i >= at and j >= to
        assert a[i : i + length] == b[j : j + length]
        at, to = i + length, j + length


@pytest.mark.parametrize(
    ("theirs", "mine", "merged"),
    [
        ("one\n2\nthree", "1\n2\nthree!", None),
        ("one!\ntwo\nthree", "one\ntwo\nthree?", "one!\ntwo\nthree?"),
        ("one!\ntwo\nthree", "one\ntwo?\nthree", "one!\ntwo?\nthree"),  # lines that touch
        ("one\ntwo\nthree\n- a", "one\ntwo\nthree\n- b", "one\ntwo\nthree\n- a\n- b"),
        ("one\ntwo\nthree\n- a", "one\ntwo\nthree\n- a\n- b", "one\ntwo\nthree\n- a\n- b"),
        ("one\nthree", "one\ntwo\nthree\nfour", "one\nthree\nfour"),
        ("one\nthree", "one\ntwo!\nthree", None),  # one took out what the other changed
        ("one\nTWO\nthree", "one\nTWO\nthree\n", "one\nTWO\nthree\n"),
    ],
)
def test_merge_does_what_two_people_expect(theirs: str, mine: str, merged: str | None) -> None:
    found = merge("one\ntwo\nthree", theirs, mine)
    assert (found.text() if found.is_clean else None) == merged


def test_passage_tells_both_sides_and_what_was_there() -> None:
    found = merge("a\nold\nz", "new\na\ntheirs\nz", "a\nmine\nz\nend")
    [passage] = found.passages
    assert (passage.base, passage.theirs, passage.mine, passage.line) == (("old",), ("theirs",), ("mine",), 3)
    assert found.text("theirs") == "new\na\ntheirs\nz\nend"
    assert found.text("mine") == "new\na\nmine\nz\nend"
    assert found.text("both") == "new\na\ntheirs\nmine\nz\nend"


def two_megabytes() -> list[str]:
    return [
        line for n in range(20_000) for line in (f"- {n}: {'something happened ' * 4}at {n * 7 % 1000}", "")
    ]


def test_large_document_with_scattered_edits_of_two_people_merges() -> None:
    lines = two_megabytes()
    theirs, mine = list(lines), list(lines)
    for at in range(0, len(lines), 100):
        theirs[at] += " (theirs)"
        mine[at + 50] += " (mine)"
    merged = merge("\n".join(lines), "\n".join(theirs), "\n".join(mine))
    assert merged.is_clean
    assert (merged.text().count("(theirs)"), merged.text().count("(mine)")) == (400, 400)


@pytest.mark.parametrize("letters", ["ab", "abcdefghij", "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))])
def test_texts_made_to_take_long_end_as_a_conflict_in_time(letters: str) -> None:
    dice = random.Random(1)
    base, theirs, mine = ("\n".join(dice.choices(letters, k=200_000)) for _ in range(3))
    began = time.process_time()
    merged = merge(base, theirs, mine)
    assert time.process_time() - began < 10  # a minute and more, were the work not bounded
    assert not merged.is_clean
    assert merged.text("theirs") == theirs
