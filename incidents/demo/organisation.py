"""Quayside's people, teams, services and runbook."""

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from accounts import operations as accounts
from accounts.models import Role, Team, User
from incidents import operations
from incidents.models import Service
from runbooks.fallback import STARTER, is_starter
from runbooks.models import Revision, Runbook
from runbooks.operations import create_runbook, publish

DOMAIN = "quayside.example"

#: Name, role, time zone and team. The first one administers.
PEOPLE = (
    ("Maya Okafor", Role.ADMINISTRATOR, "Europe/Lisbon", "Platform"),
    ("Tomás Rivera", Role.RESPONDER, "Europe/Madrid", "Platform"),
    ("Hana Kimura", Role.RESPONDER, "Asia/Tokyo", "Platform"),
    ("Ingrid Solberg", Role.RESPONDER, "Europe/Oslo", "Platform"),
    ("Arjun Mehta", Role.RESPONDER, "Asia/Kolkata", "Product"),
    ("Yusuf Adeyemi", Role.RESPONDER, "Africa/Lagos", "Product"),
    ("Noah Whitfield", Role.RESPONDER, "America/New_York", "Product"),
    ("Lena Fischer", Role.VIEWER, "Europe/Berlin", "Product"),
)
SERVICES = (
    ("Chat", "Conversations and replies", "Product"),
    ("Sign-in", "Accounts, sessions, single sign-on", "Platform"),
    ("API", "What customers build on", "Platform"),
    ("Web app", "The pages themselves", "Product"),
    ("File uploads", "Attachments and their previews", "Product"),
    ("Notifications", "E-mail and push", "Platform"),
    ("Billing", "Plans, cards, invoices", "Platform"),
    ("Search", "Finding old conversations", "Product"),
)
#: In place of the starter's blanks. The numbers are of ranges kept for fiction.
CONTACTS = {
    "| Primary On-Call | [Update] |": "| Primary On-Call | Tomás Rivera, +44 20 7946 0141 |",
    "| Secondary On-Call | [Update] |": "| Secondary On-Call | Arjun Mehta, +44 20 7946 0152 |",
    "| Engineering Lead | [Update] |": "| Engineering Lead | Hana Kimura, +44 20 7946 0163 |",
}


@dataclass(slots=True)
class Organisation:
    """Who and what there is, by name."""

    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    revision: Revision | None = None

    @property
    def administrator(self) -> User:
        return self.people[PEOPLE[0][0]]

    @property
    def responders(self) -> list[User]:
        return [person for person in self.people.values() if person.may_respond]


def found_organisation(password: str) -> Organisation:
    """Make the people, with one password for all, then their teams, services and runbook."""
    quayside = Organisation(people=_people(password))
    by = quayside.administrator
    for name, _, _, team in PEOPLE:
        if team not in quayside.teams:
            quayside.teams[team] = accounts.create_team(name=_free_team_name(team), by=by)
        accounts.add_member(quayside.teams[team].pk, quayside.people[name].pk, by=by)
    for name, description, team in SERVICES:
        quayside.services[name] = _service(name, description, quayside.teams[team], by)
    quayside.revision = _runbook(by)
    return quayside


def email_of(name: str) -> str:
    """By first name: maya@quayside.example."""
    plain = name.split()[0].lower().replace("á", "a")
    return f"{plain}@{DOMAIN}"


def _people(password: str) -> dict[str, User]:
    # One hash for all: eight would take as many times the seconds that a good hash takes.
    hashed = make_password(password)
    return {
        name: User.objects.create(email=email_of(name), name=name, role=role, timezone=zone, password=hashed)
        for name, role, zone, _ in PEOPLE
    }


def _free_team_name(name: str) -> str:
    return f"{name} (Quayside)" if Team.objects.filter(name__iexact=name).exists() else name


def _service(name: str, description: str, team: Team, by: User) -> Service:
    there = Service.objects.filter(name__iexact=name).first()
    return there or operations.save_service(None, by=by, name=name, description=description, team=team)


def _runbook(by: User) -> Revision:
    """The default runbook where a team brought its own; else the starter, with Quayside's contacts."""
    default = Runbook.objects.active().default()
    if default and default.current and not is_starter(bytes(default.current.source)):
        return default.current
    text = (STARTER / "incident-response.md").read_text(encoding="utf-8")
    for blank, contact in CONTACTS.items():
        text = text.replace(blank, contact)
    if default:
        return publish(default, text.encode(), by=by, note="Our contacts")
    return create_runbook(text.encode(), by=by, filename="incident-response.md", for_incidents=True)
