"""Pictures from outside, made ours: checked by what they hold, decoded, and encoded anew without anything else."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
MOST_BYTES = 10_000_000
#: A telephone's camera makes 12 million, some make 50; decoded, each takes four bytes.
MOST_PIXELS = 50_000_000
#: A larger picture is made smaller: its longer side, in pixels.
LONGEST_SIDE = 4000
_MODES = {"JPEG": ("L", "RGB"), "PNG": ("L", "LA", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}


class PictureRefused(ValueError):
    """The bytes cannot be shown; the message says why, to the person who sent them."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """``content`` is PNG, JPEG or WebP by ``media_type``, ``width`` × ``height`` pixels."""

    content: bytes
    media_type: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def encode(source: bytes) -> Encoded:
    """The picture in ``source``, upright, without its metadata; of an animation, the first frame.

    Raises :class:`PictureRefused`.
    """
    if len(source) > MOST_BYTES:
        raise PictureRefused(f"This picture is {len(source) / 1e6:.1f} MB; 10 MB is the most.")
    try:
        return _encoded(source)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise PictureRefused("This picture has too many pixels.") from None
    except Exception:  # a decoder may fail in any way on what comes from outside
        raise PictureRefused("This is no PNG, JPEG or WebP picture, or a broken one.") from None


def _encoded(source: bytes) -> Encoded:
    with Image.open(BytesIO(source), formats=tuple(FORMATS)) as opened:
        width, height, kind = *opened.size, opened.format or ""
        if width * height > MOST_PIXELS:  # known from its head, before anything is decoded
            raise PictureRefused(
                f"This picture has {width * height / 1e6:.0f} million pixels; 50 is the most."
            )
        picture = _bare(ImageOps.exif_transpose(opened), kind)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    picture.save(out, kind, **({"optimize": True} if kind == "PNG" else {"quality": 85}))
    return Encoded(out.getvalue(), FORMATS[kind], *picture.size)


def _bare(opened: Image.Image, kind: str) -> Image.Image:
    """The pixels alone: no EXIF, no text, no profile goes with them."""
    see_through = "A" in opened.mode or "transparency" in opened.info
    modes = _MODES[kind]
    mode = "RGBA" if see_through and "RGBA" in modes else "RGB"
    pixels = opened if opened.mode in modes and "transparency" not in opened.info else opened.convert(mode)
    bare = Image.new(pixels.mode, pixels.size)
    bare.paste(pixels)
    return bare
