"""Cells that a spreadsheet shows as they are, whatever people typed into them."""

import re

#: What makes a spreadsheet work a cell out, or send it somewhere: these signs, their full-width forms, and tab and
#: carriage return, after which some programs look again. A newline counts too, for what may follow it.
_RISKY = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212"
#: Spaces and invisible characters are passed over on import by some programs, and quotes by those that split.
_PASSED_OVER = '" \u00a0\u200b\u200e\u200f\u2028\u2029\ufeff\u3000'
# Where semicolons or tabs separate cells, as in much of Europe, a program that is given commas splits at what is typed
# within a cell, quotes or no quotes, and at its line ends: there too a formula could begin.
_BEGIN = r"(?:\A|(?<=[;\t\r\n]))"
_WOULD_RUN = re.compile(f"{_BEGIN}(?='*[{_PASSED_OVER}]*[{_RISKY}])")
_DEFUSED = re.compile(f"{_BEGIN}'(?='*[{_PASSED_OVER}]*[{_RISKY}])")


def defuse(text: str) -> str:
    """``text`` with an apostrophe wherever a spreadsheet would begin to read a formula; see ``restore``."""
    return _WOULD_RUN.sub("'", text)


def restore(cell: str) -> str:
    """What ``defuse`` was given: ``restore(defuse(text)) == text`` for every text."""
    return _DEFUSED.sub("", cell)
