import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks.source import MAX_BYTES, SourceRefused, check, from_text, pack, text_of, unpack


def as_browser_sends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@pytest.mark.parametrize(
    "source",
    [
        b"# a\n- b\n",
        b"# a\r\n- b\r\n",
        b"\xef\xbb\xbf# a\n",
        b"# a\r\nmixed\nends\r\n\n",
        b"no end",
        b"lone\rreturn",
        b"\n\n# a",
    ],
)
def test_text_that_was_not_touched_is_the_same_bytes(source: bytes) -> None:
    assert from_text(as_browser_sends(text_of(source)), source) == source


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_document_survives_the_editor(text: str) -> None:
    source = text.encode()
    assert from_text(as_browser_sends(text_of(source)), source) == source
    assert unpack(pack(source)) == source


def test_a_change_keeps_the_line_ends_and_the_mark_of_the_document() -> None:
    assert from_text("# a\r\nnew\r\n", b"\xef\xbb\xbf# a\r\nold\r\n") == b"\xef\xbb\xbf# a\r\nnew\r\n"
    assert from_text("# a\r\nnew\r\n", b"# a\nold\n") == b"# a\nnew\n"
    assert from_text("# a\r\nnew\r\n") == b"# a\nnew\n"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "nothing in it"),
        (b" \r\n\t\n", "nothing in it"),
        (b"\xef\xbb\xbf", "nothing in it"),
        (b"# a\nb\x00c", "NUL byte at offset 5, line 2"),
        (b"# a\n\nb\xff", "byte 0xff at offset 6, line 3"),
        ("# ä".encode("utf-16"), "UTF-16"),
        (b"x" * (MAX_BYTES + 1), "1 MB at most"),
    ],
)
def test_what_cannot_be_a_runbook_is_refused_with_its_place(source: bytes, words: str) -> None:
    with pytest.raises(SourceRefused, match=words):
        check(source)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(SourceRefused, match="Line 2"):
        from_text("a\nb\ud800")


@pytest.mark.parametrize("packed", ["", "!", "AAAA", "é", pack(b"x" * 5_000_000)])
def test_what_was_not_packed_here_is_nothing(packed: str) -> None:
    assert unpack(packed) == b""
