"""Reviews, comments, publishing, and the timeline as the document shows it."""

from typing import Any

from django.urls import URLPattern, path

from postmortems.views import publishing, reviewing, timeline


def below(route: str, view: Any, name: str, **more: str) -> URLPattern:
    """``route`` below the address of a post-mortem."""
    found: URLPattern = path(f"incidents/<int:number>/postmortem/{route}", view, more, name=name)
    return found


COMMENT = "comments/<int:comment_id>"
EVENT = "timeline/entries/<int:seq>"
KIND = "timeline/kinds/<slug:kind>"

patterns: list[URLPattern] = [
    below("review/", reviewing.request_review, "request_review"),
    below("review/answer/", reviewing.answer_review, "answer_review"),
    below("review/<int:user_id>/withdraw/", reviewing.withdraw_review, "withdraw_review"),
    below("comments/", reviewing.comments, "comments"),
    below("comments/add/", reviewing.comment, "comment"),
    below(f"{COMMENT}/reply/", reviewing.reply, "reply"),
    below(f"{COMMENT}/settle/", reviewing.settle_comment, "settle_comment"),
    below(f"{COMMENT}/reopen/", reviewing.reopen_comment, "reopen_comment"),
    below("publish/", publishing.publish, "publish"),
    below("take-back/", publishing.take_back, "take_back"),
    below("discard/", publishing.discard, "discard"),
    below("bring-back/", publishing.bring_back, "bring_back"),
    below("timeline/", timeline.timeline, "timeline"),
    below("timeline/add/", timeline.add_to_timeline, "add_to_timeline"),
    below(f"{EVENT}/correct/", timeline.correct_timeline, "correct_timeline"),
    below(f"{EVENT}/hide/", timeline.choose_event, "hide_event", operation="hide_event"),
    below(f"{EVENT}/show/", timeline.choose_event, "show_event", operation="show_event"),
    below(f"{KIND}/hide/", timeline.choose_kind, "hide_kind", operation="hide_kind"),
    below(f"{KIND}/show/", timeline.choose_kind, "show_kind", operation="show_kind"),
]
