"""What timelines say, and how people are reached."""

import pytest

from incidents.sentences import cause
from incidents.templatetags.words import is_web, reach


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("If caused by recent deployment", "Recent deployment"),
        ("If caused by external service (Claude API)", "External service (Claude API)"),
        ("If security incident", "Security incident"),
        ("If the database is down", "Database is down"),
        ("Scenario: high load", "Scenario: high load"),
        ("If", "If"),
    ],
)
def test_cause_is_named_without_its_if(title: str, short: str) -> None:
    assert cause(title) == short


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("+49 (170) 123-4567", '<a href="tel:+491701234567">+49 (170) 123-4567</a>'),
        ("call 555-123-4567 or mail", 'call <a href="tel:5551234567">555-123-4567</a> or mail'),
        ("ops@example.com", '<a href="mailto:ops@example.com">ops@example.com</a>'),
        ("@grace on 2026-11-12", "@grace on 2026-11-12"),
        ("<b>Grace</b>", "&lt;b&gt;Grace&lt;/b&gt;"),
        ("https://example.com/oncall", None),
        ("Room 12", "Room 12"),
    ],
)
def test_contact_stays_readable_and_its_numbers_can_be_called(written: str, link: str | None) -> None:
    html = reach(written)
    assert html == (link or f'<a href="{written}" rel="noopener noreferrer nofollow">{written}</a>')


def test_long_contact_is_quick() -> None:
    for hostile in ("1 " * 50_000, "a." * 50_000 + "@", "(" * 50_000, "a@" + "b-" * 50_000):
        assert reach(hostile)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://x", "//x", "", None, 5])
def test_only_web_addresses_are_links(url: object) -> None:
    assert not is_web(url)
