"""Feeds by secret address, and the page on which one makes and revokes one's own."""

from hashlib import sha256

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member, public
from postmortems.feeds import due_dates, published
from postmortems.feeds.opening import opened
from postmortems.models import Feed, FeedKind
from postmortems.operations import feeds as operations

#: Readings from one address: the servers of a calendar company read for many people.
RATES = {"read_feed": "240/m/ip"}
NAMES = {FeedKind.DUE_DATES: "postmortems:due_dates", FeedKind.POSTMORTEMS: "postmortems:published"}
HEADINGS = {FeedKind.DUE_DATES: "Your due dates", FeedKind.POSTMORTEMS: "Published post-mortems"}
LINK = "link"  # tag of a message that is a link to copy, shown once


@public
@require_safe
def due_dates_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    feed = _open(request, token, FeedKind.DUE_DATES)
    if feed is None:
        return render(request, "429.html", status=429)
    return _answer(request, due_dates.due_dates(feed.user), "text/calendar; charset=utf-8")


@public
@require_safe
def published_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    feed = _open(request, token, FeedKind.POSTMORTEMS)
    if feed is None:
        return render(request, "429.html", status=429)
    body = published.published(feed.user, feed.made_at)
    return _answer(request, body, "application/atom+xml; charset=utf-8")


def _open(request: HttpRequest, token: str, kind: FeedKind) -> Feed | None:
    """The feed at this address; None for who asks too often. Raises ``Http404``."""
    if not ratelimit.consume(request, app="postmortems", action="read_feed", config=RATES, limit_get=True):
        return None
    feed = opened(token, kind)
    if feed is None:
        raise Http404
    operations.note_read(feed)
    return feed


def _answer(request: HttpRequest, body: bytes, media_type: str) -> HttpResponseBase:
    """``body``, or that it is still what the reader has."""
    etag = f'"{sha256(body).hexdigest()}"'
    whole = HttpResponse(body, content_type=media_type, headers={"ETag": etag})
    response = get_conditional_response(request, etag=etag, response=whole) or whole
    if not request.user.is_authenticated:  # a program: it may keep the feed, and ask whether it is still so
        response["Cache-Control"] = "private, no-cache"
    return response


@member
@require_safe
def feeds(request: MemberRequest) -> HttpResponse:
    mine = {feed.kind: feed for feed in Feed.objects.filter(user=request.user, revoked_at=None)}
    named = [(kind, name, mine.get(kind.value)) for kind, name in HEADINGS.items()]
    return render(request, "postmortems/feeds.html", {"feeds": named})


@member
@require_POST
def make_feed(request: MemberRequest, kind: str) -> HttpResponse:
    known = _kind(kind)
    _, token = operations.make_feed(known, by=request.user)
    messages.success(request, f"{settings.SITE_URL}{reverse(NAMES[known], args=[token])}", extra_tags=LINK)
    return redirect("postmortems:feeds")


@member
@require_POST
def revoke_feed(request: MemberRequest, kind: str) -> HttpResponse:
    operations.revoke_feed(_kind(kind), by=request.user)
    messages.success(request, "The address is revoked: it opens nothing any more.")
    return redirect("postmortems:feeds")


def _kind(kind: str) -> FeedKind:
    if kind not in FeedKind.values:
        raise Http404
    return FeedKind(kind)
