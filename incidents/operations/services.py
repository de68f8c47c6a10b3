"""The services that can break."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Team, User
from incidents.models import Service
from incidents.operations.locking import Refused
from incidents.permissions import can_manage_services


@transaction.atomic
def save_service(
    service_id: int | None, *, by: User, name: str, description: str = "", team: Team | None = None
) -> Service:
    """Add a service (``service_id`` None) or change one. Raises ``Refused`` where the name is taken."""
    _check(by)
    service = Service.objects.select_for_update().get(pk=service_id) if service_id else Service()
    service.name, service.description, service.team = name, description, team
    service.slug = service.slug or slugify(name)[:60] or f"service-{timezone.now():%s%f}"
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError:
        raise Refused(f"There is a service named “{name}” already.") from None
    return service


def archive_service(service_id: int, *, by: User) -> None:
    """Offer it no more; incidents that name it keep it."""
    _check(by)
    Service.objects.filter(pk=service_id, archived_at=None).update(archived_at=timezone.now())


def restore_service(service_id: int, *, by: User) -> None:
    _check(by)
    Service.objects.filter(pk=service_id).update(archived_at=None)


def _check(by: User) -> None:
    if not can_manage_services(by):
        raise Refused("Only administrators manage services.")
