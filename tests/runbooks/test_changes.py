import time

from runbooks.changes import compare

TEN = "\n".join(f"line {n}" for n in range(1, 21))


def test_a_changed_line_is_shown_with_numbers_on_both_sides_and_three_lines_around() -> None:
    changes = compare(TEN, TEN.replace("line 10\n", "line ten\nand more\n"))
    shown = [(row.kind, row.before, row.after, row.text) for row in changes.rows]
    assert (changes.added, changes.removed) == (2, 1)
    assert ("removed", 10, None, "line 10") in shown and ("added", None, 11, "and more") in shown
    assert ("same", 11, 12, "line 11") in shown
    assert [row.hidden for row in changes.rows if row.kind == "gap"] == [6, 7]


def test_line_ends_are_no_change_of_a_line() -> None:
    assert compare("a\r\nb\r\n", "a\nb\n").rows == ()


def test_every_line_of_both_is_accounted_for() -> None:
    old, new = "a\nb\nc\nd\ne", "b\nx\nc\ne\nf"
    rows = compare(old, new).rows
    assert [r.text for r in rows if r.before] == old.split("\n")
    assert [r.text for r in rows if r.after] == new.split("\n")


def test_the_first_revision_is_all_added() -> None:
    assert compare("", "a\nb").added == 2


def test_two_large_texts_with_nothing_in_common_are_answered_at_once() -> None:
    began = time.process_time()
    changes = compare("\n".join(map(str, range(50_000))), "\n".join(str(-n) for n in range(50_000)))
    assert len(changes.rows) == 2_000 and changes.cut > 90_000
    assert time.process_time() - began < 2


def test_a_shuffled_text_is_answered_within_seconds() -> None:
    began = time.process_time()
    compare("\n".join(f"{n * 7919 % 1999}" for n in range(1999)), "\n".join(map(str, range(1999))))
    assert time.process_time() - began < 5
