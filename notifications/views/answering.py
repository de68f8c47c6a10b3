"""The page that a page's link opens: on a phone, at night, without signing in."""

from allauth.core.internal import ratelimit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import public
from accounts.models import User
from notifications import pages
from notifications.pages import Link

#: Tries from one address; guessing 160 bits would take longer with any limit, and looking costs a query.
RATES = {"answer_page": "60/m/ip"}


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """What the page is about, and one button. Only the button acknowledges: mail scanners follow links."""
    if not ratelimit.consume(
        request, app="notifications", action="answer_page", config=RATES, limit_get=True
    ):
        return render(request, "429.html", status=429)
    link = pages.opened(token)
    if link is None:
        raise Http404
    if request.method == "POST":
        pages.acknowledge(link.page.pk, by=_who(request, link))
        return redirect("notifications:answer_page", token)
    page, who = link.page, _who(request, link)
    context = {
        "page": page,
        "incident": page.incident,
        "by": page.acknowledged_by,
        "words": _words(link),
        "takes_up": who is not None and pages.takes_up(page.incident, who),
    }
    return render(request, "notifications/answer_page.html", context)


def _who(request: HttpRequest, link: Link) -> User | None:
    """The one to whom this link was sent; else whoever is signed in here."""
    signed_in = request.user if isinstance(request.user, User) and request.user.is_active else None
    return link.user or signed_in


def _words(link: Link) -> str:
    """What was said by whoever paged; of a stage that fell due in a private incident, nothing."""
    notice = link.page.notice
    return "" if link.page.incident.is_private and not notice.is_by_hand else notice.text
