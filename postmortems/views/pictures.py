"""Pictures of a document: taken from whoever writes it, shown to whoever may see its incident."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member, responder
from incidents.operations import Refused
from postmortems.forms.writing import PictureForm, name_of
from postmortems.models import Picture, Postmortem
from postmortems.operations import pictures
from postmortems.views.page import find
from postmortems.views.writing import markdown_of, wants_json


@responder
@require_POST
def add_picture(request: MemberRequest, number: int) -> HttpResponse:
    """Keep a picture; answers with the Markdown that shows it."""
    found = find(request, number)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _said(request, found, 422, error=" ".join(map(str, form.errors["picture"])))
    name = name_of(request.FILES["picture"])
    try:
        picture = pictures.add_picture(found.pk, form.cleaned_data["picture"], by=request.user, name=name)
    except Refused as refusal:
        return _said(request, found, 409, error=str(refusal))
    address = reverse("postmortems:picture", args=[number, picture.pk])
    return _said(request, found, 201, url=address, markdown=markdown_of(found, picture.pk, name))


def _said(request: MemberRequest, found: Postmortem, status: int, **told: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(told, status=status)
    if status == 201:
        messages.success(request, f"The picture is kept. Write this where it should be: {told['markdown']}")
    else:
        messages.error(request, told["error"])
    return redirect("postmortems:postmortem", found.incident_id)


@member
@require_safe
def picture(request: MemberRequest, number: int, picture_id: UUID) -> HttpResponse:
    """The picture itself. It never changes, so a browser may keep it, for this person alone: what it was asked for
    with a cookie it keeps for that cookie."""
    visible = Postmortem.objects.visible_to(request.user).filter(incident=number)
    found = get_object_or_404(Picture, pk=picture_id, postmortem__in=visible)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(found.content), content_type=found.media_type, headers=headers)
