"""The page of one post-mortem: the document, its action items, its reviews, its versions."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from postmortems.models import Postmortem


def find(request: MemberRequest, number: int) -> Postmortem:
    """The post-mortem of incident ``number``, if this person may see it; else it does not exist for them."""
    visible = Postmortem.objects.visible_to(request.user).select_related(
        "incident__revision__runbook", "author"
    )
    return get_object_or_404(visible, incident=number)


@member
@require_safe
def postmortem(request: MemberRequest, number: int) -> HttpResponse:
    found = find(request, number)
    return render(request, "postmortems/postmortem.html", {"postmortem": found, "heading": found.title})
