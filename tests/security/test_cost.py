"""Text that costs much more to work on than to send. Each took minutes, or held the whole process, once."""

import time

import pytest

from accounts.text import MARKS_SORTED, clean_name, normalised
from runbooks import markdown
from runbooks.reader import read

LARGE = markdown.MAX_BYTES - 10_000
TOWER = "\u0301\u0316"  # two accents that NFC puts in the other order


def seconds(work, *args) -> float:
    """Of the processor: what else the machine has to do is not counted."""
    began = time.process_time()
    work(*args)
    return time.process_time() - began


@pytest.mark.parametrize(
    "unit", ["//", "=www.", "+x.y", "http://x.", "http://x/(", "mailto:x@", "x@x.", "+@<"]
)
def test_markdown_takes_seconds_at_most(unit):
    text = (unit * LARGE)[:LARGE]
    assert seconds(markdown.render, f"www.example.com {text}") < 4
    assert seconds(markdown.render_inline, text[:10_000]) < 1


@pytest.mark.parametrize("text", [TOWER * 500_000, "a" + TOWER * 500_000, "e\u0302\u0301" * 300_000])
@pytest.mark.parametrize("work", [normalised, clean_name])
def test_towers_of_accents_are_not_sorted(work, text):
    assert seconds(work, text) < 4


def test_words_in_any_script_are_kept_as_they_are():
    for text in ("Phở Việt", "한국어", "हिन्दी", "שָׁלוֹם", "👩‍👩‍👧‍👦 🇩🇪", "e" + "\u0301" * MARKS_SORTED):
        assert normalised(normalised(text)) == normalised(text)
        assert normalised(text).encode()
    assert normalised("e\u0301") == "é"


def test_many_paragraphs_of_one_section_are_read_in_time():
    assert seconds(read, ("# Status update template\n" + "[é\n\nwww.Template" * 5_900).encode()) < 4


def test_file_names_and_hosts_are_words_and_addresses_are_links():
    html = markdown.render(
        "Run deploy.sh, see README.md: https://example.com/a and sre@example.com //example.com"
    )
    assert html.count("<a ") == 2
    assert 'href="https://example.com/a"' in html
    assert 'href="mailto:sre@example.com"' in html
