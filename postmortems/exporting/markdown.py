"""A post-mortem as Markdown: as it was written, with its live parts in words."""

from collections.abc import Callable

from django.conf import settings

from postmortems.live_parts import written_out
from postmortems.models import Picture, Postmortem
from postmortems.rendering import address_of

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def markdown_of(postmortem: Postmortem) -> str:
    """For any editor. Pasted back into the document it came from, it reads as it did here."""
    return with_pictures(postmortem, written_out(postmortem, postmortem.text), _on_site)


def markdown_in_archive(postmortem: Postmortem) -> str:
    """The same beside a folder with its pictures."""
    return with_pictures(postmortem, written_out(postmortem, postmortem.text), in_archive)


def with_pictures(postmortem: Postmortem, text: str, place: Callable[[Postmortem, Picture], str]) -> str:
    """``text`` with the addresses of its own pictures as ``place`` has them."""
    if "/pictures/" not in text:
        return text
    for picture in postmortem.pictures.defer("content"):
        text = text.replace(
            f"({address_of(postmortem.incident_id, str(picture.pk))}", f"({place(postmortem, picture)}"
        )
    return text


def _on_site(postmortem: Postmortem, picture: Picture) -> str:
    return f"{settings.SITE_URL}{address_of(postmortem.incident_id, str(picture.pk))}"


def in_archive(_: Postmortem, picture: Picture) -> str:
    return f"pictures/{picture.pk}.{EXTENSIONS.get(picture.media_type, 'bin')}"
