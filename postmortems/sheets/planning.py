"""What a sheet would add and change, and what is wrong with it. Nothing is written."""

import hashlib
import json
import re
from dataclasses import dataclass, field

from accounts.models import Team, User
from incidents.models import Access, Incident
from incidents.search import reference_in
from postmortems.models import ActionItem
from postmortems.owners import People
from postmortems.sheets.columns import COLUMNS
from postmortems.sheets.meaning import Meaning, Wrong, mean
from postmortems.sheets.reading import Problem, Row, Sheet, read

#: Items that one import may add or change: all of them in one transaction.
MOST_CHANGES = 1000
NEVER_EMPTY = ("status", "priority")
_REFERENCE = re.compile(r"(?:act[- ]?|#)?(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """What line ``line`` does: to ``item``, or a new one. ``cells`` are those that differ, with what stands there now;
    ``meaning`` is what they mean."""

    line: int
    item: ActionItem | None
    cells: dict[str, tuple[str, str]]
    meaning: Meaning
    incident: Incident | None

    @property
    def title(self) -> str:
        return str(self.meaning.fields.get("title") or (self.item.title if self.item else ""))


@dataclass
class Plan:
    """``changes`` in the order of the file; ``same`` counts the lines that say what is there already."""

    changes: list[Change] = field(default_factory=list)
    same: int = 0
    unread: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def added(self) -> list[Change]:
        return [change for change in self.changes if change.item is None]

    @property
    def changed(self) -> list[Change]:
        return [change for change in self.changes if change.item is not None]

    @property
    def may_go(self) -> bool:
        return bool(self.changes) and not self.problems

    def digest(self) -> str:
        """Names exactly this plan; another one where somebody changed an item meanwhile."""
        said = [(c.line, c.item.pk if c.item else 0, sorted(c.cells.items())) for c in self.changes]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def plan(text: str, *, by: User) -> Plan:
    """What importing ``text`` would do, as far as ``by`` may see and do it. A constant number of queries."""
    sheet = read(text)
    found = Plan(unread=sheet.unread, problems=list(sheet.problems))
    known = _Known(sheet, by)
    seen: set[int] = set()
    for row in sheet.rows:
        try:
            _plan_row(row, known, seen, found)
        except Wrong as wrong:
            found.problems += [(row.line, reason) for reason in wrong.reasons]
    if len(found.changes) > MOST_CHANGES:
        line = found.changes[MOST_CHANGES].line
        found.problems.append((line, f"Add or change {MOST_CHANGES:,} items at a time."))
    found.problems.sort()
    return found


class _Known:
    """What the rows name, read at once."""

    def __init__(self, sheet: Sheet, by: User) -> None:
        numbers = {number for row in sheet.rows if (number := _number(row))}
        items = ActionItem.objects.visible_to(by).filter(pk__in=numbers).defer("search")
        self.items = items.select_related("owner", "team", "incident").prefetch_related("links").in_bulk()
        named = {reference_in(row.cells.get("incident", "")) for row in sheet.rows} - {None}
        self.incidents = Incident.objects.visible_to(by).defer("search").in_bulk(named)
        self.people = People(User.objects.filter(is_active=True))
        self.teams = {team.name.casefold(): team for team in Team.objects.all()}
        self.by = by
        about = {*named, *(item.incident_id for item in self.items.values())}
        granted = Access.objects.filter(incident__in=about - {None}).values_list("incident_id", "user_id")
        self._granted = set(granted)

    def sees(self, person: User, incident: Incident | None) -> bool:
        return incident is None or not incident.is_private or (incident.pk, person.pk) in self._granted

    def works_on(self, incident: Incident) -> bool:
        return self.by.may_respond and self.sees(self.by, incident)


def _number(row: Row) -> int | None:
    match = _REFERENCE.fullmatch(row.cells.get("id", "").strip())
    return int(match[1]) if match else None


def _plan_row(row: Row, known: _Known, seen: set[int], found: Plan) -> None:
    item = _item(row, known, seen)
    cells = _differing(row, item)
    if not cells:
        found.same += 1
        return
    incident = item.incident if item else _incident(row, known)
    if item and "incident" in cells:
        raise Wrong([f"{item.reference} stays with {cells['incident'][0] or 'no incident'}."])
    meaning = mean({name: new for name, (_, new) in cells.items()}, item, known.people, known.teams)
    owner = meaning.fields.get("owner")
    if owner and not known.sees(owner, incident):
        raise Wrong([f"{owner.name} cannot see INC-{incident.pk if incident else ''}."])
    found.changes.append(Change(row.line, item, cells, meaning, incident))


def _item(row: Row, known: _Known, seen: set[int]) -> ActionItem | None:
    said = row.cells.get("id", "").strip()
    if not said:
        return None
    number = _number(row)
    item = known.items.get(number or 0)
    if item is None:
        raise Wrong([f"There is no “{said[:40]}”. Leave the id empty to add an item."])
    if item.pk in seen:
        raise Wrong([f"{item.reference} is there twice."])
    seen.add(item.pk)
    return item


def _incident(row: Row, known: _Known) -> Incident | None:
    said = row.cells.get("incident", "").strip()
    if not said:
        return None
    incident = known.incidents.get(reference_in(said) or 0)
    if incident is None or not known.works_on(incident):
        raise Wrong([f"There is no incident “{said[:40]}”. Write it as INC-42."])
    return incident


def _differing(row: Row, item: ActionItem | None) -> dict[str, tuple[str, str]]:
    """The cells that say something else than the file would say now, with what it would: exactly as it went out
    is unchanged, whatever it means."""
    cells = {name: cell for name, cell in row.cells.items() if name != "id"}
    if item is None:
        return {name: ("", cell) for name, cell in cells.items() if cell.strip()}
    # What an item always has is left as it is by an empty cell.
    cells = {name: cell for name, cell in cells.items() if cell.strip() or name not in NEVER_EMPTY}
    now = {name: COLUMNS[name](item).replace("\r\n", "\n") for name in cells}
    return {name: (now[name], cell) for name, cell in cells.items() if cell.strip() != now[name].strip()}
