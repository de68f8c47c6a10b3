"""With each safety line taken out in turn, the tests must go red: `make mutations`.

Every mutation is made in a copy of the tree, and only the tests that should notice are run there. Exit code 1 where
one went unnoticed, or where the line it takes out is not there any more.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.environment import BASE_DIR

SAFETY = "tests/notifications/test_safety.py"
REMINDERS = "tests/notifications/test_reminders_safety.py"
HOST_TIME = '__import__("django.utils.timezone").utils.timezone.now()'


@dataclass(frozen=True)
class Mutation:
    """In every file that matches ``where``, what matches ``line`` becomes ``instead``."""

    name: str
    where: str
    line: str
    instead: str
    tests: str = SAFETY


MUTATIONS = (
    Mutation(
        "no fencing token where it was accepted",
        "notifications/deliveries.py",
        r"AND lease_token = %\(token\)s AND state = 'leased'",
        "",
    ),
    Mutation(
        "no fencing token where it failed",
        "notifications/deliveries.py",
        r"pk=row\.pk, lease_token=row\.lease_token, state=DeliveryState\.LEASED",
        "pk=row.pk",
    ),
    Mutation(
        "a dead sender keeps what it claimed until the lease runs out",
        "notifications/deliveries.py",
        r"    if gone:\n",
        "    if False:\n",
    ),
    Mutation(
        "a living sender is thought dead",
        "notifications/senders.py",
        r"return suspects - \{number for number, _ in rows\} if counts",
        "return suspects if counts",
    ),
    Mutation(
        "after a restart of the database all senders are thought dead",
        "notifications/senders.py",
        r" if counts else set\(\)",
        "",
    ),
    Mutation(
        "a sender that lost its session claims without its lock",
        "notifications/senders.py",
        r"self\._session is None or self\._session is not connection\.connection",
        "self._session is None",
    ),
    Mutation(
        "what is leased can be found again by the same claim",
        "notifications/deliveries.py",
        r"_leased\(\[row for row in rows if (.*?)\], sender\)",
        r"_leased([row for row in rows if \1][:0], sender) or rows",
        "tests/notifications/test_sending.py",
    ),
    Mutation(
        "a stage may be recorded twice",
        "notifications/migrations/0*.py",
        r'("clock", "due_at", "name")(,?)([\])])',
        r'\1, "id"\3',
    ),
    Mutation(
        "a delivery may be made twice",
        "notifications/deliveries.py",
        r'dedupe_key=f"\{notice\.pk\}',
        'dedupe_key=f"{uuid4()}',
    ),
    Mutation(
        "not asked before the send whether it is still needed",
        "notifications/deliveries.py",
        r"if state := why_not\(.*?\):",
        "if state := None:",
    ),
    Mutation(
        "not asked at firing what the incident owes",
        "notifications/sweep.py",
        r"owes = owed\(.*\)\n",
        "owes = clock\n",
    ),
    Mutation(
        "marked sent before it is sent",
        "notifications/sending.py",
        r"    outcome = outcome_of\(row\)\n    if not _settle\(row, outcome, started_at\):",
        '    settled = _settle(row, Outcome.sent("250"), started_at)\n    outcome_of(row)\n    if not settled:',
    ),
    Mutation(
        "the sweep waits for locks",
        "notifications/sweep.py",
        r", skip_locked=True\)\.first\(\)",
        ").first()",
    ),
    Mutation(
        "senders wait for locks",
        "notifications/deliveries.py",
        r", skip_locked=True\)",
        ")",
    ),
    Mutation(
        "the host's clock decides what is due",
        "notifications/sweep.py",
        r"fires_at__lte=DatabaseNow\(\)",
        f"fires_at__lte={HOST_TIME}",
    ),
    Mutation(
        "a send begins though its lease may be another's by now",
        "notifications/sending.py",
        r"if began > claimed\.begin_by",
        "if False",
        "tests/notifications/test_sending.py",
    ),
    Mutation(
        "leases never run out",
        "notifications/deliveries.py",
        r"lease_until__lt=DatabaseNow\(\)",
        "lease_until=None",
    ),
    Mutation(
        "a reminder may be recorded twice",
        "notifications/migrations/0*.py",
        r'fields=\("clock", "due_at", "name"\),\s+name="reminded_once',
        'fields=("clock", "due_at", "name", "id"), name="reminded_once',
        REMINDERS,
    ),
    Mutation(
        "not asked at firing whether the item is still open",
        "notifications/reminders/promises.py",
        r"if not item\.is_open:",
        "if item is None:",
        REMINDERS,
    ),
    Mutation(
        "not asked before the mail whether it still stands",
        "notifications/digests.py",
        r" and \(notice\.reminder is None or stands\(notice\.reminder\)\)",
        "",
        REMINDERS,
    ),
    Mutation(
        "the sweep of reminders waits for locks",
        "notifications/reminders/sweep.py",
        r"skip_locked=True",
        "",
        REMINDERS,
    ),
    Mutation(
        "the host's clock decides who is reminded",
        "notifications/reminders/sweep.py",
        r"fires_at__lte=DatabaseNow\(\)",
        f"fires_at__lte={HOST_TIME}",
        REMINDERS,
    ),
    Mutation(
        "one failing step stops the pump",
        "notifications/pumping.py",
        r"        errors\.append\(error\)\n        return 0",
        "        raise",
        "tests/notifications/test_engine.py",
    ),
    Mutation(
        "the watchdog sleeps",
        "notifications/engine.py",
        r"> PATIENCE",
        "> timedelta.max",
        "tests/notifications/test_engine.py",
    ),
)


def main(only: str = "") -> int:
    chosen = [mutation for mutation in MUTATIONS if only in mutation.name]
    verdicts = {mutation.name: verdict(mutation) for mutation in chosen}
    return 0 if all(said.startswith("red") for said in verdicts.values()) else 1


def verdict(mutation: Mutation) -> str:
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(BASE_DIR, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "screenshots"))
        found = mutate(tree, mutation)
        said = _tested(tree, mutation.tests) if found else "the line is not there"
    print(f"{mutation.name:56} {said}", flush=True)
    return said


def mutate(tree: Path, mutation: Mutation) -> int:
    """Take the line out wherever it is; how often it was."""
    found = 0
    for path in tree.glob(mutation.where):
        text, times = re.subn(mutation.line, mutation.instead, path.read_text())
        path.write_text(text)
        found += times
    return found


def _tested(tree: Path, tests: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", tests]
    result = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    failed = re.findall(r"^FAILED \S+::(\S+)", result.stdout, re.MULTILINE)
    if result.returncode == 1 and failed:
        return f"red: {failed[0]}"
    return (
        "GREEN: nobody noticed"
        if result.returncode == 0
        else f"broken: {result.stdout[-300:]}{result.stderr[-300:]}"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
