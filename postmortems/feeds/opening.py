"""What a secret address opens, and the characters that no feed can carry."""

import re

from accounts.links import hash_token
from postmortems.models import Feed

#: XML cannot hold them at all, and a line of a calendar must not.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def opened(token: str, kind: str) -> Feed | None:
    """The feed behind ``token``: found by its hash, so that the time it takes says nothing of the token. None where
    it never was, was revoked, or is of somebody who left."""
    found = Feed.objects.filter(
        token_hash=hash_token(token), kind=kind, revoked_at=None, user__is_active=True
    )
    return found.select_related("user").first()


def clean(words: str) -> str:
    return CONTROLS.sub("", words)
