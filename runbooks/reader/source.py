"""The document as text: decoded, cleaned, measured, before anything is read out of it."""

import re

MAX_BYTES = 1_000_000
MAX_LINES = 12_000

_FRONT_MATTER = re.compile(r"\A(-{3}|\+{3})[ \t]*\n(.*?)\n\1[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_MATTER_LIMIT = 20_000
_KEY = re.compile(r"^([A-Za-z_][\w .-]{0,40})\s*[:=]\s*(.{0,300})$", re.MULTILINE)
# Everything that is neither text nor a line's end; the terminal and the database both choke on these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class ReaderError(ValueError):
    """The document cannot be read at all. The message is for its author."""


def clean(source: str | bytes) -> tuple[str, list[tuple[int, str]]]:
    """The source with ``\\n`` line ends and only printable characters, and (line, message) for what was changed.

    Raises ReaderError when the document is too large to be a runbook.
    """
    notes: list[tuple[int, str]] = []
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ReaderError(
            f"The document is {size / 1_000_000:.1f} MB. A runbook can have up to 1 MB: "
            "leave attachments and logs out of it, or split it into several runbooks."
        )
    text = _decode(source, notes) if isinstance(source, bytes) else source
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = _without_control_characters(text, notes)
    lines = text.count("\n") + 1
    if lines > MAX_LINES:
        raise ReaderError(
            f"The document has {lines:,} lines. A runbook can have up to {MAX_LINES:,}: split it into several runbooks."
        )
    return text, notes


def _decode(source: bytes, notes: list[tuple[int, str]]) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8")):
        if source.startswith(mark):
            try:
                return source.decode(encoding)
            except UnicodeDecodeError as error:
                line = source[: error.start].count(b"\n") + 1
                notes.append(
                    (line, "Some bytes are not UTF-8 and were replaced by �. Save the document as UTF-8.")
                )
                return source.decode("utf-8", errors="replace")
    return ""


def _without_control_characters(text: str, notes: list[tuple[int, str]]) -> str:
    found = _CONTROL.search(text)
    if found is None:
        return text
    line = text.count("\n", 0, found.start()) + 1
    notes.append(
        (line, "Control characters were replaced by �. They are often left by copying from a terminal.")
    )
    return _CONTROL.sub("\ufffd", text)


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Keys of a YAML or TOML head (flat values only), and the text with that head blanked, line for line."""
    head = _FRONT_MATTER.match(text[:_FRONT_MATTER_LIMIT])
    if head is None:
        return {}, text
    keys = {key.strip().casefold(): _unquoted(value) for key, value in _KEY.findall(head.group(2))}
    if not keys:
        return {}, text
    return keys, "\n" * head.group(0).count("\n") + text[head.end() :]


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return value
