"""A runbook's post-mortem template with all filled in that is known; the rest stays for the author as written."""

from collections.abc import Mapping
from statistics import mode

from postmortems.prefill.labels import key_of
from postmortems.prefill.lines import HEADING, LABELLED, ROW, Line, cells_of, fill_lines, lines_of
from postmortems.prefill.parts import place

#: What the portal kept count of, which few templates ask for. Told at the end where a template does not.
KEPT = {
    "updates_on_time": "Updates on time",
    "longest_silence": "Longest silence",
    "paths_tried": "Paths tried",
}


def prefilled(template: str, known: Mapping[str, str]) -> str:
    """``template`` filled with ``known``: Markdown by the key of a field, without those that are not known."""
    lines = place(lines_of(template), known.get("timeline", ""), known.get("action_items", ""))
    text = "\n".join(line.text for line in fill_lines(lines, known)).strip("\n")
    return f"{text}{_kept(lines, known)}\n"


def _kept(lines: list[Line], known: Mapping[str, str]) -> str:
    asked = {key for line in lines for key in _keys(line.text)}
    told = [f"- {label}: {known[key]}" for key, label in KEPT.items() if key in known and key not in asked]
    levels = [
        len(heading["hashes"]) for line in lines if (heading := HEADING.match(line.text)) and not line.in_code
    ]
    hashes = "#" * mode(levels or [2])
    return "\n".join(["", "", f"{hashes} From the record", *told]) if told else ""


def _keys(text: str) -> list[str]:
    if ROW.match(text):
        return [key_of(cell) for cell in cells_of(text)]
    if heading := HEADING.match(text):
        return [key_of(heading["title"])]
    found = LABELLED.match(text)
    return [key_of(found["label"])] if found else []
