"""Server-sent events as bytes on the wire."""

import re

#: Milliseconds after which a browser that knows nothing better connects again.
RETRY = b"retry: 3000\n\n"
# The three line ends of the format; str.splitlines() would also break the text at others.
LINE_END = re.compile(r"\r\n|\r|\n")


def encode(name: str, data: str = "", number: int | None = None) -> bytes:
    """One event. A browser resumes after the last ``number`` it saw: a batch carries it on its last event alone."""
    lines = [f"event: {name}", *(f"data: {line}" for line in LINE_END.split(data))]
    if number is not None:
        lines.insert(0, f"id: {number}")
    return ("\n".join(lines) + "\n\n").encode()


def encode_all(events: list[tuple[str, str]], number: int | None = None) -> bytes:
    """Several events in one piece; whoever has seen all of them, and only then, has seen ``number``."""
    last = len(events) - 1
    return b"".join(
        encode(name, data, number if index == last else None) for index, (name, data) in enumerate(events)
    )
