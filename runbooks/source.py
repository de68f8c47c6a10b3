"""The bytes of a runbook: what is refused, and how text from a form becomes the very bytes it began as."""

import base64
import binascii
import zlib

MAX_BYTES = 1_000_000
_BOM = b"\xef\xbb\xbf"


class SourceRefused(ValueError):
    """The bytes cannot be a runbook; the message says why, and where, to the author."""


def check(source: bytes) -> None:
    """Raise :class:`SourceRefused` unless ``source`` is UTF-8 text of a sensible size."""
    if len(source) > MAX_BYTES:
        raise SourceRefused(f"This is {_size(len(source))}; a runbook may have {_size(MAX_BYTES)} at most.")
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceRefused("This file is UTF-16. Save it as UTF-8 and try again.")
    if (at := source.find(b"\x00")) >= 0:
        raise SourceRefused(f"There is a NUL byte at {_place(source, at)}: is this a text file?")
    try:
        words = source.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = source[error.start]
        raise SourceRefused(
            f"This is not UTF-8: byte 0x{bad:02x} at {_place(source, error.start)}."
        ) from None
    if not words.strip("\ufeff \t\r\n\f\v"):
        raise SourceRefused("There is nothing in it yet. Paste the runbook, or choose its file.")


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB".replace(".0 ", " ")


def _place(source: bytes, at: int) -> str:
    line = source.count(b"\n", 0, at) + 1
    return f"offset {at}, line {line}"


def text_of(source: bytes) -> str:
    """``source`` as text to show or edit; what is not UTF-8 shows as U+FFFD."""
    return source.decode("utf-8-sig", "replace").replace("\x00", "\ufffd")


def from_text(text: str, like: bytes = b"") -> bytes:
    """The bytes of ``text``, in the newlines and byte-order mark of ``like``.

    A browser sends every line end of a text area as CRLF; text that was not touched is ``like`` itself, byte
    for byte. Raises :class:`SourceRefused` for half a surrogate pair, which no encoding can hold.
    """
    plain = _unix(text)
    if like and plain == _unix(text_of(like)):
        return like
    try:
        encoded = plain.encode("utf-8")
    except UnicodeEncodeError as error:
        line = plain.count("\n", 0, error.start) + 1
        raise SourceRefused(f"Line {line} holds half a character (a lone surrogate).") from None
    if like.count(b"\r\n") * 2 > like.count(b"\n"):
        encoded = encoded.replace(b"\n", b"\r\n")
    return _BOM + encoded if like.startswith(_BOM) else encoded


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def pack(source: bytes) -> str:
    """``source`` as a form can carry it, so that an uploaded file survives a page in between."""
    return base64.b64encode(zlib.compress(source)).decode("ascii")


def unpack(packed: str) -> bytes:
    """What :func:`pack` packed; b"" for anything else, and for more than a runbook may have."""
    try:
        inflate = zlib.decompressobj()
        source = inflate.decompress(base64.b64decode(packed, validate=True), MAX_BYTES + 1)
    except (ValueError, binascii.Error, zlib.error):
        return b""
    return source if inflate.eof and len(source) <= MAX_BYTES else b""
