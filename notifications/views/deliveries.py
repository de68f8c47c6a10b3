"""Every message that left, or could not, for administrators."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, administrator
from accounts.models import User
from incidents.models import Access
from notifications import deliveries as life
from notifications import operations
from notifications.masking import masked
from notifications.models import Channel, Delivery, DeliveryQuerySet, DeliveryState

PER_PAGE = 50
PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as one administrator may see it: of a private incident that is not theirs, only that it is."""

    delivery: Delivery
    hidden: bool

    @property
    def recipient(self) -> str:
        to = self.delivery.recipient
        team = self.delivery.destination.team if self.delivery.destination else None
        return to.name if to else team.name if team else masked(self.delivery.channel, self.delivery.address)

    @property
    def address(self) -> str:
        return masked(self.delivery.channel, self.delivery.address)

    @property
    def may_retry(self) -> bool:
        again = (DeliveryState.FAILED, DeliveryState.PENDING, DeliveryState.EXPIRED)
        return self.delivery.state in again

    @property
    def is_parked(self) -> bool:
        return self.delivery.is_parked


@administrator
@require_safe
def deliveries(request: MemberRequest) -> HttpResponse:
    state, channel = request.GET.get("state", ""), request.GET.get("channel", "")
    found = _for(request.user)
    if state == PARKED:
        found = found.parked()
    elif state in DeliveryState.values:
        found = found.filter(state=state)
    if channel in Channel.values:
        found = found.filter(channel=channel)
    page = Paginator(found.order_by("-created_at", "id"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(delivery) for delivery in page],
        "state": state,
        "channel": channel,
        "states": [(PARKED, "Failed, not yet looked at"), *DeliveryState.choices],
        "channels": Channel.choices,
    }
    return render(request, "notifications/deliveries.html", context)


@administrator
@require_safe
def delivery(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    row = _row(get_object_or_404(_for(request.user), pk=delivery_id))
    page = Paginator(row.delivery.tries.all(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/delivery.html", {"row": row, "page": page})


@administrator
@require_POST
def retry_delivery(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    found = get_object_or_404(Delivery, pk=delivery_id)
    life.retry_now(found.pk, by=request.user)
    messages.success(request, "It is tried again at once.")
    return redirect("notifications:delivery", found.pk)


@administrator
@require_POST
def settle_delivery(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    found = get_object_or_404(Delivery, pk=delivery_id)
    operations.settle_delivery(found.pk, by=request.user)
    return redirect("notifications:deliveries")


def _for(user: User) -> DeliveryQuerySet:
    granted = Access.objects.filter(incident=OuterRef("notice__incident"), user=user)
    related = ("notice__incident", "recipient", "destination__team", "settled_by")
    return Delivery.objects.annotate(is_granted=Exists(granted)).select_related(*related)


def _row(delivery: Delivery) -> Row:
    incident = delivery.notice.incident
    granted: bool = delivery.is_granted  # type: ignore[attr-defined] # annotated
    return Row(delivery, hidden=bool(incident and incident.is_private and not granted))
