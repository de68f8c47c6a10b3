"""Action items out as CSV and in again: nothing is lost on the way, nothing runs, nothing is written unseen."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Team, User
from accounts.text import clean_name
from incidents import operations as incident_operations
from incidents.forms.fields import WordsField
from incidents.models import Incident
from incidents.operations import Refused
from postmortems.models import ActionItem, ItemEvent
from postmortems.operations import importing, items
from postmortems.sheets.cells import defuse, restore
from postmortems.sheets.planning import plan
from postmortems.sheets.reading import decode, read
from postmortems.sheets.writing import lines
from tests.postmortems.conftest import an_item

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 12, 4)
HEAD = "id,title,status,owner,due,priority,kind,team,incident,details,links,evidence"


def out() -> str:
    return "".join(lines(ActionItem.objects.order_by("pk")))


def bring_in(text: str, by: User, key: UUID | None = None) -> Any:
    return importing.import_items(text, by=by, agreed=plan(text, by=by).digest(), key=key or uuid4())


def problems(text: str, by: User) -> list[str]:
    return [f"{line}: {reason}" for line, reason in plan(text, by=by).problems]


# -- formulas -------------------------------------------------------------------------------------------

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", "'=1", "''=1",
    '=HYPERLINK("https://evil.example","x")', "=cmd|' /C calc'!A0", "\u200b=1", "−1",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_cell_that_would_be_worked_out_begins_with_an_apostrophe(text: str) -> None:
    assert defuse(text).startswith("'")
    assert restore(defuse(text)) == text


@pytest.mark.parametrize("text", ["Probe =1", "a-b", "", "it's", "'quoted'", "1 + 1", "ACT-12"])
def test_other_cells_are_left_as_they_are(text: str) -> None:
    assert defuse(text) == text == restore(text)


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n; \"＝ab"), max_size=8) | st.text(max_size=20))
def test_defused_cells_come_back_as_they_were(text: str) -> None:
    assert restore(defuse(text)) == text


def test_no_cell_of_the_file_is_a_formula(ada: User) -> None:
    for text in FORMULAS:
        name = clean_name(text)
        an_item(User.objects.create_user(f"{uuid4()}@example.com", name=name), title=name, details=text)
    cells = [
        cell for row in csv.reader(io.StringIO(out().removeprefix("\ufeff"), newline="")) for cell in row
    ]
    assert len(cells) == 14 * (len(FORMULAS) + 1)
    assert not [cell for cell in cells if re.match(r"[\s\u200b]*[=+\-@＝＋－＠−]", cell)]


@pytest.mark.parametrize("between", [";", "\t", "\n", ';"'])
def test_no_part_of_a_cell_is_a_formula_where_semicolons_separate(ada: User, between: str) -> None:
    """As a spreadsheet reads it that was set up in Germany: it splits within what stands in quotes."""
    an_item(ada, title=f"Probe{between}=1+1;b", details=f"x{between}=cmd|' /C calc'!A0{between}b")
    rows = [line.split(separator) for separator in ";\t" for line in re.split(r"[\r\n]+", out())]
    assert len(rows) > 4
    assert not [cell for row in rows for cell in row if re.match(r'[\s"]*[=+\-@]', cell)]


def test_file_is_rfc_4180_in_utf_8(ada: User) -> None:
    an_item(ada, FRIDAY, title='Say "no", then; stop', details="One\nTwo")
    text = out()
    assert text.startswith('\ufeff"id","title","status"')
    assert text.endswith("\r\n")
    assert '"Say ""no"", then; stop"' in text
    assert text.encode().decode("utf-8-sig") == text[1:]
    assert [row["title"] for row in csv.DictReader(io.StringIO(text[1:], newline=""))] == [
        'Say "no", then; stop'
    ]


# -- out and in again -----------------------------------------------------------------------------------

_words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60) | st.sampled_from(
    FORMULAS
)
_items = st.fixed_dictionaries(
    {
        "title": _words.map(clean_name).filter(bool),
        "details": _words.map(lambda text: WordsField(max_length=5000, required=False).clean(text)),
        "due_on": st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        "priority": st.sampled_from([1, 2, 3]),
        "kind": st.sampled_from(["", "prevent", "detect", "mitigate", "process"]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_items, max_size=4), st.sampled_from(["\r\n", "\n"]))
def test_round_trip_changes_nothing(ada: User, made: list[dict[str, Any]], end: str) -> None:
    before = ActionItem.objects.count()
    for said in made:
        items.add_item(by=ada, owner=ada, links=["https://example.com/1", "https://example.com/2"], **said)
    text = out().replace("\r\n", end)
    planned = plan(text, by=ada)
    assert (planned.problems, planned.changes, planned.same) == ([], [], before + len(made))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_items)
def test_new_item_comes_in_as_it_would_go_out(ada: User, said: dict[str, Any]) -> None:
    items.add_item(by=ada, **said)
    gone = ActionItem.objects.latest("pk")
    row = list(csv.reader(io.StringIO("".join(lines(ActionItem.objects.filter(pk=gone.pk))), newline="")))[1]
    sheet = io.StringIO(newline="")
    csv.writer(sheet).writerows([HEAD.split(","), ["", *row[1:12]]])
    bring_in(sheet.getvalue(), ada)
    came = ActionItem.objects.latest("pk")
    assert came.pk != gone.pk
    fields = ("title", "due_on", "priority", "kind")
    assert [getattr(came, name) for name in fields] == [getattr(gone, name) for name in fields]
    assert came.details.strip() == gone.details.strip()


def test_round_trip_of_what_could_not_be_typed_now_changes_nothing(
    incident: Incident, ada: User, grace: User, eve: User
) -> None:
    """Two of one name, an owner who is gone, a closed item, a private incident."""
    other = User.objects.create_user("other@example.com", name=grace.name)
    for owner in (grace, other, eve):
        items.add_item(by=ada, title="Probe", owner=owner, incident=incident, team=Team.objects.first())
    User.objects.filter(pk=eve.pk).update(is_active=False)
    done = items.add_item(by=ada, title="Done")
    items.mark_done(done.pk, by=ada, evidence="https://example.com/pr")
    dropped = items.add_item(by=ada, title="Dropped")
    items.propose_drop(dropped.pk, by=ada, reason="-1 for this")
    items.decide_drop(dropped.pk, by=grace, agree=True)
    incident_operations.change_privacy(incident.pk, True, by=ada)
    planned = plan(out(), by=ada)
    assert (planned.problems, planned.changes, planned.same) == ([], [], 5)


# -- what a sheet does ----------------------------------------------------------------------------------


def test_import_adds_and_changes_what_was_agreed_to(incident: Incident, ada: User, grace: User) -> None:
    team = Team.objects.create(name="Web", slug="web")
    item = items.add_item(by=ada, title="Probe", links=["https://example.com/1"])
    text = (
        f"{HEAD}\n"
        f"ACT-{item.pk},Probe it,In progress,grace@example.com,2026-12-04,High,Detect,web,,Words,https://example.com/2,\n"
        f",New one,,ada lovelace,2026-12-05,,,,INC-{incident.pk},,,\n"
    )
    planned = plan(text, by=ada)
    assert [(change.line, change.title) for change in planned.changes] == [(2, "Probe it"), (3, "New one")]
    assert not ItemEvent.objects.filter(kind="changed").exists()  # nothing is written by looking
    bring_in(text, ada)
    item.refresh_from_db()
    assert (item.title, item.status, item.owner, item.team) == ("Probe it", "in_progress", grace, team)
    assert (item.due_on, item.priority, item.kind, item.details) == (FRIDAY, 1, "detect", "Words")
    assert [link.url for link in item.links.all()] == ["https://example.com/2"]
    new = ActionItem.objects.latest("pk")
    assert (new.title, new.owner, new.incident) == ("New one", ada, incident)


def test_import_marks_done_with_evidence(ada: User) -> None:
    item = an_item(ada)
    text = f"id;status;evidence\nact-{item.pk};done;https://example.com/pr\n"  # a German spreadsheet's
    bring_in(text, ada)
    item.refresh_from_db()
    assert (item.status, item.evidence) == ("done", "https://example.com/pr")


def test_columns_that_are_not_there_are_left_alone_and_empty_cells_are_not(ada: User) -> None:
    item = an_item(ada, FRIDAY, details="Words")
    bring_in(f"id,due,status,priority\n{item.pk},,,\n", ada)
    item.refresh_from_db()
    assert (item.due_on, item.owner, item.details) == (None, ada, "Words")


def test_same_import_twice_is_once(ada: User) -> None:
    text, key = "title\nOne\nTwo\n", uuid4()
    agreed = plan(text, by=ada).digest()
    for _ in range(2):
        importing.import_items(text, by=ada, agreed=agreed, key=key)
    assert ActionItem.objects.count() == 2


def test_import_that_would_do_something_else_by_now_is_shown_again(ada: User) -> None:
    item = an_item(ada, FRIDAY)
    text = f"id,title\n{item.pk},Other\n"
    agreed = plan(text, by=ada).digest()
    items.change_item(item.pk, by=ada, title="Meanwhile")
    with pytest.raises(Refused, match="changed since you looked"):
        importing.import_items(text, by=ada, agreed=agreed, key=uuid4())
    item.refresh_from_db()
    assert item.title == "Meanwhile"


def test_import_is_all_or_nothing(incident: Incident, ada: User, grace: User) -> None:
    item = items.add_item(by=ada, title="Kept", incident=incident, owner=grace, due_on=FRIDAY)
    incident_operations.close(incident.pk, by=ada)
    text = f"id,title,owner\n,New,\n{item.pk},Kept,\n"
    with pytest.raises(Refused, match=r"Line 3: INC-\d+ is closed.* Nothing was imported"):
        bring_in(text, ada)
    assert ActionItem.objects.count() == 1


WRONG = [
    ("", "There is nothing in it"), ("name\nx\n", "names the columns"), ("title,title\nx,y\n", "same name"),
    ("title,due\nx\n", "2: This line has 1 cells, the first one 2"), ('title\n"never ends\n', "cannot be read as CSV"),
    ("title,due\nx,01/12/2026\n", "2: “01/12/2026” is no date: write it as 2026-12-01"), ("title,due\nx,9999-12-01\n", "is no date"),
    ("title,owner\nx,Nobody Known\n", "Nobody here is called"), ("title,priority\nx,P1\n", "is no priority: write high, medium, low"),
    ("title,kind\nx,fix\n", "is no kind"), ("title,team\nx,Nowhere\n", "is no team"), ("title,status\nx,Finished\n", "is no status"),
    ("title,status\nx,Won't do\n", "a reason and a second person"), ("title,status\nx,Done\n", "what shows that it is done"),
    ("title,incident\nx,INC-999\n", "There is no incident “INC-999”"), ("title,links\nx,javascript:alert(1)\n", "is no web address"),
    ("id,title\nACT-999,x\n", "There is no “ACT-999”"), ("id,title\n{item},x\n#{item},y\n", "3: ACT-{item} is there twice"),
    ("id,title\n{item},\n", "Say what should change"), ("id,incident\n{item},INC-1\n", "stays with no incident"),
    ("title\n" + "x" * 301 + "\n", "at most 300"), ("title,details\nx," + "y" * 5001 + "\n", "Keep it to 5,000"),
    ("title,evidence\nx,Because\n", "Evidence is said with the status Done"), ("title,owner\nx,Twin\n", "could be Twin"),
    ("title,owner,due\nx,?,?\n", "is no date"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_every_fault_is_told_with_its_line(ada: User, text: str, said: str) -> None:
    for n in (1, 2):
        User.objects.create_user(f"twin{n}@example.com", name="Twin")
    item = str(an_item(ada).pk)
    found = problems(text.replace("{item}", item), ada)
    assert [one for one in found if said.replace("{item}", item) in one], found


def test_items_of_private_incidents_are_missing_ones(incident: Incident, ada: User, grace: User) -> None:
    item = items.add_item(by=ada, title="Zugzwang", incident=incident)
    incident_operations.change_privacy(incident.pk, True, by=ada)
    hidden = problems(f"id,title\nACT-{item.pk},x\n", grace)
    assert hidden == [re.sub("999", str(item.pk), one) for one in problems("id,title\nACT-999,x\n", grace)]
    private = problems(f"title,incident\nx,INC-{incident.pk}\n", grace)
    assert private == [
        re.sub("999", str(incident.pk), one) for one in problems("title,incident\nx,INC-999\n", grace)
    ]
    assert problems(f"title,incident,owner\nx,INC-{incident.pk},Grace Hopper\n", ada) == [
        f"2: Grace Hopper cannot see INC-{incident.pk}."
    ]


def test_files_in_other_encodings_are_read_or_told() -> None:
    assert read(decode("title\nx".encode("utf-16"))).rows[0].cells == {"title": "x"}
    for data in (b"\xff\xfe\x00", b"t\xe9xt"):
        with pytest.raises(ValueError, match="CSV UTF-8"):
            decode(data)


# -- the pages ------------------------------------------------------------------------------------------


@pytest.fixture
def client(grace: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(grace)


def test_import_page_shows_the_plan_and_does_it_when_agreed_to(client: Client, ada: User) -> None:
    item = an_item(ada, FRIDAY, title="Probe")
    file = SimpleUploadedFile("items.csv", f"\ufeffid,title\n{item.pk},=1+1\n,<b>New\n".encode())
    looked = client.post("/actions/import/", {"key": str(uuid4()), "file": file})
    body = looked.content.decode()
    assert looked.status_code == 200
    assert "1 to add, 1 to change" in body
    assert "<del>Probe</del> <ins>=1+1</ins>" in body
    assert "&lt;b&gt;New" in body
    item.refresh_from_db()
    assert item.title == "Probe"
    form = body[body.index('name="agreed"') - 400 :]
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in ("key", "agreed")}  # type: ignore[index]
    sent["text"] = unescape(re.search(r"<textarea[^>]* hidden[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[1])  # type: ignore[index]
    done = client.post("/actions/import/", sent)
    assert "1 added, 1 changed" in done.content.decode()
    item.refresh_from_db()
    assert item.title == "=1+1"


def test_import_page_keeps_what_was_wrong(client: Client) -> None:
    answer = client.post("/actions/import/", {"key": str(uuid4()), "text": "title,due\nProbe,soon\n"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 2: “soon” is no date" in body
    assert ">\ntitle,due\nProbe,soon\n</textarea>" in body
    assert 'name="agreed" value="' not in body.split("<textarea")[0]


def test_export_is_the_list_that_is_shown(client: Client, ada: User, grace: User) -> None:
    an_item(ada, FRIDAY, title="hers")
    an_item(grace, FRIDAY, title="mine")
    answer = client.get("/actions/export.csv?show=mine")
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert 'attachment; filename="actions-' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["title"] for row in rows] == ["mine"]
