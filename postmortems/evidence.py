"""What shows that something was done: a link, or a sentence that could be checked."""

import re
from urllib.parse import urlsplit

ASK = "Say what shows that it is done: a link, or a sentence that somebody could check."

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
#: Scripts that write without spaces: a few letters are a sentence.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ENOUGH_WORDS, _ENOUGH_UNSPACED = 3, 5
#: Words that say no more than that it is done.
_NOTHING = """
a all already an and are been complete completed did do done finished fixed good great has have i is it its me nice
now of ok okay ready so sorted sure that the there this to was we were works yes yep yup you
"""
_SAYS_NOTHING = frozenset(_NOTHING.split())


def is_evidence(text: str) -> bool:
    """Whether ``text`` holds a web address, or three words of which two say more than "yes, it is done"."""
    if any(is_web_address(found) for found in _ADDRESS.findall(text)):
        return True
    words = _WORD.findall(text.lower())
    telling = [word for word in words if word not in _SAYS_NOTHING]
    return len(_UNSPACED.findall(text)) >= _ENOUGH_UNSPACED or (
        len(words) >= _ENOUGH_WORDS and len(telling) >= _ENOUGH_WORDS - 1
    )


def is_web_address(text: str) -> bool:
    """Whether ``text`` is an http or https address with a host, without spaces or control characters."""
    if not re.fullmatch(r"https?://[^\s\x00-\x20\x7f<>\"\\^`{|}]+", text, re.IGNORECASE):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that make no sense
        return False
