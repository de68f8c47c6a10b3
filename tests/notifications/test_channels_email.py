"""E-mail, to a real SMTP server."""

import socket
import time
from email import message_from_bytes, policy

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels import email
from notifications.models import DeliveryAttempt
from tests.notifications.making import a_delivery, a_notice
from tests.notifications.sinks import MailSink, mail_sink, raw_sink

SENT, RETRY, REFUSED = (DeliveryAttempt.Outcome(kind) for kind in ("sent", "retry", "refused"))


@pytest.fixture
def smtp(settings):
    with mail_sink() as sink:
        use(settings, sink.port)
        yield sink


def use(settings, port: int, host: str = "127.0.0.1") -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = ""


def read(sink: MailSink, number: int = 0):
    content = sink.accepted[number].content
    assert isinstance(content, bytes)
    return message_from_bytes(content, policy=policy.default)


def test_it_says_what_the_notice_says_as_text_and_as_html(smtp, grace, declared):
    incident = declared(1)
    row = a_delivery(grace, a_notice(incident))
    assert email.send(row).kind == SENT
    (envelope,) = smtp.accepted
    assert envelope.rcpt_tos == ["grace@example.com"]
    found = read(smtp)
    assert found["Subject"] == "Update due now"
    assert "#update" in found.get_body(("plain",)).get_content()
    assert "<strong>due</strong>" in found.get_body(("html",)).get_content()


def test_a_repeat_has_the_same_message_id_and_is_of_the_same_conversation(smtp, grace, declared):
    incident = declared(1)
    row, other = a_delivery(grace, a_notice(incident)), a_delivery(grace, a_notice(incident))
    for each in (row, row, other):
        email.send(each)
    first, again, later = (read(smtp, number) for number in range(3))
    assert first["Message-ID"] == again["Message-ID"] and str(row.pk) in first["Message-ID"]
    assert first["Message-ID"] != later["Message-ID"]
    assert first["References"] == later["References"] and f"incident-{incident.pk}" in first["References"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120), st.integers(0, 90))
def test_headers_left_alone_are_what_the_library_makes_of_them(word, many):
    mime = EmailMultiAlternatives("x" * many + word, "Look.", to=["ada@example.com"]).message()
    mime["X-Long"] = "<incident-1@example.com> " * many
    assert email._written(mime) == mime.as_bytes(linesep="\r\n")  # type: ignore[call-arg]


@pytest.mark.parametrize("title", [
    "Down\r\nBcc: eve@example.com", "Down\nBcc: eve@example.com", "Down\u2028Bcc: eve@example.com",
    "Down\x85Bcc: eve@example.com", "Down\r\n\r\n<script>alert(1)</script>", "Störung bei München 🔥", "x" * 250,
])  # fmt: skip
def test_a_title_adds_no_header(smtp, grace, title):
    grace.name = title[:80]
    row = a_delivery(grace, a_notice(title=title))
    row.recipient = grace
    assert email.send(row).kind == SENT
    found = read(smtp)
    assert found["Bcc"] is None and smtp.accepted[0].rcpt_tos == ["grace@example.com"]
    assert found["Subject"].strip() == " ".join(title.split())
    assert "<script>" not in found.get_body(("html",)).get_content()


@pytest.mark.parametrize(("rcpt", "kind", "gone"), [
    ("450 Later", RETRY, False), ("451 Greylisted", RETRY, False), ("452 Full", RETRY, False),
    ("550 No such user", REFUSED, True), ("553 Bad name", REFUSED, True), ("554 Your address is blocked", RETRY, False),
])  # fmt: skip
def test_what_the_server_says_of_a_recipient_decides(smtp, grace, rcpt, kind, gone):
    smtp.rcpt = rcpt
    outcome = email.send(a_delivery(grace))
    assert (outcome.kind, outcome.code, outcome.ends_destination) == (kind, rcpt[:3], gone)
    assert rcpt[4:] in outcome.detail and smtp.accepted == []


@pytest.mark.parametrize(("answer", "kind"), [
    ("451 Try later", RETRY), ("552 Too big", REFUSED), ("421 Closing", RETRY), ("drop", RETRY),
])  # fmt: skip
def test_what_the_server_says_of_a_message_decides(smtp, grace, answer, kind):
    smtp.answer = lambda envelope: answer
    assert email.send(a_delivery(grace)).kind == kind
    assert smtp.accepted == [] and len(smtp.tried) == 1


def test_a_wrong_host_and_a_closed_port_are_said_in_words(settings, grace):
    use(settings, 25, "mail.invalid")
    unknown = email.send(a_delivery(grace))
    with socket.create_server(("127.0.0.1", 0)) as server:
        use(settings, server.getsockname()[1])
    closed = email.send(a_delivery(grace))
    for outcome in (unknown, closed):
        assert outcome.kind == RETRY and "mail server could not be spoken to" in outcome.detail


@pytest.mark.parametrize("every", [0.1, 60])
def test_a_server_that_drips_is_cut_at_the_limit(settings, grace, monkeypatch, every):
    monkeypatch.setattr(email, "LIMIT", 1.0)

    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"2")
            time.sleep(every)

    with raw_sink(drip) as port:
        use(settings, port)
        started = time.monotonic()
        assert email.send(a_delivery(grace)).kind == RETRY
        assert time.monotonic() - started < 3


def test_what_was_accepted_is_sent_though_the_goodbye_goes_wrong(smtp, grace, monkeypatch):
    """The sending half of the connection is gone before QUIT."""
    from smtplib import SMTP

    def quit_(self: SMTP) -> None:
        self.close()
        raise TimeoutError("no goodbye")

    monkeypatch.setattr(SMTP, "quit", quit_)
    assert email.send(a_delivery(grace)).kind == SENT
    assert len(smtp.accepted) == 1


def test_without_a_mail_server_it_is_refused_in_words(settings, grace):
    settings.MAIL_CONFIGURED = False
    outcome = email.send(a_delivery(grace))
    assert outcome.kind == REFUSED and outcome.detail == "No mail server is configured."


def test_messages_after_one_another_go_by_one_connection_as_long_as_the_server_keeps_it(smtp, grace):
    smtp.answer = lambda envelope: "drop" if len(smtp.tried) == 3 else "250 OK"
    with email.kept_line():
        kinds = [email.send(a_delivery(grace)).kind for _ in range(5)]
    assert kinds == [SENT, SENT, RETRY, SENT, SENT]
    assert len(smtp.sessions) == 2 and len(smtp.accepted) == 4


def test_a_connection_that_the_server_ended_meanwhile_costs_no_try(smtp, grace):
    with email.kept_line():
        assert email.send(a_delivery(grace)).kind == SENT
        email._line.backend.connection.sock.shutdown(socket.SHUT_RDWR)
        assert email.send(a_delivery(grace)).kind == SENT
    assert len(smtp.accepted) == 2


def test_a_connection_is_ended_before_the_server_finds_that_it_is_enough(smtp, grace, monkeypatch):
    monkeypatch.setattr(email, "MOST_IN_A_ROW", 2)
    with email.kept_line():
        for _ in range(5):
            assert email.send(a_delivery(grace)).kind == SENT
    assert len(smtp.sessions) == 3


JOERG = "jörg@bücher.example"


def test_an_address_in_other_letters_goes_to_a_server_that_takes_it(settings, grace):
    with mail_sink(enable_SMTPUTF8=True) as sink:
        use(settings, sink.port)
        assert email.send(a_delivery(grace, address=JOERG)).kind == SENT
    assert sink.accepted[0].rcpt_tos == ["jörg@xn--bcher-kva.example"]
    content = sink.accepted[0].content
    assert isinstance(content, bytes) and "To: jörg@xn--bcher-kva.example".encode() in content


def test_and_from_others_it_is_refused_in_words(settings, grace):
    with mail_sink(enable_SMTPUTF8=False) as sink:
        use(settings, sink.port)
        outcome = email.send(a_delivery(grace, address=JOERG))
        ascii_name = email.send(a_delivery(grace, address="joerg@bücher.example"))
    assert outcome.kind == REFUSED and "no address with such letters" in outcome.detail
    assert ascii_name.kind == SENT and sink.accepted[0].rcpt_tos == ["joerg@xn--bcher-kva.example"]
