"""A stream in a tenth of its bytes, packed once for all who follow it.

In a gzip stream each piece is deflated by itself and flushed, so that none refers to one before it: a piece can be
put into any stream, and is read as soon as it arrives. What is packed is the same for everyone who may see the
incident, and holds no secret of the reader's: its length tells nothing of one. The checksum at the end is never sent:
a stream has no end that a browser waits for.
"""

import zlib
from functools import lru_cache

#: A gzip stream begins: deflated, no name, no time, of an unknown system.
BEGIN = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@lru_cache(maxsize=32)
def packed(piece: bytes) -> bytes:
    deflate = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    return deflate.compress(piece) + deflate.flush(zlib.Z_FULL_FLUSH)
