"""Pictures of a document."""

from django.db import transaction

from accounts.models import User
from incidents.operations import Refused, hold
from postmortems.encoding import Encoded
from postmortems.models import Picture, Postmortem

#: How many pictures one document may have.
MOST = 200


@transaction.atomic
def add_picture(postmortem_id: int, encoded: Encoded, *, by: User, name: str = "") -> Picture:
    """Keep a picture with the document; the same one twice is one. Raises ``Refused``."""
    hold(Postmortem.objects.values_list("incident", flat=True).get(pk=postmortem_id), by=by)
    document = Postmortem.objects.only("discarded_at").get(pk=postmortem_id)
    if document.is_discarded:
        raise Refused("This post-mortem was discarded. Bring it back before you write in it.")
    digest = encoded.sha256
    if found := document.pictures.filter(sha256=digest).first():
        return found
    if document.pictures.count() >= MOST:
        raise Refused(f"This document has {MOST} pictures, and cannot take more.")
    return Picture.objects.create(
        postmortem=document,
        name=name[:120],
        content=encoded.content,
        media_type=encoded.media_type,
        width=encoded.width,
        height=encoded.height,
        sha256=digest,
        added_by=by,
    )
