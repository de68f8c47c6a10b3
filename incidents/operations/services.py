"""The services that can break."""

from itertools import count

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
    """Add a service (``service_id`` None) or change one; the slug stays when it is renamed. Raises ``Refused``
    where the name is taken, in whatever case."""
    _check(by)
    service = Service() if service_id is None else Service.objects.select_for_update().get(pk=service_id)
    service.name, service.description, service.team = name, description, team
    service.slug = service.slug or _free_slug(name)
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError:
        raise Refused(f"There is a service named “{name}” already. It may be archived.") from None
    return service


def archive_service(service_id: int, *, by: User) -> None:
    """Offer it no more; incidents that name it keep it."""
    _check(by)
    Service.objects.filter(pk=service_id, archived_at=None).update(archived_at=timezone.now())


def restore_service(service_id: int, *, by: User) -> None:
    _check(by)
    Service.objects.filter(pk=service_id).update(archived_at=None)


def _free_slug(name: str) -> str:
    """The name as it goes into an address; one without Latin letters becomes service, service-2, and so on."""
    slug = slugify(name)[:50] or "service"
    taken = set(Service.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(s for n in count(1) if (s := slug if n == 1 else f"{slug}-{n}") not in taken)


def _check(by: User) -> None:
    if not can_manage_services(by):
        raise Refused("Only administrators manage services.")
