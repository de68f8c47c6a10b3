"""Words as Markdown that shows exactly those words."""

import re

#: What would be emphasis, code, a link, a tag, an entity, a cell's end or a blank of a template.
_SIGNS = re.compile(r"[\\`*\[\]<>|~]|\{(?=\{)|(?<=\{)\{|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,32};)")
#: What would begin a block of its own at the start of a line.
_START = re.compile(r"(?:[#+=-]|(?<=\d)[.)])")
_NUMBER = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
#: Underscores in an address are no emphasis, and a sign before them would be part of it.
_ADDRESS = re.compile(r"://.*")


def escaped(words: str) -> str:
    """``words`` on one line, for any place of a document: a line of its own, an item, a cell of a table."""
    line = " ".join(_ADDRESS.sub(_as_is, _SIGNS.sub(r"\\\g<0>", word)) for word in words.split())
    if number := _NUMBER.match(line):
        return f"{number[0]}\\{line[number.end() :]}"
    return f"\\{line}" if _START.match(line) else line


def _as_is(address: re.Match[str]) -> str:
    return address[0].replace("\\_", "_")
