"""A document as people see it."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.safestring import SafeString

from postmortems.live_parts import written_out
from postmortems.models import Postmortem
from runbooks.documents import Setting, render_document

_PICTURE = re.compile(
    r"(?:^|/)pictures/(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(?:png|jpe?g|webp)|/)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class OwnPictures:
    """Knows a document's own pictures by any address of theirs: on this site, with its name, or in an archive."""

    number: int
    ids: frozenset[str]

    def __call__(self, address: str) -> str | None:
        found = _PICTURE.search(address[-200:])
        name = found["id"].lower() if found else ""
        return address_of(self.number, name) if name in self.ids else None


def address_of(number: int, picture_id: str) -> str:
    """Where a picture of the post-mortem of incident ``number`` is, from the root of this site."""
    return f"/incidents/{number}/postmortem/pictures/{picture_id}"


def html_of(postmortem: Postmortem, text: str) -> SafeString:
    """Safe HTML of ``text`` as a document of ``postmortem``: its live parts as the record has them, its own pictures.

    Whatever ``text`` is, this costs what changed since it was last shown, and never fails.
    """
    return html_of_written(postmortem, written_out(postmortem, text))


def html_of_written(postmortem: Postmortem, text: str) -> SafeString:
    """The same of a text in which live parts are written out already."""
    ids = (
        frozenset(str(pk) for pk in postmortem.pictures.values_list("pk", flat=True))
        if "![" in text
        else frozenset()
    )
    setting = Setting(OwnPictures(postmortem.incident_id, ids) if ids else None, settings.SITE_URL)
    return render_document(text, setting)
