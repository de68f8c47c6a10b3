"""What Apprise speaks: to a server that really listens, and to nothing that it must not."""

import inspect
import socket
import sys
import time

import pytest

from notifications import apprise_urls
from notifications.addresses import Blocked, OutgoingError
from notifications.channels import apprise
from notifications.guard import guarded
from notifications.models import DeliveryAttempt
from tests.notifications.making import to_destination
from tests.notifications.sinks import LOOPBACK, raw_sink, web_sink

SENT, RETRY, REFUSED = (DeliveryAttempt.Outcome(kind) for kind in ("sent", "retry", "refused"))


@pytest.fixture
def sink(settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with web_sink() as sink:
        yield sink


@pytest.mark.parametrize("scheme", ["json", "ntfy", "form", "xml"])
def test_it_arrives(grace, sink, scheme):
    row = to_destination(grace, "apprise", f"{scheme}://127.0.0.1:{sink.port}/topic")
    assert apprise.send(row).kind == SENT
    (heard,) = sink.heard
    assert b"Update due now" in heard.body.replace(b"+", b" ") or "Update due now" in str(heard.headers)
    assert b"Post the update" in heard.body.replace(b"+", b" ")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, SENT), (401, REFUSED), (404, REFUSED), (410, REFUSED), (429, RETRY), (500, RETRY), (503, RETRY)],
)
def test_how_it_ended_is_what_the_service_said(grace, sink, status, kind):
    sink.answer = lambda heard: status
    outcome = apprise.send(to_destination(grace, "apprise", f"json://127.0.0.1:{sink.port}/"))
    assert outcome.kind == kind
    assert outcome.kind == SENT or outcome.code == str(status)


def test_nobody_there_is_tried_again(grace, settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = apprise.send(to_destination(grace, "apprise", f"json://127.0.0.1:{port}/"))
    assert outcome.kind == RETRY and outcome.detail


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:{}/",
        "json://localhost:{}/",
        "ntfy://127.0.0.1:{}/x",
        "gotify://localhost:{}/abcdefghijklmno",
    ],
)
def test_what_must_not_be_reached_is_refused_when_saved_and_when_sent(grace, sink, settings, url):
    settings.ALLOWED_NETWORKS = ()
    address = url.format(sink.port)
    with pytest.raises(Blocked):
        apprise_urls.check(address)
    outcome = apprise.send(to_destination(grace, "apprise", address))
    assert outcome.kind == REFUSED and "not on the public internet" in outcome.detail
    assert sink.heard == []


def test_a_redirect_leads_nowhere_it_must_not(grace, sink, settings):
    from ipaddress import ip_network

    settings.ALLOWED_NETWORKS = (ip_network("127.0.0.1/32"),)
    sink.answer = lambda heard: (307, {"Location": f"http://127.0.0.2:{sink.port}/stolen"}, b"")
    row = to_destination(grace, "apprise", f"json://127.0.0.1:{sink.port}/?redirect=yes")
    assert apprise.send(row).kind in (REFUSED, RETRY)
    assert "/stolen" not in [heard.path for heard in sink.heard]


@pytest.mark.parametrize("url", [
    "syslog://", "dbus://", "kde://", "gnome://", "macosx://", "windows://", "glib://", "file:///tmp/x", "exec://ls",
    "mailto://a:b@example.com", "mqtt://example.com/x", "rsyslog://example.com", "xmpp://a:b@example.com", "irc://example.com/x",
    "workflows://example.com:443/a/b/?template=/etc/passwd", "json://example.com/?wait=60", "fcm://project/?keyfile=/etc/passwd",
    "http://example.com/", "https://example.com/", "nonsense", "://", "json://", "slack://", "json://[::1", "\x00://",
])  # fmt: skip
def test_what_is_no_service_over_http_is_refused(url, grace):
    with pytest.raises(OutgoingError):
        apprise_urls.check(url)
    assert apprise.send(to_destination(grace, "apprise", url.replace("\x00", ""))).kind == REFUSED


@pytest.mark.parametrize("url", [
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c", "discord://123456789012345678/abcdefghijklmnop",
    "tgram://123456789:abcdefg_hijklmnop/12315544/", "ntfy://a-topic",
    "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
])  # fmt: skip
def test_vendors_may_be_saved(url):
    apprise_urls.check(url)


def test_every_service_that_is_let_in_speaks_http():
    """None of them opens sockets, programs or mail by itself: a new release of Apprise is looked at here."""
    odd = {"socket", "subprocess", "smtplib", "asyncio", "socketserver", "telnetlib", "ftplib"}
    for plugin in apprise_urls._services.plugins():
        if apprise_urls._speaks_http(plugin):
            module = sys.modules[plugin.__module__]
            assert not odd & set(vars(module)), plugin
            # A thread of its own would not be guarded: before Python 3.12 nothing tells that one begins.
            assert "Thread(" not in inspect.getsource(module) and "Executor(" not in inspect.getsource(module)


def test_a_service_that_drips_is_cut_at_the_limit(grace, settings, monkeypatch):
    settings.ALLOWED_NETWORKS = LOOPBACK
    monkeypatch.setattr(apprise, "LIMIT", 1.0)

    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"H")
            time.sleep(0.1)

    with raw_sink(drip) as port:
        started = time.monotonic()
        outcome = apprise.send(to_destination(grace, "apprise", f"json://127.0.0.1:{port}/"))
        assert outcome.kind == RETRY and "longer than 1 second" in outcome.detail
        assert time.monotonic() - started < 3


def test_guarded_code_reads_no_file_and_starts_nothing(tmp_path):
    import subprocess

    (tmp_path / "secret").write_text("x")
    for act in (
        (tmp_path / "secret").read_text,
        lambda: subprocess.Popen(["true"]),
        lambda: socket.socket(socket.AF_UNIX).connect(str(tmp_path / "x")),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        lambda: socket.create_connection(("localhost", 1)),
    ):
        with guarded(5), pytest.raises(PermissionError):
            act()
    assert (tmp_path / "secret").read_text() == "x"
