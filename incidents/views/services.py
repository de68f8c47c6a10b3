"""The services that can break, kept by administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, administrator
from incidents import operations
from incidents.forms.services import SaveServiceForm
from incidents.models import Service


@administrator
@require_safe
def services(request: MemberRequest) -> HttpResponse:
    return _list(request, SaveServiceForm())


@administrator
@require_POST
def add_service(request: MemberRequest) -> HttpResponse:
    form = SaveServiceForm(request.POST)
    if _saved(request, None, form):
        messages.success(request, f"{form.cleaned_data['name']} can be chosen when declaring.")
        return redirect("incidents:services")
    return _list(request, form, status=422)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def change_service(request: MemberRequest, service_id: int) -> HttpResponse:
    service = get_object_or_404(Service, pk=service_id)
    form = SaveServiceForm(request.POST) if request.method == "POST" else SaveServiceForm.of(service)
    if form.is_bound and _saved(request, service.pk, form):
        return redirect("incidents:services")
    context = {"service": service, "form": form}
    return render(request, "incidents/services_change.html", context, status=422 if form.is_bound else 200)


@administrator
@require_POST
def archive_service(request: MemberRequest, service_id: int) -> HttpResponse:
    operations.archive_service(get_object_or_404(Service, pk=service_id).pk, by=request.user)
    return redirect("incidents:services")


@administrator
@require_POST
def restore_service(request: MemberRequest, service_id: int) -> HttpResponse:
    operations.restore_service(get_object_or_404(Service, pk=service_id).pk, by=request.user)
    return redirect("incidents:services")


def _saved(request: MemberRequest, service_id: int | None, form: SaveServiceForm) -> bool:
    """Whether what the form says was saved; where not, the form says why."""
    if not form.is_valid():
        return False
    try:
        operations.save_service(service_id, by=request.user, **form.cleaned_data)
    except operations.Refused as refused:
        form.add_error("name", str(refused))
        return False
    return True


def _list(request: MemberRequest, form: SaveServiceForm, status: int = 200) -> HttpResponse:
    every = list(Service.objects.select_related("team"))
    context = {
        "active": [service for service in every if service.archived_at is None],
        "archived": [service for service in every if service.archived_at],
        "form": form,
    }
    return render(request, "incidents/services.html", context, status=status)
