"""Published post-mortems as an Atom feed. Private incidents never: a feed is read by programs that share."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Left
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from accounts.models import User
from postmortems.feeds.opening import clean
from postmortems.models import Postmortem, PostmortemRevision
from runbooks.markdown import render

MOST = 50
LONGEST = 5000
SUMMARY = re.compile(
    r"^#{1,6}[^\n]*summary[^\n]*\n(.*?)(?=^#{1,6} |\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL
)


class _Feed(Atom1Feed):
    """One whose date is that of what it holds: Django's is the time of asking where there is nothing yet."""

    def latest_post_date(self) -> datetime:
        dates: list[datetime] = [self.feed["made_at"], *(item["updateddate"] for item in self.items)]
        return max(dates)


def published(user: User, made_at: datetime) -> bytes:
    """The feed as ``user`` may read it; ``made_at`` is its date as long as nothing is published."""
    host = urlsplit(settings.SITE_URL).hostname or "allclear"
    feed = _Feed(
        title=clean(f"Post-mortems of {settings.ORGANISATION}"),
        link=f"{settings.SITE_URL}{reverse('postmortems:library')}",
        description="",
        language="en",
        feed_guid=f"tag:{host},2026:post-mortems",
        made_at=made_at,
    )
    for postmortem in _found(user):
        _add(feed, postmortem, host)
    return feed.writeString("utf-8").encode()


def _found(user: User) -> list[Postmortem]:
    open_to_all = Postmortem.objects.published().visible_to(user).filter(incident__is_private=False)
    # What was written since is nobody's news before it is published too.
    version = PostmortemRevision.objects.filter(
        postmortem=OuterRef("pk"), number=OuterRef("published_number")
    )
    text = Left(Coalesce(Subquery(version.values("text")[:1]), F("text")), 40 * LONGEST)
    rows = open_to_all.select_related("incident", "author").annotate(published_text=text)
    return list(rows.defer("text", "search", "incident__search").order_by("-published_at", "-pk")[:MOST])


def _add(feed: Atom1Feed, postmortem: Any, host: str) -> None:
    incident = postmortem.incident
    feed.add_item(
        title=clean(f"{incident.reference} {postmortem.title}"),
        link=f"{settings.SITE_URL}{reverse('postmortems:postmortem', args=[incident.pk])}",
        description=clean(render(summary_of(postmortem.published_text))),
        author_name=clean(postmortem.author.name) if postmortem.author else None,
        unique_id=f"tag:{host},2026:post-mortem:{postmortem.pk}",
        pubdate=postmortem.published_at,
        updateddate=postmortem.published_at,
        categories=[clean(incident.severity_name)],
    )


def summary_of(text: str) -> str:
    """What stands under the document's heading for a summary; "" where it has none."""
    found = SUMMARY.search(text[: 40 * LONGEST])
    return found[1].strip()[:LONGEST] if found else ""
