"""Quiet hours by urgency, severity, zone and change of the clocks; destinations; a test that really arrives."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import Team, User
from incidents import operations as incidents
from incidents.models import Incident
from notifications import figures, operations, wall
from notifications.deliveries import deliver
from notifications.models import Delivery, DeliveryAttempt, DeliveryState, Destination, Notice
from notifications.preferences import routes_for
from notifications.reached import Reached

BERLIN, NEW_YORK, SANTIAGO = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Santiago"),
)
LORD_HOWE, KATHMANDU = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- the wall clock -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall_time", "moment"),
    [
        (BERLIN, date(2026, 11, 12), time(8), "2026-11-12T07:00"),
        (BERLIN, date(2026, 7, 12), time(8), "2026-07-12T06:00"),
        (KATHMANDU, date(2026, 11, 12), time(8), "2026-11-12T02:15"),
        # The clocks skip it: the first moment after the gap.
        (BERLIN, date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),
        (NEW_YORK, date(2026, 3, 8), time(2, 30), "2026-03-08T07:00"),
        (SANTIAGO, date(2026, 9, 6), time(0, 15), "2026-09-06T04:00"),
        (LORD_HOWE, date(2026, 10, 4), time(2, 10), "2026-10-03T15:30"),
        # The clocks show it twice: the first time.
        (BERLIN, date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
        (LORD_HOWE, date(2026, 4, 5), time(1, 45), "2026-04-04T14:45"),
    ],
)
def test_a_time_of_day_is_one_moment_whatever_the_clocks_do(zone, day, wall_time, moment):
    assert wall.moment_of(day, wall_time, zone) == at(moment)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SANTIAGO, LORD_HOWE, KATHMANDU], ids=str)
@pytest.mark.parametrize("wall_time", [time(0, 15), time(2, 30), time(8)])
def test_every_day_of_a_year_has_the_time_once(zone, wall_time):
    moment = at("2026-01-01T00:00")
    found = []
    while moment < at("2027-01-01T00:00"):
        moment = wall.next_at(wall_time, zone, moment)
        found.append(moment.astimezone(zone).date())
    assert len(found) == len(set(found)) and len(found) in (365, 366)


@pytest.mark.parametrize(
    ("zone", "now", "ends"),
    [
        (BERLIN, "2026-11-12T20:59", None),  # 21:59
        (BERLIN, "2026-11-12T21:00", "2026-11-13T06:00"),
        (BERLIN, "2026-11-13T05:59", "2026-11-13T06:00"),
        (BERLIN, "2026-11-13T06:00", None),
        (BERLIN, "2026-03-28T22:00", "2026-03-29T05:00"),  # the night is an hour shorter
        (BERLIN, "2026-10-24T21:00", "2026-10-25T06:00"),  # and longer
        (NEW_YORK, "2026-11-01T03:00", "2026-11-01T12:00"),
        (NEW_YORK, "2026-03-08T04:00", "2026-03-08T11:00"),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_persons_own_morning(zone, now, ends):
    assert wall.quiet_end(at(now), time(22), time(7), zone) == (at(ends) if ends else None)


def test_quiet_hours_within_a_day():
    assert wall.quiet_end(at("2026-11-12T12:30"), time(12), time(13), ZoneInfo("UTC")) == at(
        "2026-11-12T13:00"
    )
    assert wall.quiet_end(at("2026-11-12T13:00"), time(12), time(13), ZoneInfo("UTC")) is None


# -- routes -------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(grace: User) -> User:
    """grace sleeps from 22 to 7 in Berlin; the world begins at 03:00 there."""
    grace.timezone = "Europe/Berlin"
    grace.save()
    prefer(grace, quiet_from=time(22), quiet_until=time(7))
    return grace


def prefer(user: User, **said: object) -> None:
    usual = {
        "email_nudges": True,
        "email_reminders": True,
        "quiet_from": None,
        "quiet_until": None,
        "digest_at": time(8),
    }
    operations.save_preferences(by=user, **(usual | said))  # type: ignore[arg-type]


@pytest.fixture
def notice_of(declared: Callable[..., Incident]) -> Callable[..., Notice]:
    def make(urgency: str, severity: int | None = None, **said: object) -> Notice:
        incident = declared(severity) if severity else None
        now = timezone.now()
        usual = {"title": "Look", "text": "At this", "path": "/", "expires_at": now + timedelta(days=2)}
        return Notice.objects.create(urgency=urgency, incident=incident, **(usual | said))

    return make


def ways(notice: Notice, user: User) -> dict[str, datetime | None]:
    return {route.channel.value: route.not_before for route in routes_for(notice, Reached(user=user))}


MORNING = at("2026-11-12T06:00")  # 07:00 in Berlin


@pytest.mark.parametrize(
    ("urgency", "severity", "held"),
    [
        ("page", 1, False), ("page", 2, False), ("page", 3, False), ("page", 4, False),
        ("nudge", 1, False), ("nudge", 2, False), ("nudge", 3, True), ("nudge", 4, True),
        ("reminder", 1, True), ("reminder", 3, True), ("reminder", None, True),
    ],
)  # fmt: skip
def test_quiet_hours_hold_back_what_can_wait(world, quiet, notice_of, urgency, severity, held):
    Destination.objects.create(user=quiet, channel="webhook", name="Mine", address="https://example.com/x")
    operations.choose_uses(Destination.objects.get().pk, ["page", "nudge", "reminder"], by=quiet)

    found = ways(notice_of(urgency, severity), quiet)

    assert found == {"inbox": None, "email": MORNING if held else None, "webhook": MORNING if held else None}


def test_outside_quiet_hours_nothing_is_held(world, quiet, notice_of):
    world.skip(timedelta(hours=5))
    assert set(ways(notice_of("nudge", 4), quiet).values()) == {None}


def test_what_is_held_is_sent_in_the_morning_and_not_before(world, quiet, notice_of):
    from notifications.deliveries import claim

    deliver(notice_of("nudge", 3), Reached(user=quiet))
    world.skip(timedelta(hours=3, minutes=59))
    assert claim(urgent=True, limit=10) == []

    world.skip(timedelta(minutes=1))
    assert [row.channel for row in claim(urgent=True, limit=10)] == ["email"]


def test_the_night_does_not_make_a_nudge_too_late(world, quiet, notice_of):
    from notifications.deliveries import claim

    deliver(notice_of("nudge", 3, expires_at=timezone.now() + timedelta(minutes=30)), Reached(user=quiet))
    world.skip(timedelta(hours=4))
    assert [row.channel for row in claim(urgent=True, limit=10)] == ["email"]


def test_a_held_nudge_outlives_the_night_and_an_older_one_gives_way(world, quiet, declared):
    """Of all that the night brought about one promise there is one mail in the morning: the last."""
    from notifications.deliveries import claim

    incident = declared(3)
    incidents.acknowledge(incident.pk, by=quiet)
    incidents.assign_role(incident.pk, "commander", quiet, by=quiet)
    world.pass_time(timedelta(hours=4), step=timedelta(minutes=5))

    night = Notice.objects.filter(clock__kind="update", deliveries__recipient=quiet).distinct()
    assert night.count() > 2
    mails = [row for row in claim(urgent=True, limit=50) if row.recipient == quiet]
    assert sorted(row.notice.clock.kind for row in mails if row.notice.clock) == ["silence", "update"]
    assert night.latest("created_at") in [row.notice for row in mails]


@pytest.mark.parametrize(
    ("said", "urgency", "mailed"),
    [
        ({"email_nudges": False}, "nudge", False),
        ({"email_nudges": False}, "page", True),
        ({"email_nudges": False}, "reminder", True),
        ({"email_reminders": False}, "reminder", False),
        ({"email_reminders": False}, "nudge", True),
    ],
)
def test_email_by_preference_and_pages_always(world, grace, notice_of, said, urgency, mailed):
    prefer(grace, **said)
    found = ways(notice_of(urgency, 1), grace)
    assert ("email" in found) is mailed and "inbox" in found


def test_a_destination_is_used_for_its_urgencies_while_it_is_on(world, grace, notice_of):
    made = operations.add_destination(
        by=grace, team=None, channel="webhook", name="Mine", address="https://example.com/x", uses=["page"]
    )
    assert "webhook" in ways(notice_of("page", 1), grace)
    assert "webhook" not in ways(notice_of("nudge", 1), grace)

    operations.disable_destination(made.pk, by=grace)
    assert "webhook" not in ways(notice_of("page", 1), grace)


@pytest.fixture
def team(grace: User) -> Team:
    team = Team.objects.create(name="Web", slug="web")
    team.members.add(grace)
    return team


def team_destination(team: Team, by: User) -> Destination:
    uses = ["page", "nudge", "reminder"]
    return operations.add_destination(
        by=by, team=team, channel="webhook", name="Team room", address="https://example.com/t", uses=uses
    )


def test_a_teams_destination_hears_of_its_incidents_once(world, grace, ada, team, declared, notice_of):
    team_destination(team, grace)
    notice = notice_of("nudge", 1)
    notice.incident.team = team
    notice.incident.save()

    for user in (ada, grace):
        deliver(notice, Reached(user=user))

    shared = Delivery.objects.get(channel="webhook")
    assert shared.recipient is None
    assert "webhook" not in ways(notice_of("nudge", 1), grace)  # an incident of nobody


def test_a_private_incident_goes_to_no_team_and_to_nobody_outside(world, grace, eve, ada, team, declared):
    team_destination(team, grace)
    incident = declared(1, is_private=True, team=team)
    incidents.grant_access(incident.pk, grace, by=ada)
    notice = Notice.objects.create(
        urgency="nudge", incident=incident, title="x", text="", expires_at=timezone.now() + timedelta(hours=1)
    )

    assert set(ways(notice, grace)) == {"inbox", "email"}
    assert routes_for(notice, Reached(user=eve)) == []
    assert routes_for(notice, Reached(address="else@example.com")) == []


def test_what_waits_for_a_team_is_not_sent_once_the_incident_is_private(world, grace, ada, team, declared):
    from notifications.deliveries import claim

    team_destination(team, grace)
    incident = declared(1, team=team)
    soon = timezone.now() + timedelta(hours=1)
    notice = Notice.objects.create(urgency="nudge", incident=incident, title="x", text="", expires_at=soon)
    deliver(notice, Reached(user=ada))

    incidents.change_privacy(incident.pk, True, by=ada)

    assert "webhook" not in [row.channel for row in claim(urgent=True, limit=10)]
    assert Delivery.objects.get(channel="webhook").state == DeliveryState.SUPERSEDED


# -- the page -----------------------------------------------------------------------------------------

PAGE = "/settings/notifications/"


def test_preferences_are_saved(grace, client_for):
    said = {"email_reminders": "on", "quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "09:30"}
    assert client_for(grace).post(PAGE, said).status_code == 302
    kept = grace.notification_preferences
    assert (kept.email_nudges, kept.email_reminders) == (False, True)
    assert (kept.quiet_from, kept.quiet_until, kept.digest_at) == (time(22), time(7), time(9, 30))


@pytest.mark.parametrize(
    "said",
    [
        {"quiet_from": "22:00", "digest_at": "08:00"},
        {"quiet_until": "07:00", "digest_at": "08:00"},
        {"quiet_from": "07:00", "quiet_until": "07:00", "digest_at": "08:00"},
        {"digest_at": ""},
        {"digest_at": "25:00"},
        {"digest_at": "8\x00:00"},
        {"digest_at": "\ud800".encode("utf-8", "surrogatepass")},
        {"digest_at": "x" * 10_000},
    ],
)
def test_what_makes_no_sense_is_refused_and_kept_on_the_form(grace, client_for, said):
    answer = client_for(grace).post(PAGE, said)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


@pytest.fixture
def reachable(settings):
    """Sinks on this machine may be reached."""
    from ipaddress import ip_network

    settings.ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)


def add(client: Client, path: str = f"{PAGE}add/", **said: object):
    usual = {
        "channel": "webhook",
        "name": "Mine",
        "address": "https://hooks.example.com/services/T0/B0/abcdwxyz",
        "uses": ["page", "nudge"],
    }
    return client.post(path, usual | said, follow=True)


def test_a_webhooks_secret_is_shown_once(grace, client_for, monkeypatch):
    monkeypatch.setattr("notifications.addresses.resolve", lambda host, port: ["93.184.215.14"])
    client = client_for(grace)
    answer = add(client)
    kept = Destination.objects.get()
    assert kept.secret.startswith("whsec_") and kept.secret in answer.text

    again = client.get(PAGE).text
    assert kept.secret not in again
    assert "https://hooks.example.com/…wxyz" in again and "abcdwxyz" not in again


def test_an_apprise_url_is_masked_to_scheme_and_end(grace, client_for):
    client = client_for(grace)
    add(client, channel="apprise", address="tgram://123456789:AAabcdefghijklmnopqrstuvwxyz0123456/987654321")
    shown = client.get(PAGE).text
    assert "tgram://…4321" in shown and "AAabc" not in shown


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("webhook", "http://127.0.0.1:8000/"),
        ("webhook", "http://169.254.169.254/latest/meta-data"),
        ("webhook", "ftp://example.com/"),
        ("webhook", "nonsense"),
        ("webhook", "https://example.com/\x00"),
        ("webhook", "https://" + "x" * 10_000),
        ("apprise", "nonsense"),
        ("apprise", "x" * 1999),
        ("email", "nobody"),
        ("email", "a@example.com\nBcc: b@example.com"),
        ("email", "a@example.com,b@example.com"),
        ("pigeon", "roof"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_words(grace, client_for, channel, address):
    answer = add(client_for(grace), channel=channel, address=address, name="Ours")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text and 'value="Ours"' in answer.text
    assert not Destination.objects.exists()


def test_destinations_are_their_owners_alone(grace, eve, ada, client_for):
    kept = Destination.objects.create(user=grace, channel="email", name="Home", address="g@example.com")
    for verb in ("uses", "test", "enable", "disable", "remove", "secret"):
        for other in (eve, ada):
            assert client_for(other).post(f"{PAGE}destinations/{kept.pk}/{verb}/").status_code == 404
    assert "Home" not in client_for(eve).get(PAGE).text
    assert client_for(grace).post(f"{PAGE}destinations/{kept.pk}/disable/").status_code == 302
    assert "Switched off by Grace Hopper" in client_for(grace).get(PAGE).text


def test_a_teams_destinations_are_its_members_and_administrators(grace, eve, ada, team, client_for):
    kept = team_destination(team, grace)
    page = f"{PAGE}teams/web/"
    assert "Team room" in client_for(grace).get(page).text
    assert "Team room" in client_for(ada).get(page).text
    assert client_for(eve).get(page).status_code == 404
    assert client_for(eve).post(f"{page}add/").status_code == 404
    assert client_for(eve).post(f"{PAGE}destinations/{kept.pk}/remove/").status_code == 404

    team.members.remove(grace)
    assert client_for(grace).post(f"{PAGE}destinations/{kept.pk}/remove/").status_code == 404
    assert Destination.objects.filter(pk=kept.pk).exists()


def test_removing_a_destination_stops_what_waits_for_it(world, grace, notice_of):
    made = Destination.objects.create(
        user=grace, channel="webhook", name="Mine", address="https://example.com/x"
    )
    operations.choose_uses(made.pk, ["nudge"], by=grace)
    deliver(notice_of("nudge", 1), Reached(user=grace))

    operations.remove_destination(made.pk, by=grace)

    assert Delivery.objects.get(channel="webhook").state == DeliveryState.SUPERSEDED


# -- a test that really arrives -------------------------------------------------------------------------


class Sink:
    """An HTTP server that keeps what it got, and answers what it is told."""

    def __init__(self, status: int = 200) -> None:
        sink = self
        self.got: list[tuple[dict[str, str], bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/abcdefgh"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def sink() -> Iterator[Callable[..., Sink]]:
    made: list[Sink] = []

    def make(status: int = 200) -> Sink:
        made.append(Sink(status))
        return made[-1]

    yield make
    for each in made:
        each.server.shutdown()
        each.server.server_close()


class Mailbox(Message):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []

    def handle_message(self, message: object) -> None:
        self.got.append(message)


@pytest.fixture
def mail(settings) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield box
    controller.stop()


def send_test(user: User, client_for: Callable[[User], Client], **said: object) -> str:
    kept = Destination.objects.create(user=user, name="Mine", **said)
    return client_for(user).post(f"{PAGE}destinations/{kept.pk}/test/", follow=True).text


def test_a_test_of_a_webhook_arrives_signed(grace, client_for, reachable, sink):
    there, secret = sink(), operations.new_secret()
    shown = send_test(grace, client_for, channel="webhook", address=there.url, secret=secret)

    ((headers, body),) = there.got
    Webhook(secret).verify(body, headers)
    assert "Mine: accepted" in shown
    row = Delivery.objects.get(channel="webhook")
    assert row.state == DeliveryState.SENT and headers["webhook-id"] == str(row.pk)
    assert json.loads(body)


@pytest.mark.parametrize(("status", "word"), [(410, "refused"), (503, "not delivered"), (301, "")])
def test_a_test_that_is_not_accepted_says_so(grace, client_for, reachable, sink, status, word):
    shown = send_test(
        grace, client_for, channel="webhook", address=sink(status).url, secret=operations.new_secret()
    )
    assert "Mine: accepted" not in shown and f"Mine: {word}" in shown and str(status) in shown
    assert Delivery.objects.get(channel="webhook").sent_at is None
    assert DeliveryAttempt.objects.get().outcome != "sent"


def test_a_test_that_fails_goes_no_other_way_and_is_nobody_elses_to_look_at(
    grace, ada, client_for, reachable, sink, mail, settings
):
    settings.MAIL_CONFIGURED = True
    address, secret = sink(301).url, operations.new_secret()
    send_test(grace, client_for, channel="webhook", address=address, secret=secret)

    failed = Delivery.objects.get()

    assert failed.state == DeliveryState.FAILED and not failed.is_parked
    assert not Delivery.objects.parked().exists() and figures.figures().parked == 0
    assert "undelivered" not in client_for(ada).get("/settings/deliveries/").text


def test_a_test_of_a_mail_address_arrives(grace, client_for, mail):
    shown = send_test(grace, client_for, channel="email", address="home@example.com")
    assert "Mine: accepted" in shown
    assert len(mail.got) == 1 and "home@example.com" in mail.got[0]["To"]


def test_a_test_of_ones_own_address_arrives(grace, client_for, mail):
    shown = client_for(grace).post(f"{PAGE}test/", follow=True).text
    assert f"{grace.email}: accepted" in shown
    assert len(mail.got) == 1 and grace.email in mail.got[0]["To"]
    assert "Wait a few seconds" in client_for(grace).post(f"{PAGE}test/", follow=True).text


def test_mail_that_no_server_takes_says_so(grace, client_for, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    shown = send_test(grace, client_for, channel="email", address="home@example.com")
    assert "Mine: not delivered" in shown
    assert Delivery.objects.get().state == DeliveryState.PENDING


def test_a_second_test_at_once_is_refused(grace, client_for, reachable, sink):
    there = sink()
    send_test(grace, client_for, channel="webhook", address=there.url, secret=operations.new_secret())
    kept = Destination.objects.get()
    answer = client_for(grace).post(f"{PAGE}destinations/{kept.pk}/test/", follow=True)
    assert "Wait a few seconds" in answer.text and len(there.got) == 1


def test_the_page_costs_the_same_with_one_destination_and_with_many(
    grace, team, client_for, django_assert_num_queries
):
    from django.test.utils import CaptureQueriesContext

    client = client_for(grace)

    def cost() -> int:
        client.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    def more(count: int) -> None:
        for n in range(count):
            made = Destination.objects.create(
                user=grace, channel="email", name=f"D{n}", address="a@example.com"
            )
            operations.choose_uses(made.pk, ["page", "nudge"], by=grace)

    more(1)
    with_one = cost()
    more(20)
    assert cost() == with_one <= 15
