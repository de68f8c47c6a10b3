"""The document with its versions, reviews and pictures; action items with their history; secret feeds."""

from postmortems.models.documents import (
    Comment,
    HiddenEvent,
    Picture,
    Postmortem,
    PostmortemRevision,
    Reviewer,
)
from postmortems.models.feeds import Feed, FeedKind
from postmortems.models.items import ActionItem, ActionItemLink, ItemEvent

__all__ = [
    "ActionItem",
    "ActionItemLink",
    "Comment",
    "Feed",
    "FeedKind",
    "HiddenEvent",
    "ItemEvent",
    "Picture",
    "Postmortem",
    "PostmortemRevision",
    "Reviewer",
]
