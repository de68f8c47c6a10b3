"""Making, renewing and revoking the secret addresses of feeds, and keeping when they were last read."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.links import hash_token, new_token
from accounts.models import User
from postmortems.models import Feed

#: Programs read every few minutes; that they still do is worth a write no oftener.
READ_KEPT = timedelta(minutes=15)


@transaction.atomic
def make_feed(kind: str, *, by: User) -> tuple[Feed, str]:
    """A feed of ``by`` and its token, which is not kept and cannot be shown again. An earlier address of the same
    kind opens nothing any more."""
    revoke_feed(kind, by=by)
    token = new_token()
    return Feed.objects.create(user=by, kind=kind, token_hash=hash_token(token)), token


@transaction.atomic
def revoke_feed(kind: str, *, by: User) -> None:
    """From now on the address answers as if it never was."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two at once would make two
    Feed.objects.filter(user=by, kind=kind, revoked_at=None).update(revoked_at=timezone.now())


def note_read(feed: Feed) -> None:
    """Somebody reads it now, and so its address is in use."""
    now = timezone.now()
    if feed.read_at is None or feed.read_at < now - READ_KEPT:
        Feed.objects.filter(pk=feed.pk).update(read_at=now)
