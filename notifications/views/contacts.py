"""Who answers for the contacts of a runbook."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member, responder
from notifications import contacts
from notifications.forms.contacts import BindForm
from runbooks.models import Runbook


def _find(slug: str) -> Runbook:
    return get_object_or_404(Runbook.objects.select_related("current"), slug=slug, current__isnull=False)


@member
@require_safe
def bindings(request: MemberRequest, slug: str) -> HttpResponse:
    """Each contact of the runbook, and who is reached for it now."""
    runbook = _find(slug)
    assert runbook.current is not None  # noqa: S101  looked for
    book = runbook.current.effective
    rows = [(contact, contacts.answering(contact, runbook)) for contact in book.contacts]
    context = {"runbook": runbook, "rows": rows, "from_starter": "contacts" in book.from_starter}
    return render(request, "notifications/bindings.html", context)


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def bind(request: MemberRequest, slug: str, position: int) -> HttpResponse:
    """Say who answers for the contact at ``position``."""
    runbook = _find(slug)
    assert runbook.current is not None  # noqa: S101  looked for
    named = runbook.current.effective.contacts
    if position >= len(named):
        raise Http404
    contact = named[position]
    data = request.POST if request.method == "POST" else None
    form = BindForm(data, binding=contacts.binding_of(runbook, contact.role))
    if form.is_valid():
        if words := form.words():
            contacts.bind(runbook.pk, contact.role, **words, by=request.user)
        else:
            contacts.unbind(runbook.pk, contact.role, by=request.user)
        messages.success(request, f"Saved: {contact.role}.")
        return redirect("notifications:bindings", slug)
    context = {"runbook": runbook, "contact": contact, "form": form}
    return render(request, "notifications/bind.html", context, status=422 if form.errors else 200)
