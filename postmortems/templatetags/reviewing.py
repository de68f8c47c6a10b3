"""The panels of a post-mortem's page about reviews, comments and publishing, and where a finding is mended."""

from typing import Any

from django import template
from django.urls import reverse

from accounts.models import User
from postmortems.forms.reviewing import CommentForm
from postmortems.gate import Finding, Place
from postmortems.models import Postmortem
from postmortems.permissions import can_write
from postmortems.reviewing import comments_of, reviews_of, threads_of
from postmortems.states import DocumentStatus, Verdict

register = template.Library()

#: Open comments on the page of the document; all of them have a page of their own.
MOST = 20


@register.inclusion_tag("postmortems/_review_panel.html")
def review_panel(postmortem: Postmortem, user: User) -> dict[str, Any]:
    """Who reads it, what they said of which version, and what the reader owes."""
    reviews = reviews_of(postmortem)
    in_review = postmortem.status == DocumentStatus.IN_REVIEW and not postmortem.is_discarded
    return {
        "postmortem": postmortem,
        "user": user,
        "reviews": reviews,
        "may": can_write(user, postmortem) and not postmortem.is_discarded,
        "in_review": in_review,
        "owed": in_review and any(r.user_id == user.pk and r.verdict == Verdict.WAITING for r in reviews),
    }


@register.inclusion_tag("postmortems/_comments_panel.html")
def comments_panel(postmortem: Postmortem, user: User) -> dict[str, Any]:
    """The open comments, and a form for another."""
    found = list(comments_of(postmortem, settled=False)[: MOST + 1])
    return {
        "postmortem": postmortem,
        "threads": threads_of(postmortem, found[:MOST]),
        "more": len(found) > MOST,
        "settled": comments_of(postmortem, settled=True).count(),
        "form": CommentForm(auto_id="comment-%s"),
        "may": can_write(user, postmortem) and not postmortem.is_discarded,
    }


@register.inclusion_tag("postmortems/_publish_actions.html")
def publish_actions(postmortem: Postmortem, user: User) -> dict[str, Any]:
    """The buttons beside the title: what can be done with the document as it stands."""
    return {"postmortem": postmortem, "may": can_write(user, postmortem)}


@register.inclusion_tag("postmortems/_state.html")
def document_state(postmortem: Postmortem) -> dict[str, Any]:
    """That it was published, over what, or discarded, and why."""
    return {"postmortem": postmortem}


@register.simple_tag
def may_write(user: User, postmortem: Postmortem) -> bool:
    return can_write(user, postmortem) and not postmortem.is_discarded


@register.filter
def mended_at(finding: Finding, number: int) -> str:
    """The address at which ``finding`` of incident ``number`` can be mended."""
    page = reverse("postmortems:postmortem", args=[number])
    if finding.item:
        return reverse("postmortems:action_item", args=[finding.item])
    if finding.place == Place.INCIDENT:
        return reverse("incidents:room", args=[number])
    if finding.place == Place.DOCUMENT:
        return f"{page}?line={finding.line}#doc" if finding.line else f"{page}#doc"
    return f"{page}#{finding.place}"
