"""A post-mortem as Markdown: as it was written, with its live parts in words."""

import re
from collections.abc import Callable

from django.conf import settings

from postmortems.live_parts import written_out
from postmortems.live_parts.placing import outside_code
from postmortems.models import Picture, Postmortem
from postmortems.rendering import address_of
from runbooks.documents import code_lines, sections_of

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
#: A link to an event, an action item or an incident, as the editor writes it.
_WITHIN = re.compile(r"\]\((?=/(?:incidents|actions)/\d)")


def markdown_of(postmortem: Postmortem) -> str:
    """For any editor. Pasted back into the document it came from, it reads as it did here."""
    return _from_anywhere(with_pictures(postmortem, written_out(postmortem, postmortem.text), _on_site))


def markdown_in_archive(postmortem: Postmortem) -> str:
    """The same beside a folder with its pictures."""
    return _from_anywhere(with_pictures(postmortem, written_out(postmortem, postmortem.text), in_archive))


def with_pictures(postmortem: Postmortem, text: str, place: Callable[[Postmortem, Picture], str]) -> str:
    """``text`` with the addresses of its own pictures as ``place`` has them."""
    if "/pictures/" not in text:
        return text
    for picture in postmortem.pictures.defer("content"):
        text = text.replace(
            f"({address_of(postmortem.incident_id, str(picture.pk))}", f"({place(postmortem, picture)}"
        )
    return text


def _from_anywhere(text: str) -> str:
    """``text`` with its links within the portal leading there wherever it is read."""
    if not _WITHIN.search(text):
        return text
    return "".join(map(_links_of, sections_of(text)))


def _links_of(section: str) -> str:
    code = code_lines(section)
    lines = enumerate(section.split("\n"))
    return "\n".join(line if n in code else outside_code(line, _whole) for n, line in lines)


def _whole(words: str) -> str:
    return _WITHIN.sub(lambda _: f"]({settings.SITE_URL}", words)


def _on_site(postmortem: Postmortem, picture: Picture) -> str:
    return f"{settings.SITE_URL}{address_of(postmortem.incident_id, str(picture.pk))}"


def in_archive(_: Postmortem, picture: Picture) -> str:
    return f"pictures/{picture.pk}.{EXTENSIONS.get(picture.media_type, 'bin')}"
