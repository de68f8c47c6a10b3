"""What the record of an incident tells of what was sent about it."""

import json

from notifications.models import Destination
from notifications.recording import deliveries_of
from tests.notifications.making import a_delivery, a_notice


def test_it_names_people_and_ways_and_gives_no_secret_away(world, declared, ada, grace):
    incident, other = declared(1), declared(2)
    notice = a_notice(incident)
    a_delivery(grace, notice, state="sent", sent_at=notice.created_at)
    url = "https://hooks.example.com/services/T0/B0/secret-of-the-hook"
    there = Destination.objects.create(
        user=ada, channel="webhook", name="Hook", address=url, secret="whsec_x"
    )
    failed = a_delivery(
        ada, notice, channel="webhook", address=url, destination=there, state="failed", last_error=f"at {url}"
    )
    failed.tries.create(
        number=1, started_at=notice.created_at, ended_at=notice.created_at, outcome="refused", detail=url
    )
    a_delivery(ada, a_notice(other, title="Elsewhere"))

    told = deliveries_of(incident)

    assert {(row["to"], row["channel"], row["state"]) for row in told} == {
        ("Grace Hopper", "email", "sent"), ("Ada Lovelace", "webhook", "failed"),
    }  # fmt: skip
    words = json.dumps(told)
    assert (
        "hooks.example.com" not in words
        and "secret" not in words
        and "whsec" not in words
        and "Elsewhere" not in words
    )
    hook = next(row for row in told if row["channel"] == "webhook")
    assert hook["sent_at"] is None and [each["outcome"] for each in hook["tries"]] == ["refused"]
    assert told == deliveries_of(incident)
