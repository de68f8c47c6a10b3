"""What left and what could not, for administrators; and of what is private, only that it is there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from incidents.models import Incident
from notifications.models import Delivery, DeliveryAttempt, Destination, Notice

PAGE = "/settings/deliveries/"


@pytest.fixture
def failed(grace):
    """A mail to grace that was refused for good, after two tries."""
    return make(grace)


def make(
    user: User, incident: Incident | None = None, title: str = "Update overdue", **said: object
) -> Delivery:
    soon = timezone.now() + timedelta(hours=1)
    notice = Notice.objects.create(
        urgency="nudge", incident=incident, title=title, text="x", path="/", expires_at=soon
    )
    usual = {
        "channel": "email",
        "address": user.email,
        "state": "failed",
        "last_error": "550 no such user",
        "attempts": 2,
    }
    row = Delivery.objects.create(
        notice=notice, recipient=user, dedupe_key=str(notice.pk), expires_at=soon, **(usual | said)
    )
    for number in (1, 2):
        DeliveryAttempt.objects.create(
            delivery=row,
            number=number,
            started_at=timezone.now(),
            outcome="refused",
            code="550",
            detail="no such user",
        )
    return row


def test_administrators_see_every_delivery_and_its_tries(ada, client_for, failed):
    client = client_for(ada)
    page = client.get(PAGE).text
    assert "Update overdue" in page and "Grace Hopper" in page and "Failed" in page
    detail = client.get(f"{PAGE}{failed.pk}/").text
    assert detail.count("550 no such user") >= 2 and "2 tries" in detail and str(failed.pk) in detail


def test_the_page_is_for_administrators_alone(grace, eve, client, client_for, failed):
    paths = [PAGE, f"{PAGE}{failed.pk}/"]
    changes = [f"{PAGE}{failed.pk}/retry/", f"{PAGE}{failed.pk}/settle/"]
    for other in (grace, eve):
        assert {client_for(other).get(path).status_code for path in paths} == {403}
        assert {client_for(other).post(path).status_code for path in changes} == {403}
    assert {client.get(path).status_code for path in paths} == {302}
    failed.refresh_from_db()
    assert failed.state == "failed" and failed.settled_by is None


def test_what_is_changed_is_not_changed_by_looking(ada, client_for, failed):
    for verb in ("retry", "settle"):
        assert client_for(ada).get(f"{PAGE}{failed.pk}/{verb}/").status_code == 405


def test_of_a_private_incident_only_that_a_delivery_exists(ada, grace, client_for, declared):
    secret = declared(1, is_private=True, title="Breach at the bank")
    incidents.grant_access(secret.pk, grace, by=ada)
    row = make(grace, secret, "About the breach")
    assert "About the breach" in client_for(ada).get(PAGE).text
    incidents.revoke_access(secret.pk, ada, by=grace)

    client = client_for(ada)
    for path in (PAGE, f"{PAGE}{row.pk}/"):
        text = client.get(path).text
        assert "private incident" in text and "E-mail" in text and "Failed" in text
        for word in ("breach", "Breach", "Grace Hopper", grace.email, "no such user", secret.reference):
            assert word not in text


def test_retry_now_gives_it_new_life(ada, client_for, failed):
    Delivery.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert client_for(ada).post(f"{PAGE}{failed.pk}/retry/").status_code == 302
    failed.refresh_from_db()
    assert failed.state == "pending" and failed.next_attempt_at <= timezone.now() < failed.expires_at


def test_what_was_sent_is_not_sent_again(ada, grace, client_for):
    row = make(grace, state="sent", sent_at=timezone.now())
    client = client_for(ada)
    assert "Retry now" not in client.get(PAGE).text
    client.post(f"{PAGE}{row.pk}/retry/")
    row.refresh_from_db()
    assert row.state == "sent"


def test_a_failure_that_was_seen_is_counted_no_more(ada, client_for, failed):
    client = client_for(ada)
    assert '1<span class="small-unseen"> undelivered' in client.get("/").text
    assert "Update overdue" in client.get(f"{PAGE}?state=parked").text

    client.post(f"{PAGE}{failed.pk}/settle/")

    assert "undelivered" not in client.get("/").text
    assert "Update overdue" not in client.get(f"{PAGE}?state=parked").text
    assert "seen by Ada Lovelace" in client.get(f"{PAGE}?state=failed").text


def test_filters_keep_what_they_say(ada, grace, client_for):
    make(grace, title="By mail")
    make(
        grace,
        title="By hook",
        channel="webhook",
        address="https://example.com/hook/secret-token-1234",
        state="pending",
    )
    client = client_for(ada)
    by_state, by_channel = client.get(f"{PAGE}?state=pending").text, client.get(f"{PAGE}?channel=email").text
    assert "By hook" in by_state and "By mail" not in by_state
    assert "By mail" in by_channel and "By hook" not in by_channel
    assert "next try" in by_state


@pytest.mark.parametrize(
    "query", ["?state=x", "?state=" + "x" * 10_000, "?channel=../..", "?page=-1", "?page=" + "9" * 5000]
)
def test_a_filter_that_makes_no_sense_is_none(ada, client_for, failed, query):
    answer = client_for(ada).get(PAGE + query)
    assert answer.status_code == 200 and "Update overdue" in answer.text


def test_addresses_with_tokens_are_masked(ada, grace, client_for):
    row = make(grace, channel="webhook", address="https://example.com/hook/secret-token-1234")
    kept = Destination.objects.create(
        user=grace, channel="apprise", name="Chat", address="slack://T0ken/B0ken/Secret99"
    )
    other = make(grace, channel="apprise", address=kept.address, destination=kept)
    for each in (row, other):
        text = client_for(ada).get(f"{PAGE}{each.pk}/").text
        assert "secret-token" not in text and "T0ken" not in text


def test_a_delivery_that_is_not_there(ada, client_for, db):
    assert client_for(ada).get(f"{PAGE}00000000-0000-4000-8000-000000000000/").status_code == 404


def test_the_page_costs_the_same_with_one_delivery_and_with_many(ada, grace, client_for, declared):
    client = client_for(ada)

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    first = make(grace, declared(1))
    with_one = cost(PAGE)
    for n in range(200):
        DeliveryAttempt.objects.create(delivery=first, number=n, started_at=timezone.now(), outcome="retry")
        make(grace, first.notice.incident, f"N{n}")
    assert cost(PAGE) == with_one <= 12
    assert cost(f"{PAGE}{first.pk}/") <= 12
