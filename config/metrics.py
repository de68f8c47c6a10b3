"""The figures of the engine for Prometheus, at /metrics."""

import hmac
from collections.abc import Iterator

from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from accounts.access import public
from config.settings import ENVIRONMENT
from notifications.figures import Figures, figures


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for who has the token of ALLCLEAR_METRICS_TOKEN; without that setting there is no such page."""
    if not _may_read(request):
        raise Http404
    try:
        found = figures()
    except Error:
        return HttpResponse("the database does not answer in time\n", content_type="text/plain", status=503)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figured(found))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    token = ENVIRONMENT.metrics_token.get_secret_value() if ENVIRONMENT.metrics_token else ""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


class Figured(Collector):
    """Figures as Prometheus names them."""

    def __init__(self, found: Figures) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        found = self.found
        yield GaugeMetricFamily("allclear_clocks_armed", "Clocks that wait", found.armed)
        yield GaugeMetricFamily("allclear_clocks_due", "Clocks due and not yet fired", found.due)
        yield GaugeMetricFamily("allclear_clocks_failing", "Clocks that cannot fire", found.failing)
        yield GaugeMetricFamily(
            "allclear_overdue_seconds", "How late the longest due thing is", found.most_late
        )
        yield from self._reminders()
        yield from self._deliveries()
        yield GaugeMetricFamily("allclear_facts_waiting", "Facts not yet relayed", found.facts)
        yield GaugeMetricFamily("allclear_relay_lag_seconds", "Age of the oldest of them", found.relay_lag)
        seen = GaugeMetricFamily("allclear_heartbeat_age_seconds", "Since a part was seen", labels=["part"])
        for name, age in sorted(found.seen.items()):
            seen.add_metric([name], age.total_seconds())
        yield seen

    def _reminders(self) -> Iterator[Metric]:
        found = self.found.reminding
        yield GaugeMetricFamily("allclear_reminders_armed", "Items and post-mortems reminded of", found.armed)
        yield GaugeMetricFamily("allclear_reminders_due", "Reminders due and not yet said", found.due)
        yield GaugeMetricFamily("allclear_reminders_failing", "Reminders that cannot be said", found.failing)
        yield GaugeMetricFamily(
            "allclear_reminders_overdue_seconds", "How late the longest due reminder is", found.late
        )

    def _deliveries(self) -> Iterator[Metric]:
        found = self.found
        waiting = GaugeMetricFamily("allclear_deliveries_waiting", "Deliveries to be sent", labels=["lane"])
        for lane, figure in (("urgent", found.urgent), ("reminders", found.reminders)):
            waiting.add_metric([lane], figure.waiting)
        yield waiting
        yield GaugeMetricFamily("allclear_deliveries_parked", "Failed, seen by nobody", found.parked)
        tries = CounterMetricFamily("allclear_tries", "Tries to send, by outcome", labels=["outcome"])
        for outcome in ("sent", "retry", "refused", "lost"):
            tries.add_metric([outcome], found.tries.get(outcome, 0))
        yield tries
