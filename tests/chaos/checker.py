"""Truth log × database × sinks: what was promised, what is recorded, what arrived."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import Q

from incidents.models import TimelineEvent
from notifications.models import WAITING, Channel, Delivery, DeliveryAttempt, DeliveryState, Notice, Stage

EARLY = 0.05  # seconds: what separates two readings of one clock
ARRIVED = ("accepted", "cut")


@dataclass
class Report:
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    #: In seconds: until the first try, and until the first that a sink saw.
    latencies: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def expect(self, holds: object, violation: str) -> None:
        if not holds:
            self.violations.append(violation)

    def table(self) -> str:
        rows = self.figures | {
            f"{what} p50 / p99 / max": " / ".join(f"{percentile(found, p):.1f} s" for p in (50, 99, 100))
            for what, found in {"first try": self.latencies, "first arrival": self.arrivals}.items()
        }
        lines = [f"{name:44} {value}" for name, value in rows.items()]
        return "\n".join([*lines, *(f"VIOLATION {text}" for text in self.violations)])


def percentile(found: list[float], p: float) -> float:
    ordered = sorted(found) or [0.0]
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def is_drained(truth: Path) -> bool:
    """Whether nothing is left to be sent, and every promise of the truth log has its stage."""
    return not _missing(read(truth)) and not Delivery.objects.filter(state__in=WAITING).exists()


def _missing(truth: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """The stages that the truth log asks for and the database has not, as (incident, clock)."""
    ended = {row["incident"] for row in truth if row["kind"] == "resolved"}
    seen = {row["incident"] for row in truth if row["kind"] == "acknowledged"}
    have = set(
        Stage.objects.filter(Q(name="due") | Q(name="ask-1")).values_list("clock__incident_id", "clock__kind")
    )
    asked = {
        (row["incident"], "update" if row["kind"] == "promised" else "acknowledge")
        for row in truth
        if row["kind"] == "promised" or (row["kind"] == "declared" and row["incident"] not in seen)
    }
    return sorted((number, clock) for number, clock in asked - have if number not in ended)


def check(truth_path: Path, sunk_path: Path) -> Report:
    report = Report()
    truth, sunk = read(truth_path), read(sunk_path)
    _stages(report, truth)
    _deliveries(report, sunk)
    _dropped(report, truth)
    _latencies(report, truth, sunk)
    _web(report, truth)
    return report


def _stages(report: Report, truth: list[dict[str, Any]]) -> None:
    kinds = Counter(row["kind"] for row in truth)
    missing = _missing(truth)
    report.figures["incidents declared / promises / resolved"] = (
        f"{kinds['declared']} / {kinds['promised']} / {kinds['resolved']}"
    )
    report.figures["stages fired (folded)"] = (
        f"{Stage.objects.count()} ({Stage.objects.filter(is_folded=True).count()})"
    )
    report.expect(not missing, f"{len(missing)} stages are missing: {missing[:5]}")
    for stage in Stage.objects.filter(name="due"):
        report.expect(stage.fired_at >= stage.due_at, f"{stage} fired {stage.due_at - stage.fired_at} early")
    told = Notice.objects.filter(stage__isnull=False).count()
    unfolded = Stage.objects.filter(is_folded=False).count()
    report.expect(told == unfolded, f"{unfolded} stages have {told} notices")
    late = _stages_after_the_end(truth)
    report.expect(not late, f"{late} stages fired after their incident was resolved")


def _stages_after_the_end(truth: list[dict[str, Any]]) -> int:
    ended = {row["incident"]: row["at"] for row in truth if row["kind"] == "resolved"}
    fired = Stage.objects.filter(clock__incident__in=ended).values_list("clock__incident_id", "fired_at")
    return sum(at.timestamp() > ended[number] + 0.5 for number, at in fired)


def _deliveries(report: Report, sunk: list[dict[str, Any]]) -> None:
    sent_out = Delivery.objects.exclude(channel=Channel.INBOX)
    states = Counter(sent_out.values_list("state", flat=True))
    report.figures["deliveries by channel"] = dict(Counter(sent_out.values_list("channel", flat=True)))
    arrived = Counter(row["id"] for row in sunk if row["outcome"] in ARRIVED)
    report.figures["deliveries (all states)"] = dict(states)
    report.figures["tries seen by the sinks"] = dict(Counter(row["outcome"] for row in sunk))
    known = {str(key): state for key, state in sent_out.values_list("id", "state")}
    taken = {line["id"] for line in sunk if line["outcome"] == "accepted"}
    lost = [key for key, state in known.items() if state == DeliveryState.SENT and key not in taken]
    report.expect(not lost, f"{len(lost)} recorded as sent that no sink accepted: {lost[:3]}")
    strangers = set(arrived) - set(known)
    report.expect(not strangers, f"{len(strangers)} messages have an id that is no delivery's")
    stuck = {
        state: n for state, n in states.items() if state not in (DeliveryState.SENT, DeliveryState.SUPERSEDED)
    }
    report.expect(not stuck, f"not sent in the end: {stuck}")
    # Message by message: one id for one recipient of one notice by one channel, whatever was tried how often.
    twice = Counter(sent_out.values_list("notice_id", "recipient_id", "channel", "address", "destination_id"))
    report.expect(max(twice.values(), default=1) == 1, "one message went out under two ids")
    repeated = {key: n - 1 for key, n in arrived.items() if n > 1}
    forced = sum(row["outcome"] == "cut" for row in sunk)
    attempts = Counter(DeliveryAttempt.objects.values_list("outcome", flat=True))
    report.figures["tries recorded"] = dict(attempts)
    report.figures["arrived twice or more, with the same id"] = (
        f"{sum(repeated.values())} of {sum(arrived.values())} ({forced} forced by answers cut off)"
    )


def _dropped(report: Report, truth: list[dict[str, Any]]) -> None:
    """What the portal itself found needless: only of incidents that were resolved, or pages that were answered."""
    ended = [row["incident"] for row in truth if row["kind"] == "resolved"]
    dropped = Delivery.objects.filter(state=DeliveryState.SUPERSEDED, notice__stage__name="due")
    wrongly = dropped.exclude(notice__incident__in=ended).count()
    report.expect(not wrongly, f"{wrongly} deliveries were dropped though they were still owed")


def _latencies(report: Report, truth: list[dict[str, Any]], sunk: list[dict[str, Any]]) -> None:
    """From due, or from when the driver was told of it if that was later, to the first try; apart from that, to the
    first that got as far as a sink, as lines are cut as well."""
    seen_at, tried_at = dict[str, float](), dict[str, float]()
    for line in sunk:
        seen_at[line["id"]] = min(line["at"], seen_at.get(line["id"], line["at"]))
    for key, at in DeliveryAttempt.objects.values_list("delivery_id", "started_at").order_by("-started_at"):
        tried_at[str(key)] = at.timestamp()
    promised = {(line["incident"], line["due"]): line["at"] for line in truth if line["kind"] == "promised"}
    rows = Delivery.objects.exclude(channel=Channel.INBOX).filter(notice__stage__name="due")
    for key, number, due_at in rows.values_list("id", "notice__incident_id", "notice__due_at"):
        seen = seen_at.get(str(key))
        if seen is None or due_at is None:
            continue
        due = due_at.timestamp()
        owed_at = max(due, promised.get((number, due), due))
        report.latencies.append(min(seen, tried_at.get(str(key), seen)) - owed_at)
        report.arrivals.append(seen - owed_at)
        report.expect(seen >= due - EARLY, f"{key} was sent {due - seen:.2f} s early")
    report.figures["first tries timed"] = len(report.latencies)


def _web(report: Report, truth: list[dict[str, Any]]) -> None:
    """Each note that the web process said it took is in the timeline, once."""
    noted = [row["text"] for row in truth if row["kind"] == "noted"]
    kept = Counter(TimelineEvent.objects.filter(kind="note_added").values_list("text", flat=True))
    report.figures["notes taken by the web process"] = len(noted)
    lost = [text for text in noted if not kept[text]]
    report.expect(not lost, f"{len(lost)} notes that were answered with success are not in the timeline")
    report.expect(max(kept.values(), default=1) == 1, "a note is in the timeline twice")
    refused = [row["status"] for row in truth if row["kind"] == "refused"]
    report.expect(not refused, f"the web process refused notes: {Counter(refused)}")
