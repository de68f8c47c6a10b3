"""Cells that a spreadsheet shows as they are, whatever people typed into them."""

import re

#: What makes a spreadsheet work a cell out, or send it somewhere: these signs, their full-width forms, and tab and
#: carriage return, after which some programs look again. A newline counts too, for what may follow it.
_RISKY = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212"
#: Spaces and invisible characters are passed over on import by some programs.
_PASSED_OVER = " \u00a0\u200b\u200e\u200f\u2028\u2029\ufeff\u3000"
_WOULD_RUN = re.compile(f"'*[{_PASSED_OVER}]*[{_RISKY}]")
_DEFUSED = re.compile(f"'+[{_PASSED_OVER}]*[{_RISKY}]")


def defuse(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet would take it for a formula; see ``restore``."""
    return f"'{text}" if _WOULD_RUN.match(text) else text


def restore(cell: str) -> str:
    """What ``defuse`` was given: ``restore(defuse(text)) == text`` for every text."""
    return cell[1:] if _DEFUSED.match(cell) else cell
