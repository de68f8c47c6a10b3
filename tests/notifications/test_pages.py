"""Pages: who is reached, and the link that acknowledges without signing in."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations
from incidents.calling import number_of
from incidents.models import Incident
from incidents.operations import Refused
from incidents.sentences import sentence
from notifications import contacts, pages
from notifications.deliveries import Outcome, claim, settle
from notifications.models import Delivery, Notice, Page
from outbox.relay import relay
from runbooks.models import Runbook
from runbooks.playbook import Contact
from tests.notifications.conftest import World, heard


@pytest.fixture(autouse=True)
def _with_mail_and_no_counts(db, settings):
    cache.clear()
    settings.MAIL_CONFIGURED = True


@pytest.fixture
def incident(world: World, declared: Callable[..., Incident], contacts: dict[str, User]) -> Incident:
    return declared(1)


@pytest.fixture
def paged(incident, grace) -> Page:
    return pages.page(incident.pk, "Engineering Lead", "We need a decision", by=grace)


def link(page: Page, user: User | None = None) -> str:
    return pages.path_of(page.notice, user.pk if user else None)


def kinds(incident: Incident) -> list[str]:
    return list(incident.events.order_by("seq").values_list("kind", flat=True))


def test_a_page_reaches_the_contact_and_is_on_the_timeline(incident, paged, contacts):
    event = incident.events.get(kind="paged")

    assert heard(contacts["lead"]) == [f"Page: SEV1 INC-{incident.pk} Chat not working"]
    assert event.data["told"] == ["Lead"] and event.text == "We need a decision"
    assert Delivery.objects.filter(notice=paged.notice, channel="email").exists()


def test_only_a_hash_of_the_token_is_kept(paged):
    token = link(paged).split("/")[2]

    assert paged.token_hash != token
    assert token not in str(list(Notice.objects.values())) + str(list(Page.objects.values()))


def test_the_same_form_twice_makes_one_page(incident, grace):
    key = uuid4()

    one = pages.page(incident.pk, "Engineering Lead", "Help", by=grace, key=key)
    two = pages.page(incident.pk, "Engineering Lead", "Help", by=grace, key=key)

    assert one == two and incident.pages.count() == 1


def test_looking_acknowledges_nothing_and_the_button_acknowledges_once(incident, paged, contacts):
    client, address = Client(), link(paged, contacts["lead"])
    shown = client.get(address)
    client.head(address)
    assert b"We need a decision" in shown.content and b"Chat not working" in shown.content
    assert not Page.objects.get(pk=paged.pk).acknowledged_at

    after = client.post(address, follow=True)
    client.post(address)

    assert "Acknowledged by Lead" in after.content.decode()
    assert kinds(incident).count("page_acknowledged") == 1
    assert Page.objects.get(pk=paged.pk).acknowledged_by == contacts["lead"]


def test_the_first_answer_of_somebody_known_acknowledges_the_incident(incident, paged, contacts):
    Client().post(link(paged, contacts["lead"]))

    incident.refresh_from_db()
    assert incident.acknowledged_by == contacts["lead"]


def test_an_answer_from_a_bare_address_acknowledges_the_page_alone(incident, grace):
    User.objects.filter(email="lead@example.com").delete()
    page = pages.page(incident.pk, "Engineering Lead", "Help", by=grace)

    Client().post(link(page))

    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    assert incident.events.get(kind="page_acknowledged").data["who"] == "lead@example.com"


def test_another_page_is_not_acknowledged_by_it(incident, paged, grace, contacts):
    other = pages.page(incident.pk, "Secondary On-Call", "Help", by=grace)

    Client().post(link(paged, contacts["lead"]))

    assert not Page.objects.get(pk=other.pk).acknowledged_at


@pytest.mark.parametrize("change", ["x" * 40, "{t}.999.abc", "{t}.1.", "{t}.é.é", "%00", "a" * 3000])
def test_a_wrong_link_leads_nowhere(paged, contacts, change):
    token = link(paged).split("/")[2]

    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/p/{change.format(t=token)}/")
        assert answer.status_code in (400, 404), change


def test_a_link_cannot_be_made_somebody_elses(paged, contacts, ada):
    token, _, mark = link(paged, contacts["lead"]).split("/")[2].split(".")

    assert Client().post(f"/p/{token}.{ada.pk}.{mark}/").status_code == 404


def test_a_link_has_its_time(world, paged, contacts):
    world.skip(pages.LINK_LIFE * 2)

    assert Client().get(link(paged, contacts["lead"])).status_code == 404


def test_too_many_tries_are_refused(paged):
    client = Client()
    answers = [client.get(f"/p/{n}/").status_code for n in range(70)]

    assert answers[0] == 404 and answers[-1] == 429


def test_of_a_private_incident_only_its_number_and_the_words_are_told(incident, grace, ada, contacts):
    operations.change_privacy(incident.pk, True, by=ada)
    operations.grant_access(incident.pk, grace, by=ada)

    page = pages.page(incident.pk, "Security Lead", "Please ring me", by=grace)
    shown = Client().get(link(page, contacts["security"])).content.decode()

    assert heard(contacts["security"]) == [f"Page: INC-{incident.pk}"]
    assert "Please ring me" in shown and f"INC-{incident.pk}" in shown
    assert "Chat not working" not in shown + page.notice.text and "SEV1" not in shown


def test_without_mail_an_outsider_of_a_private_incident_is_to_be_called(
    incident, grace, ada, contacts, settings
):
    settings.MAIL_CONFIGURED = False
    operations.change_privacy(incident.pk, True, by=ada)
    operations.grant_access(incident.pk, grace, by=ada)

    with pytest.raises(Refused, match="Security Lead cannot be reached from here"):
        pages.page(incident.pk, "Security Lead", "Help", by=grace)
    assert not Page.objects.exists()

    operations.grant_access(incident.pk, contacts["security"], by=ada)
    assert pages.page(incident.pk, "Security Lead", "Help", by=grace)


def test_who_cannot_be_reached_is_to_be_called(world, revision, ada, grace):
    from incidents.operations import Declaration, declare
    from runbooks.operations import create_runbook

    source = b"# R\n\n## Contacts\n| Role | Contact | When |\n|---|---|---|\n| DBA | Ana, +44 20 7946 0000 | Always |\n"
    incident = declare(Declaration("Down", 1), revision=create_runbook(source, by=None), by=ada)

    with pytest.raises(Refused, match=r"Call \+44 20 7946 0000"):
        pages.page(incident.pk, "DBA", "Help", by=grace)


def test_outsiders_page_nobody(incident, eve):
    with pytest.raises(Refused):
        pages.page(incident.pk, "Engineering Lead", "Help", by=eve)


def test_the_sweep_pages_too_and_its_link_acknowledges_the_incident(world, incident, contacts):
    world.pass_time(world_minutes(2))
    page = Page.objects.get(incident=incident)
    assert page.role == "Primary On-Call" and page.paged_by is None

    Client().post(link(page, contacts["primary"]))
    world.pass_time(world_minutes(20))

    incident.refresh_from_db()
    assert incident.acknowledged_by == contacts["primary"]
    assert Page.objects.filter(incident=incident).count() == 1


def test_a_contact_left_blank_is_not_given_as_the_number_to_call(incident, grace):
    blank = Contact("Security Lead", "[Update]")

    assert number_of(blank) == "Security Lead"
    assert number_of(Contact("DBA", "[Ana](https://people.example/ana)")) != "DBA"


def test_the_button_says_whether_it_acknowledges_the_incident_too(incident, grace, contacts):
    paged, again = (
        pages.page(incident.pk, "Engineering Lead", words, by=grace) for words in ("Help", "Hello?")
    )
    told = f"and with it {incident.reference}, which nobody has acknowledged yet"

    before = Client().get(link(paged, contacts["lead"])).content.decode()
    bare = Client().get(link(paged)).content.decode()
    Client().post(link(paged, contacts["lead"]))
    after = Client().get(link(again, contacts["lead"])).content.decode()

    assert told in before
    assert "and nothing else" in bare and told not in bare
    assert "and nothing else" in after and told not in after


def world_minutes(number: int):
    from datetime import timedelta

    return timedelta(minutes=number)


def test_a_failed_delivery_turns_the_contact_red_with_the_number(incident, paged, client_for, grace):
    from notifications.deliveries import Outcome, claim, settle

    for row in claim(urgent=True, limit=20):
        settle(row, Outcome.refused("mailbox full", "552"), row.created_at)

    html = client_for(grace).get(f"/incidents/{incident.pk}/").content.decode()
    assert re.search(r'<li class="alarm">\s*<div class="grow">.*?lead@example\.com', html, re.S)
    assert "Not reached: call" in html and "Could not reach Lead by e-mail: mailbox full" in html


def test_the_room_pages_with_a_form_and_without_javascript(incident, grace, client_for):
    client = client_for(grace)
    address = f"/incidents/{incident.pk}/page/2/"
    form = client.get(address)
    assert "Page Engineering Lead" in form.content.decode()

    words = {"text": "Join us", "role": "Engineering Lead", "key": str(uuid4())}
    plain = client.post(address, words)
    htmx = client.post(address, words | {"key": str(uuid4())}, headers={"HX-Request": "true"})

    assert plain.status_code == 302 and plain["Location"].endswith("#people")
    assert 'id="people"' in htmx.content.decode() and "hx-swap-oob" in htmx.content.decode()
    assert incident.pages.count() == 2


@pytest.mark.parametrize("text", ["", "x" * 10_000, "nul \x00"])
def test_bad_words_are_refused_and_kept(incident, grace, client_for, text):
    said = quote(text, errors="surrogatepass")
    body = f"text={said}&role=Engineering+Lead&key={uuid4()}"
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/page/2/", body, "application/x-www-form-urlencoded"
    )

    assert answer.status_code in (400, 422) and not incident.pages.exists()


def test_a_contact_that_moved_is_not_paged_by_mistake(incident, grace, client_for):
    words = {"text": "Join us", "role": "Somebody else", "key": str(uuid4())}
    answer = client_for(grace).post(f"/incidents/{incident.pk}/page/2/", words)

    assert answer.status_code == 409 and "contacts have changed" in answer.content.decode()
    assert client_for(grace).get(f"/incidents/{incident.pk}/page/99/").status_code == 404


# -- bindings --------------------------------------------------------------------------------------


def test_a_bound_team_is_paged_whole(incident, grace, ada, contacts):
    team = Team.objects.create(name="Chat", slug="chat")
    team.members.add(ada, contacts["security"])
    runbook = incident.revision.runbook
    bind(runbook, "engineering lead", by=grace, team=team)

    page = pages.page(incident.pk, "Engineering Lead", "Help", by=grace)

    told = set(page.notice.deliveries.values_list("recipient__name", flat=True))
    assert told == {"Ada Lovelace", "Security"}


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("Grace Hopper, +44 20 7946 0141", ["Grace Hopper"]),
        ("grace hopper (+44 20 7946 0141)", ["Grace Hopper"]),
        ("@Grace Hopper +44 20 7946 0141", ["Grace Hopper"]),
        ("Ada Lovelace or Grace Hopper", ["Ada Lovelace", "Grace Hopper"]),
        ("Grace", []),
        ("Grace Hopper Smith, +44 20 7946 0141", []),
        ("[Update]", []),
    ],
)
def test_a_contact_written_with_a_name_and_a_number_reaches_who_has_that_name(
    incident, ada, grace, written, reached
):
    contact = Contact("Primary On-Call", written)

    assert sorted(person.name for person in contacts.reach(contact, incident)) == reached


def bind(runbook: Runbook, role: str, **to: Any) -> None:
    contacts.bind(runbook.pk, role, **to)


def test_a_binding_stays_when_the_runbook_is_revised_and_goes_when_unbound(incident, grace, ada):
    runbook, contact = incident.revision.runbook, pages.contact_named(incident, "Primary On-Call")
    bind(runbook, "PRIMARY ON-CALL", by=grace, address="rota@example.com")
    assert [person.name for person in contacts.reach(contact, incident)] == ["rota@example.com"]

    bind(runbook, "Primary On-Call", by=grace, user=ada)
    assert [person.name for person in contacts.reach(contact, incident)] == ["Ada Lovelace"]
    assert runbook.bindings.count() == 1

    contacts.unbind(runbook.pk, "Primary On-Call", by=grace)
    assert [person.name for person in contacts.reach(contact, incident)] == ["Primary"]


def test_bindings_are_chosen_on_a_page(incident, grace, eve, client_for):
    slug, client = incident.revision.runbook.slug, client_for(grace)

    answer = client.post(f"/runbooks/{slug}/contacts/0/", {"who": f"user:{grace.pk}", "address": ""})
    listed = client_for(eve).get(f"/runbooks/{slug}/contacts/").content.decode()

    assert answer.status_code == 302 and "Reaches Grace Hopper" in listed
    assert client_for(eve).get(f"/runbooks/{slug}/contacts/0/").status_code == 403
    assert client.post(f"/runbooks/{slug}/contacts/0/", {"who": "address"}).status_code == 422
    assert client.post(f"/runbooks/{slug}/contacts/0/", {"who": "user:999999"}).status_code == 422


def test_every_channel_carries_the_link_and_no_more_of_a_private_incident_than_was_said(
    incident, grace, ada, contacts
):
    from notifications.channels import apprise, email, webhook
    from notifications.models import Channel

    operations.change_privacy(incident.pk, True, by=ada)
    operations.grant_access(incident.pk, grace, by=ada)
    page = pages.page(incident.pk, "Security Lead", "Please ring me", by=grace)
    row = Delivery.objects.filter(notice=page.notice, channel=Channel.EMAIL).select_related("notice").get()
    address = link(page, contacts["security"])

    mail = email.message_of(row)
    said = [
        str(mail.body) + str(mail.alternatives) + mail.subject,
        str(webhook.payload(row)),
        apprise._body(row),
    ]

    assert all(address in words and "Chat not working" not in words for words in said)


def test_the_room_names_who_was_chosen_to_answer_for_a_contact(world, declared, ada, grace, client_for):
    incident = declared(1)
    contacts.bind(incident.revision.runbook_id, "primary on-call", by=ada, user=grace)

    room = client_for(ada).get(f"/incidents/{incident.pk}/").content.decode()

    escalate = room.split('id="people"')[1].split("</section>")[0]
    assert "Grace Hopper" in escalate.split("Secondary On-Call")[0]


def test_what_became_of_a_page_is_on_the_timeline_though_somebody_holds_the_incident(
    world, incident, ada, contacts
):
    made = pages.page(incident.pk, "Primary On-Call", "Please look", by=ada)
    rows = claim(urgent=True, limit=8)
    (row,) = [found for found in rows if found.notice_id == made.notice_id]

    assert settle(row, Outcome.sent("250"), timezone.now())
    assert not incident.events.filter(kind="page_delivered").exists()
    for _ in range(2):
        relay()

    (said,) = incident.events.filter(kind="page_delivered")
    assert sentence(said) == "The page to Primary went out by e-mail"


def test_a_page_that_went_out_after_its_lease_is_not_said_to_have(world, incident, ada, contacts):
    pages.page(incident.pk, "Primary On-Call", "Please look", by=ada)
    rows = claim(urgent=True, limit=8)
    Delivery.objects.update(lease_token=uuid4())
    assert not any(settle(row, Outcome.sent("250"), timezone.now()) for row in rows)
    relay()
    assert not incident.events.filter(kind="page_delivered").exists()
