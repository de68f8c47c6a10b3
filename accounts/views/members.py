"""What administrators do with people and invitations."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations
from accounts.access import MemberRequest, administrator
from accounts.forms import ChangeRoleForm, InviteForm
from accounts.links import reset_path
from accounts.models import Invitation, User

PER_PAGE = 50
LINK = "link"  # tag of a message that is a link to copy, shown once


@administrator
@require_safe
def members(request: MemberRequest) -> HttpResponse:
    return _members(request, InviteForm())


@administrator
@require_http_methods(["POST"])
def invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            _, token = operations.invite(by=request.user, **form.cleaned_data)
        except operations.Refused as refused:
            form.add_error("email", str(refused))
        else:
            link = request.build_absolute_uri(reverse("accounts:join", args=[token]))
            messages.success(request, link, extra_tags=LINK)
            return redirect("accounts:members")
    return _members(request, form)


@administrator
@require_POST
def revoke_invitation(request: MemberRequest, invitation_id: int) -> HttpResponse:
    get_object_or_404(Invitation, pk=invitation_id)
    operations.revoke_invitation(invitation_id, by=request.user)
    messages.success(request, "The invitation is revoked: its link does not work any more.")
    return redirect("accounts:members")


@administrator
@require_safe
def member(request: MemberRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    return _member(request, person, ChangeRoleForm(initial={"role": person.role}))


@administrator
@require_POST
def change_role(request: MemberRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    form = ChangeRoleForm(request.POST)
    if form.is_valid():
        try:
            operations.change_role(user_id, role=form.cleaned_data["role"], by=request.user)
        except operations.Refused as refused:
            form.add_error("role", str(refused))
        else:
            messages.success(request, "The role is changed.")
            return redirect("accounts:member", user_id)
    return _member(request, person, form)


@administrator
@require_POST
def deactivate(request: MemberRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    try:
        operations.deactivate(user_id, by=request.user)
    except operations.Refused as refused:
        form = ChangeRoleForm(initial={"role": person.role})
        return _member(request, person, form, refused=str(refused))
    messages.success(request, f"{person.name} is signed out everywhere and cannot sign in.")
    return redirect("accounts:member", user_id)


@administrator
@require_POST
def reactivate(request: MemberRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    operations.reactivate(user_id, by=request.user)
    messages.success(request, f"{person.name} can sign in again.")
    return redirect("accounts:member", user_id)


@administrator
@require_POST
def reset_link(request: MemberRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id, is_active=True)
    messages.success(request, request.build_absolute_uri(reset_path(person)), extra_tags=LINK)
    return redirect("accounts:member", user_id)


def _members(request: MemberRequest, form: InviteForm) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:80].strip()
    people = User.objects.prefetch_related("teams").order_by("-is_active", "name", "pk")
    if query:
        people = people.filter(Q(name__icontains=query) | Q(email__icontains=query))
    page = Paginator(people, PER_PAGE).get_page(request.GET.get("page"))
    invitations = Invitation.objects.open().select_related("team", "created_by")[:200]
    context = {"page": page, "query": query, "form": form, "invitations": invitations}
    return render(request, "accounts/members.html", context, status=422 if form.errors else 200)


def _member(request: MemberRequest, person: User, form: ChangeRoleForm, refused: str = "") -> HttpResponse:
    context = {"person": person, "form": form, "refused": refused}
    status = 422 if form.errors or refused else 200
    return render(request, "accounts/member.html", context, status=status)
