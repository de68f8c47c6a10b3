"""Writing: save, preview, what others saved meanwhile, and what of the record goes into the text.

The editor asks for JSON; a plain form gets pages. Both get 409 for a conflict and 422 for what cannot be kept.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, responder
from incidents.operations import Refused
from postmortems.conflicts import Conflict
from postmortems.forms.writing import TextForm, WriteForm, name_of
from postmortems.models import Postmortem
from postmortems.operations import pictures
from postmortems.operations import writing as operations
from postmortems.operations.writing import Outcome, Saved
from postmortems.outline import written
from postmortems.rendering import html_of
from postmortems.views.page import find, show


def wants_json(request: MemberRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


@responder
@require_POST
def save(request: MemberRequest, number: int) -> HttpResponse:
    """Save the document. ``action=preview`` only shows it, where no script does."""
    found = find(request, number)
    form = WriteForm(request.POST, request.FILES)
    if not form.is_valid():
        return refuse(request, found, form, 422)
    if request.POST.get("action") == "preview":
        return show(request, found, form)
    try:
        saved = _save(request, found, form)
    except Refused as refusal:
        form.refuse(refusal)
        return refuse(request, found, form, 409)
    return _answer(request, found, form, saved)


def _save(request: MemberRequest, found: Postmortem, form: WriteForm) -> Saved:
    """Save the text; a picture that came with it stands at its end."""
    said = form.cleaned_data
    text = said["text"]
    if encoded := said["picture"]:
        name = name_of(request.FILES["picture"])
        picture = pictures.add_picture(found.pk, encoded, by=request.user, name=name)
        text = f"{text.rstrip()}\n\n{markdown_of(found, picture.pk, name)}\n"
    return operations.save(found.pk, text, base=said["base"], by=request.user, key=said["key"])


def markdown_of(found: Postmortem, picture: object, name: str) -> str:
    """The picture in the document, described by its file's name until its author does better."""
    words = "".join(letter for letter in name.rsplit(".", 1)[0] if letter not in "[]\\\n\r\x00")[:120]
    address = reverse("postmortems:picture", args=[found.incident_id, picture])
    return f"![{words.strip() or 'Picture'}]({address})"


def refuse(request: MemberRequest, found: Postmortem, form: WriteForm, status: int) -> HttpResponse:
    """What was wrong, with everything that was typed."""
    if wants_json(request):
        return JsonResponse({"error": " ".join(form.problems)}, status=status)
    return show(request, found, form, status)


def _answer(request: MemberRequest, found: Postmortem, form: WriteForm, saved: Saved) -> HttpResponse:
    in_conflict = saved.outcome == Outcome.CONFLICT
    if wants_json(request):
        told = _told(found, saved, form.cleaned_data["text"])
        if in_conflict:
            told["conflict"] = _passages(request, found, saved.held)
        return JsonResponse(told, status=409 if in_conflict else 200)
    if in_conflict:
        messages.warning(request, "Your text is kept. It changes what somebody else changed meanwhile.")
        return redirect("postmortems:settle_conflict", found.incident_id, saved.held)
    words = {
        Outcome.UNCHANGED: "Nothing changed.",
        Outcome.MERGED: f"Merged with what others wrote: version {saved.number}.",
    }
    messages.success(request, words.get(saved.outcome, f"Saved: version {saved.number}."))
    return redirect("postmortems:postmortem", found.incident_id)


def _told(found: Postmortem, saved: Saved, sent: str) -> dict[str, Any]:
    """``text`` is there where the document is not what was sent."""
    now = timezone.localtime()
    told: dict[str, Any] = {"outcome": saved.outcome, "number": saved.number, "held": saved.held}
    told |= {
        "at": f"{now:%H:%M:%S}",
        "written": _written(saved.text),
        "edited_since": _edited_since(found, saved.number),
    }
    return told | ({"text": saved.text} if saved.text != sent else {})


def _edited_since(found: Postmortem, number: int) -> bool:
    return found.is_published and number != found.published_number


def _passages(request: MemberRequest, found: Postmortem, number: int) -> str:
    """What stands against what, to show beside the editor."""
    waiting = found.revisions.select_related("saved_by").get(number=number)
    found.refresh_from_db(fields=["text", "number"])
    context = {"conflict": Conflict(found, waiting, found.text), "postmortem": found}
    return render_to_string("postmortems/_passages.html", context, request)


@responder
@require_POST
def preview(request: MemberRequest, number: int) -> HttpResponse:
    """The text as it stands, as it will be read."""
    found = find(request, number)
    form = TextForm(request.POST)
    status = 200 if form.is_valid() else 422
    shown = html_of(found, form.typed.replace("\x00", "\ufffd")[: operations.MOST_BYTES])
    return render(request, "postmortems/_preview.html", {"form": form, "html": shown}, status=status)


@responder
@require_safe
def latest(request: MemberRequest, number: int) -> HttpResponse:
    """The document as it stands, for a page that holds version ``held``; what became of the save with ``key``."""
    found = find(request, number)
    sent = WriteForm({"key": request.GET.get("key"), "base": request.GET.get("held")})
    sent.full_clean()
    said = sent.cleaned_data
    arrived = found.revisions.filter(key=said["key"]).first() if said.get("key") else None
    last = found.revisions.select_related("saved_by").defer("text").filter(number=found.number).first()
    told: dict[str, Any] = {
        "number": found.number,
        "arrived": arrived.number if arrived else None,
        "by": last.saved_by.name if last and last.saved_by else "",
        "edited_since": found.is_changed_since,
        "user": request.user.pk,
        "csrf": get_token(request),
    }
    if said.get("base") != found.number:
        told |= {"text": found.text, "written": _written(found.text)}
    return JsonResponse(told)


def _written(text: str) -> str:
    done, total = written(text)
    return f"{done} of {total}"
