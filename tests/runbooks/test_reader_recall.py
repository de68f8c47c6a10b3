"""How much of what a careful reader finds is found, and how little else: over our own documents, and over the
annotated runbooks of real teams where they are at hand (RUNBOOK_CORPUS, or shared/corpus beside the repository)."""

import os
from pathlib import Path

import pytest

from runbooks import measuring

OWN = Path(__file__).parent / "documents"
CORPUS = Path(os.environ.get("RUNBOOK_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
FOLDERS = [folder for folder in (OWN, CORPUS) if (folder / "annotations.json").is_file()]


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def tallies(request: pytest.FixtureRequest) -> dict[str, measuring.Tally]:
    return {tally.kind: tally for tally in measuring.measure(request.param)}


@pytest.mark.parametrize("kind", measuring.KINDS)
def test_recall(tallies: dict[str, measuring.Tally], kind: str) -> None:
    floor = 0.9 if kind == "update cadences" else 0.95
    assert tallies[kind].recall >= floor, tallies[kind].missed


@pytest.mark.parametrize("kind", measuring.KINDS)
def test_invention(tallies: dict[str, measuring.Tally], kind: str) -> None:
    ceiling = 0.1 if kind == "update cadences" else 0.05
    assert tallies[kind].invention <= ceiling, tallies[kind].invented


def test_what_is_missing_is_counted_as_missed() -> None:
    tally = measuring.Tally("branches")
    tally.compare("here", ["database", "network"], ["database", "cache"])
    assert (tally.recall, tally.invention) == (0.5, 0.5)
    assert (tally.missed, tally.invented) == (["here: network"], ["here: cache"])
