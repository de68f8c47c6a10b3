"""Requests to addresses that people type: what is never reached, and what no answer can do to the sender."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from notifications import addresses, outgoing
from notifications.outgoing import Blocked, TooLarge, Unreachable, check_url, request
from tests.notifications.sinks import LOOPBACK, raw_sink, web_sink

#: Written in every way that some parser takes for an address; a name needs no server to be refused.
NEVER = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]", "[2001::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fd00:ec2::254]",
    "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[5f00::1]", "169.254.169.254", "169.254.170.2",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.1",
    "100.64.0.1", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "198.18.0.1",
    "198.19.255.254", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "0.0.0.0", "localhost",  # noqa: S104
    "localhost.", "LOCALHOST", "①②⑦.0.0.1", "127。0。0。1", "127．0．0．1", "1２7.0.0.1",
]  # fmt: skip
MALFORMED = [
    "http://good.example@127.0.0.1/", "http://good.example:secret@hooks.example.com/", "http://@hooks.example.com/",
    "http://hooks.example.com#@127.0.0.1", "http://127.0.0.1#good", "http://good.example\\@127.0.0.1/",
    "gopher://hooks.example.com/", "file:///etc/passwd", "ftp://hooks.example.com/", "unix:/var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "//hooks.example.com/", "hooks.example.com", "", "http://", "https:///x",
    "javascript:alert(1)", "data:text/plain,x", "http://hooks.example.com/\r\nX-Evil: 1", "http://hooks.example.com/ x",
    "http://hooks.example.com\t/", "http://hooks.example.com/\x00", "http://hooks.example.com/\u2028x",
    "http://hooks.example.com:99999/", "http://hooks.example.com:x/", "http://[::1/", "http://[hooks]/",
    "http://" + "a" * 8000 + ".example.com/", "http://hooks.example.com/" + "a" * 8000, "http://" + "a" * 70 + ".com/",
    "http://*.example.com/", "http://hooks..example.com/", "http://xn--/",
]  # fmt: skip


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the names resolve to; numbers, and names not in it, as they do outside of tests."""
    known: dict[str, list[str]] = {}
    asked = addresses._look_up

    def look_up(host: str, port: int) -> list[str]:
        return known[host] if host in known else asked(host, port)

    monkeypatch.setattr(addresses, "_look_up", look_up)
    return known


@contextmanager
def no_packet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever tries to connect fails the test."""

    def connect(address: object, *_: object) -> None:
        raise AssertionError(f"connected to {address}")

    with monkeypatch.context() as patch:
        patch.setattr(outgoing, "_connect_to", connect)
        yield


@pytest.mark.parametrize("host", NEVER)
def test_what_is_not_public_is_refused_when_saved_and_when_sent(host, monkeypatch):
    with no_packet(monkeypatch):
        for act in (check_url, lambda url: request("POST", url, body=b"x")):
            with pytest.raises((Blocked, Unreachable)):
                act(f"http://{host}/")


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_web_address_is_refused(url, names, monkeypatch):
    names["hooks.example.com"] = names["good.example"] = ["93.184.216.34"]
    with no_packet(monkeypatch):
        for act in (check_url, lambda url: request("POST", url, body=b"x")):
            with pytest.raises((Blocked, Unreachable)):
                act(url)


@pytest.mark.parametrize("port", [22, 25, 587, 5432, 6379, 8000, 0, 1])
def test_ports_that_are_not_the_webs_are_refused(port, names, monkeypatch):
    names["hooks.example.com"] = ["93.184.216.34"]
    with no_packet(monkeypatch), pytest.raises(Blocked, match="443"):
        check_url(f"http://hooks.example.com:{port}/")


@pytest.mark.parametrize("url", ["http://hooks.example.com", "https://hooks.example.com/a?b=c", "https://hooks.example.com:8443/",
                                 "https://93.184.216.34/", "https://[2606:2800:220:1::1]/"])  # fmt: skip
def test_public_addresses_may_be_saved(url, names):
    names["hooks.example.com"] = ["93.184.216.34", "2606:2800:220:1::1"]
    check_url(url)


@pytest.mark.parametrize(
    "bad", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"]
)
def test_one_bad_address_among_good_ones_is_enough_to_refuse_a_name(bad, names, monkeypatch):
    names["hooks.example.com"] = ["93.184.216.34", bad]
    with no_packet(monkeypatch), pytest.raises(Blocked, match="not on the public internet"):
        request("POST", "https://hooks.example.com/", body=b"x")


def test_a_name_that_changes_its_mind_after_it_was_saved_is_refused_at_the_send(names, monkeypatch):
    names["hooks.example.com"] = ["93.184.216.34"]
    check_url("http://hooks.example.com/")
    names["hooks.example.com"] = ["169.254.169.254"]
    with no_packet(monkeypatch), pytest.raises(Blocked):
        request("POST", "http://hooks.example.com/", body=b"x")


def test_a_request_goes_to_the_very_address_that_was_checked(monkeypatch, settings):
    """The name is good when checked, and bad whenever anybody looks again."""
    settings.ALLOWED_NETWORKS = LOOPBACK
    looked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) == 1 else ["10.0.0.1"]

    monkeypatch.setattr(addresses, "_look_up", look_up)
    with web_sink() as sink:
        port = sink.port
        assert request("POST", f"http://hooks.example.com:{port}/x", body=b"hello").status == 200
    assert looked[0] == "hooks.example.com" and looked.count("hooks.example.com") == 1
    assert sink.heard[0].headers["Host"] == f"hooks.example.com:{port}"


def test_the_peer_must_be_public_whatever_was_looked_up(names, monkeypatch, settings):
    names["hooks.example.com"] = ["93.184.216.34"]
    with web_sink() as sink:
        connect = socket.create_connection
        astray = lambda address, timeout: connect(("127.0.0.1", sink.port), timeout)  # noqa: E731
        monkeypatch.setattr(socket, "create_connection", astray)
        with pytest.raises(Blocked):
            request("POST", "http://hooks.example.com/", body=b"x")
    assert sink.heard == []


def test_our_own_name_is_refused(names, settings):
    settings.ALLOWED_HOSTS = ["incidents.example.com"]
    names["incidents.example.com"] = ["93.184.216.34"]
    with pytest.raises(Blocked, match="Allclear itself"):
        check_url("https://incidents.example.com/")


def test_networks_that_the_operator_allows_are_reached_on_any_port(settings):
    with web_sink() as sink:
        with pytest.raises(Blocked):
            request("POST", sink.url, body=b"x")
        settings.ALLOWED_NETWORKS = LOOPBACK
        check_url(sink.url)
        sink.answer = lambda heard: (202, {"X-Told": "yes"}, b"thanks")
        answer = request("POST", sink.url + "/a?b", body=b"hello", headers={"X-Mine": "1"})
    assert (answer.status, answer.headers["x-told"], answer.body) == (202, "yes", b"thanks")
    assert [(heard.path, heard.body, heard.headers["X-Mine"]) for heard in sink.heard] == [
        ("/a?b", b"hello", "1")
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_are_not_followed(status, settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with web_sink() as sink:
        sink.answer = lambda heard: (status, {"Location": sink.url + "/elsewhere"}, b"")
        assert request("GET", sink.url + "/here").status == status
    assert [heard.path for heard in sink.heard] == ["/here"]


def say(*parts: bytes, every: float = 0.0, forever: bytes = b"") -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)
            time.sleep(every)
        while forever:
            connection.sendall(forever)
            time.sleep(every)

    return speak


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize("speak", [
    say(forever=b"H", every=0.1),  # a status line that never ends
    say(b"HTTP/1.1 200 OK\r\n", forever=b"a", every=0.1),
    say(forever=b"HTTP/1.1 100 Continue\r\n\r\n", every=0.1),
    lambda connection: time.sleep(5),
])  # fmt: skip
def test_an_answer_that_drips_is_cut_at_the_deadline(speak, settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with raw_sink(speak) as port:
        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"longer than 1 second|in time"):
            request("GET", f"http://127.0.0.1:{port}/", seconds=1)
        assert time.monotonic() - started < 2


def test_a_body_of_a_byte_now_and_then_is_cut_at_the_deadline(settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with raw_sink(say(OK, forever=b"x", every=0.1)) as port:
        started = time.monotonic()
        assert request("GET", f"http://127.0.0.1:{port}/", seconds=1).status == 200
        with pytest.raises(Unreachable, match="longer than 1 second"):
            request("GET", f"http://127.0.0.1:{port}/", seconds=1, whole=True)
        assert time.monotonic() - started < 4


def test_an_answer_without_end_is_read_so_far_and_no_further(settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    endless = say(b"HTTP/1.1 200 OK\r\n\r\n", forever=b"x" * 65536)
    with raw_sink(endless) as port:
        answer = request("GET", f"http://127.0.0.1:{port}/", body_limit=1000)
        assert answer.body == b"x" * 1000
        with pytest.raises(TooLarge, match="5,120 KB"):
            request("GET", f"http://127.0.0.1:{port}/", body_limit=5 * 1024 * 1024, whole=True)


@pytest.mark.parametrize("speak", [
    say(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"),
    say(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n"),
    say(b"HTTP/1.1 9999999999 OK\r\n\r\n"), say(b"SSH-2.0-OpenSSH_9\r\n"), say(b"\x00" * 100), say(b""),
])  # fmt: skip
def test_what_is_not_http_is_an_answer_nobody_can_use(speak, settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with raw_sink(speak) as port, pytest.raises(Unreachable):
        request("GET", f"http://127.0.0.1:{port}/", seconds=5)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(addresses, "RESOLVE_LIMIT", 0.1)
    monkeypatch.setattr(addresses, "_look_up", lambda host, port: threading.Event().wait(1))
    with pytest.raises(Unreachable, match="Looking up"):
        check_url("https://hooks.example.com/")


def test_nobody_there_is_said_in_words(settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 refused the connection"):
        request("GET", f"http://127.0.0.1:{port}/")
