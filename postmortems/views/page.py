"""The page of one post-mortem: the document, its action items, its reviews, its versions."""

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from postmortems.forms.writing import WriteForm
from postmortems.models import Postmortem
from postmortems.outline import written
from postmortems.permissions import can_write
from postmortems.rendering import html_of

#: Letters from which on the preview comes after the page, so that nobody waits for it to begin writing.
LONG = 200_000


def find(request: MemberRequest, number: int) -> Postmortem:
    """The post-mortem of incident ``number``, if this person may see it; else it does not exist for them."""
    visible = Postmortem.objects.visible_to(request.user).select_related(
        "incident__revision__runbook", "author"
    )
    return get_object_or_404(visible, incident=number)


@member
@require_safe
def postmortem(request: MemberRequest, number: int) -> HttpResponse:
    return show(request, find(request, number))


def show(
    request: MemberRequest, found: Postmortem, form: WriteForm | None = None, status: int = 200
) -> HttpResponse:
    """The page; with ``form``, what was typed in place of what is saved, and what is wrong with it."""
    may_write = can_write(request.user, found) and not found.is_discarded
    text = form.typed if form else found.text
    context = {
        "postmortem": found,
        "incident": found.incident,
        "heading": found.title,
        "may_write": may_write,
        "form": form,
        "text": text,
        "base": _base(form, found),
        "key": uuid4(),
        "html": _preview(found, text, later=may_write and form is None),
        "written": written(text),
    }
    return render(request, "postmortems/postmortem.html", context, status=status)


def _base(form: WriteForm | None, found: Postmortem) -> Any:
    """The version that the text on the page began from."""
    return form.cleaned_data.get("base", 0) if form else found.number


def _preview(found: Postmortem, text: str, *, later: bool) -> SafeString | None:
    return None if later and len(text) > LONG else html_of(found, text)
