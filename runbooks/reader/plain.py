"""Inline Markdown as plain words, by patterns that cost no more than the text is long."""

import re
import unicodedata
from functools import lru_cache
from html import unescape

LIMIT = 4000
_CACHED = 300

_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\s]{0,600}(?:\s[^()\n]{0,200})?\)")
_LINK = re.compile(
    r"(?<!!)\[([^\[\]\n]{1,300})\]\((<[^<>\n]{0,600}>|(?:[^()\s]|"
    r"\([^()\s]{0,200}\)){0,800})(?:\s[^()\n]{0,200})?\)"
)
_REFERENCE_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\[([^\[\]\n]{0,100})\]")
_CODE = re.compile(r"(`{1,3})(?!`)([^`\n]{1,2000})\1(?!`)")
_TAG = re.compile(
    r"<(?:!--.{0,500}?--|/?(?:br|b|i|em|strong|code|kbd|sub|sup|p|span|div|a|u|s|details|"
    r"summary|small|font|center|img|hr)\b[^<>]{0,300})/?>",
    re.I | re.S,
)
_BREAK = re.compile(r"\s?<br\s?/?>\s?(?:[•·-]\s)?", re.I)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^<>\s]{1,400}[@:][^<>\s]{1,400})>")
_EMPHASIS = re.compile(r"(\*{1,3}|~~)(?=\S)([^*~\n]{1,2000}?)(?<=\S)\1")
_UNDERSCORE = re.compile(r"(?<![\w])(_{1,3})(?=\S)([^_\n]{1,1000}?)(?<=\S)\1(?!\w)")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f]"
)
_SHORTCODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])")
_SPACES = re.compile(r"\s+")
_NUMBERING = re.compile(
    r"^\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[A-Za-z]|[IVXivx]{1,4})[.):]\s+|^\d{1,2}\s*[-–—]\s+|"
    r"^\d{1,2}\.(?=[^\W\d])"
)


def plain(markdown: str) -> str:
    """The words a reader sees: no emphasis, code marks, links' targets or tags; one line; at most LIMIT characters."""
    return _short(markdown) if len(markdown) <= _CACHED else _stripped(markdown[:LIMIT])


@lru_cache(maxsize=32_768)
def _short(markdown: str) -> str:
    return _stripped(markdown)


def _stripped(markdown: str) -> str:
    text = _SPACES.sub(" ", markdown).strip()
    if "[" in text:
        text = _REFERENCE_LINK.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub(r"\1", text)))
    if "`" in text:
        text = _CODE.sub(r"\2", text)
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", _TAG.sub(" ", _BREAK.sub("; ", text)))
    for _ in range(2):
        text = _EMPHASIS.sub(r"\2", text) if "*" in text or "~" in text else text
        text = _UNDERSCORE.sub(r"\2", text) if "_" in text else text
    return _SPACES.sub(" ", unescape(text) if "&" in text else text).strip()


def folded(text: str) -> str:
    """For comparing: compatible forms (full-width digits), lower case, no emoji, single spaces."""
    text = unicodedata.normalize("NFKC", without_emoji(text))
    return _SPACES.sub(" ", text).strip().casefold()


def without_emoji(text: str) -> str:
    return _SPACES.sub(" ", _SHORTCODE.sub("", _EMOJI.sub("", text))).strip()


def without_number(title: str) -> str:
    """A heading without its "1. ", "2) ", "3 - "."""
    return _NUMBERING.sub("", without_emoji(title), count=1).strip()


def numbered(title: str) -> bool:
    return _NUMBERING.match(without_emoji(title)) is not None


def links(markdown: str) -> list[tuple[str, str]]:
    """(title, target) of each inline link that is not an image."""
    text = markdown[:LIMIT]
    if "](" not in text:
        return []
    return [(plain(title), target.strip("<>")) for title, target in _LINK.findall(_IMAGE.sub("", text))]


def code_spans(markdown: str) -> list[str]:
    return [content.strip() for _, content in _CODE.findall(markdown[:LIMIT])]
