"""What every graded class of attackers must keep, whatever started its boxes."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

from tests.attacks.assignment import FULL, NOTHING
from tests.attacks.attack import Attack
from tests.attacks.canaries import Canaries
from tests.attacks.graded import HONEST, GradedClass, results_of

# Control characters other than the end of a line and the tabulator, and marks that turn text around.
UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
OF_TORCH = "torchinductor_"  # a cache folder that torch makes for its user wherever it is imported
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # what our own progress bar writes
SHOWN_TYPES = {"text/plain", "text/html", "image/png", "image/jpeg"}


def assert_outcome(graded: GradedClass, attack: Attack) -> None:
    """Assert that an attack earned, found and was told exactly what it should."""
    if attack.fails:
        assert_not_graded(graded, attack)
        return
    assert graded.points(attack.key) == {**NOTHING, **attack.points}
    found = graded.loot(attack.key)
    assert found == dict(attack.loot) or (attack.may_be_stopped and not found)
    said = graded.said_to(attack.key)
    assert [words for words in attack.told if words not in said] == []
    assert [words for words in attack.untold if words in said] == []


def assert_not_graded(graded: GradedClass, attack: Attack) -> None:
    """Assert that nothing is recorded of an attack, and that the instructor reads why."""
    assert graded.points(attack.key) == {}
    assert not graded.executed(attack.key).exists()
    _, _, said = graded.printed.partition(f"{attack.key} could not be graded:")
    assert [words for words in attack.fails if words not in " ".join(said.split())] == []


def assert_neighbours(graded: GradedClass) -> None:
    """Assert that honest students before, between and after attackers have all their points."""
    assert [graded.points(student) for student in HONEST] == [dict(FULL)] * len(HONEST)


def assert_nothing_left(graded: GradedClass) -> None:
    """Assert that the run left nothing behind, was not called, and changed nothing that was handed in."""
    assert graded.left == {}
    assert [name for name in graded.temporary if not name.startswith(OF_TORCH)] == []
    assert graded.calls_heard == 0
    assert graded.untouched, "what was handed in, the source or the key was changed"


def places_of_canaries(graded: GradedClass) -> dict[str, list[str]]:
    """Return the secrets that stand in what the run has written or printed, by file."""
    found = {"printed": graded.canaries.found_in(graded.printed.encode("utf-8", "surrogateescape"))}
    found["records"] = graded.canaries.found_in(results_of(graded.root).encode())
    for path in graded.written:
        text = _without_tests(path) if path.suffix == ".ipynb" else path.read_bytes()
        found[path.relative_to(graded.root).as_posix()] = graded.canaries.found_in(text)
    found["gradebook"] = [
        place
        for place in graded.canaries.found_in((graded.root / "gradebook.db").read_bytes())
        if place != "hidden tests"  # nbgrader keeps the instructor's cells there
    ]
    return {place: secrets for place, secrets in found.items() if secrets}


def _without_tests(path: object) -> bytes:
    """Return an executed notebook without the texts of the tests, and without errors that quote them."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = ""
            cell.outputs = [output for output in cell.get("outputs", []) if output.output_type != "error"]
    return nbformat.writes(notebook).encode("utf-8", "surrogatepass")


def unshown_characters(text: str) -> list[str]:
    """Return the control characters of a text, other than those of our own progress bar."""
    return UNSHOWN.findall(TERMINAL.sub("", text).replace("\r", ""))


def shown_types(notebook: NotebookNode) -> set[str]:
    """Return the kinds of display data in a notebook that were made by the student's own cells."""
    own = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    return {kind for cell in own for output in cell.get("outputs", []) for kind in output.get("data", {})}


def canary_check_can_fail() -> bool:
    """Return whether the search finds a secret in each form that it knows."""
    canaries = Canaries({"place": "canary-place-0123456789abcdef"})
    word = b"canary-place-0123456789abcdef"
    return all(canaries.found_in(b"x" + form + b"y") for form in (word, word[::-1], word.hex().encode()))
