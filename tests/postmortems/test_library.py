"""The library: every post-mortem found by its words and filters, and by nobody who may not see its incident."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident, Service
from incidents.operations import Declaration
from postmortems.models import Postmortem
from postmortems.states import DocumentStatus
from runbooks.models import Revision
from tests.postmortems.conftest import a_postmortem

SignIn = Callable[[User], Client]
TITLES = ("Sign-in loops", "Payments late", "Chat down")


@pytest.fixture
def shelf(revision: Revision, ada: User) -> list[Postmortem]:
    """Three, each different from the others in everything."""
    made = []
    teams = [Team.objects.create(name=name, slug=name.lower()) for name in ("Web", "Money", "Talk")]
    services = [Service.objects.create(name=name, slug=name.lower()) for name in ("Sso", "Ledger", "Chat")]
    texts = (
        "A **cookie** on the wrong domain.",
        "An invoice table was locked.",
        "The provider's API `timed out`.",
    )
    for n, title in enumerate(TITLES):
        said = Declaration(title, n + 1, team=teams[n], services=[services[n]])
        incident = operations.declare(said, revision=revision, by=ada)
        operations.choose_branch(incident.pk, incident.checklists.filter(is_branch=True)[n].pk, by=ada)
        operations.change_status(incident.pk, "resolved", by=ada)
        made.append(a_postmortem(incident, ada, f"## Root cause\n\n{texts[n]}\n"))
    Postmortem.objects.filter(pk=made[1].pk).update(status=DocumentStatus.IN_REVIEW)
    return made


def titles_on(client: Client, asked: str) -> set[str]:
    answer = client.get(f"/postmortems/?{asked}")
    assert answer.status_code == 200
    rows = answer.content.decode().split("<tbody>")[-1]
    return {title for title in TITLES if title in rows} if "<tbody>" in answer.content.decode() else set()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {0, 1, 2}),
        ("q=cookie", {0}),
        ("q=INVOICE+table", {1}),
        ("q=payments", {1}),
        ("q=root+ca", {0, 1, 2}),
        ("q=nothing+of+it", set()),
        ("q=%27+%26+%7C+%21+%28", set()),
        ("status=in_review", {1}),
        ("status=nonsense", {0, 1, 2}),
        ("severity=3", {2}),
        ("team=web", {0}),
        ("service=ledger", {1}),
        ("cause=Nonsense", {0, 1, 2}),
        ("q=root&severity=1&team=money", set()),
    ],
)  # fmt: skip
def test_library_finds_what_is_asked_for(
    shelf: list[Postmortem], eve: User, client_for: SignIn, asked: str, found: set[int]
) -> None:
    assert titles_on(client_for(eve), asked) == {TITLES[n] for n in found}


def test_library_finds_by_what_the_cause_was(
    shelf: list[Postmortem], ada: User, eve: User, client_for: SignIn
) -> None:
    client = client_for(eve)
    branch = shelf[0].incident.checklists.exclude(chosen_at=None).get()
    assert (
        f'<option value="{branch.title}">Recent deployment</option>'
        in client.get("/postmortems/").content.decode()
    )
    assert titles_on(client, urlencode({"cause": branch.title})) == {"Sign-in loops"}
    operations.abandon_branch(shelf[0].incident_id, branch.pk, reason="It was not", by=ada)
    assert "Recent deployment" not in client.get("/postmortems/").content.decode()


def test_library_shows_where_the_words_stand(shelf: list[Postmortem], eve: User, client_for: SignIn) -> None:
    page = client_for(eve).get("/postmortems/?q=cook").content.decode()
    assert "A <mark>cookie</mark> on the wrong domain." in page
    shelf[0].text = "<b>cookie</b> \x02x\x03 <script>"
    shelf[0].save()
    page = client_for(eve).get("/postmortems/?q=cookie").content.decode()
    rows = page.split("<tbody>")[1]
    assert "<mark>cookie</mark>" in rows and "<b>" not in rows and "<script>" not in rows


def test_library_goes_straight_to_the_one_of_a_number(
    shelf: list[Postmortem], eve: User, client_for: SignIn
) -> None:
    number = shelf[1].incident_id
    answer = client_for(eve).get("/postmortems/", {"q": f"inc-{number}"})
    assert answer.headers["Location"] == f"/incidents/{number}/postmortem/"


def test_library_leaves_out_what_was_discarded(
    shelf: list[Postmortem], eve: User, client_for: SignIn
) -> None:
    Postmortem.objects.filter(pk=shelf[0].pk).update(discarded_at=shelf[0].created_at)
    assert titles_on(client_for(eve), "") == set(TITLES[1:])


def test_library_tells_nobody_of_a_private_one(
    shelf: list[Postmortem], ada: User, eve: User, client_for: SignIn
) -> None:
    """Not by a row, a count, a cause to filter by, or a number that leads somewhere."""
    private = shelf[0]
    operations.change_privacy(private.incident_id, True, by=ada)
    client = client_for(eve)
    page = client.get("/postmortems/").content.decode()
    assert "Sign-in loops" not in page and "2 post-mortems" in page and "Recent deployment" not in page
    for asked in ("q=cookie", f"q=INC-{private.incident_id}", "severity=1"):
        assert titles_on(client, asked) == set()
    assert titles_on(client_for(ada), "q=cookie") == {"Sign-in loops"}


def test_library_costs_the_same_with_one_row_and_with_many(
    shelf: list[Postmortem], ada: User, eve: User, client_for: SignIn
) -> None:
    client = client_for(eve)

    def queries(asked: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/postmortems/{asked}").status_code == 200
        return len(captured)

    queries("")
    before = [queries(""), queries("?q=root")]
    first = shelf[0].incident
    copies = Incident.objects.bulk_create(
        Incident(
            title=f"Copy {n}",
            severity=2,
            severity_name="SEV2",
            status="resolved",
            revision=first.revision,
            declared_by=ada,
        )
        for n in range(60)
    )
    Postmortem.objects.bulk_create(
        Postmortem(incident=i, title=i.title, text="root", author=ada) for i in copies
    )
    assert [queries(""), queries("?q=root")] == before
    assert max(before) <= 16
    assert "Page 1 of 3" in client.get("/postmortems/").content.decode()
