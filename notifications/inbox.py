"""What somebody's inbox holds, as far as they may still know of it."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from incidents.models import Access
from notifications.models import Delivery, DeliveryQuerySet


def of_visible_incidents(user: User, path: str = "notice__") -> Q:
    """Rows whose notice is of no incident, or of one that ``user`` may see. ``path`` leads to the notice."""
    granted = Access.objects.filter(incident=OuterRef(f"{path}incident"), user=user)
    open_to_all = Q(**{f"{path}incident": None}) | Q(**{f"{path}incident__is_private": False})
    return open_to_all | Q(Exists(granted))


def inbox(user: User) -> DeliveryQuerySet:
    """The notices to ``user``, newest first; those of an incident that was closed to them are gone."""
    mine = Delivery.objects.in_inbox_of(user).filter(of_visible_incidents(user))
    return mine.select_related("notice__incident").order_by("-created_at", "-pk")


def unread(user: User) -> DeliveryQuerySet:
    return Delivery.objects.in_inbox_of(user).filter(of_visible_incidents(user), read_at=None)


def unread_count(user: User) -> int:
    return unread(user).count()
