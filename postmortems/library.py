"""The library of post-mortems as it is read: rows with what was found in each."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchHeadline
from django.db.models import F, Prefetch
from django.db.models.functions import Left
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from incidents.search import query_of
from incidents.sentences import cause
from incidents.templatetags.clocks import MARKS
from postmortems.forms.library import CAUSES
from postmortems.models import Postmortem
from postmortems.models.documents import PostmortemQuerySet

MOST_CAUSES = 100
#: Letters of a document in which the words that were found are looked up again, to show them.
SHOWN_FROM = 60_000
#: Around what was found. They mark, and mean nothing to a browser.
_BEGIN, _END = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Row:
    postmortem: Postmortem

    @property
    def cause(self) -> str:
        found = self.postmortem.incident.causes  # type: ignore[attr-defined]
        return cause(found[0].title) if found else ""

    @property
    def snippet(self) -> SafeString:
        """Where the words stand, each marked; "" where they stand in the title, or far down."""
        said = getattr(self.postmortem, "snippet", None) or ""
        return _marked(said) if _BEGIN in said else SafeString()


def _marked(said: str) -> SafeString:
    plain = escape(" ".join(MARKS.sub("", said).split()))
    return mark_safe(plain.replace(_BEGIN, "<mark>").replace(_END, "</mark>").replace("<mark></mark>", ""))


def visible_to(user: User) -> PostmortemQuerySet:
    """All that ``user`` may know of, the newest first, without the texts themselves."""
    kept = Postmortem.objects.visible_to(user).kept().order_by("-created_at", "-id")
    return kept.select_related("incident", "author").defer("text", "search", "incident__search")


def with_details(found: PostmortemQuerySet, words: str) -> PostmortemQuerySet:
    """The same with what a page of rows shows, in two more queries however many there are."""
    chosen = Prefetch("incident__checklists", queryset=CAUSES.order_by("-chosen_at"), to_attr="causes")
    found = found.prefetch_related("incident__services", chosen)
    query = query_of(words)
    if query is None:
        return found
    options: dict[str, Any] = {"start_sel": _BEGIN, "stop_sel": _END, "max_words": 24, "min_words": 12}
    return found.annotate(
        snippet=SearchHeadline(Left(F("text"), SHOWN_FROM), query, config="simple", **options)
    )


def causes_of(user: User) -> list[tuple[str, str]]:
    """What those post-mortems may be filtered by: each cause as its runbook names it, and as people read it."""
    incidents = Postmortem.objects.visible_to(user).kept().values("incident")
    titles = (
        CAUSES.filter(incident__in=incidents).order_by("title").values_list("title", flat=True).distinct()
    )
    return [(title, cause(title)) for title in titles[:MOST_CAUSES]]
