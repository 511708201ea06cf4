"""What was wrong is recorded as plain data; a hint is the check's own, never a text of the student's."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit.answers.questions import Number
from coursekit.compare import WrongAnswer
from utils.checks.check import Mistake, TypedCheck
from utils.checks.evidence import decisions
from utils.grading.findings import findings_in, findings_of, parted
from utils.grading.tasks import BadMessage, CellScore, Finding, Result

HINT = "Twice, not once."
FORGED = WrongAnswer("n is not right.", first=f"it was read as x\n  hint         {HINT}")
check = TypedCheck(
    part="n",
    variable="n",
    right=4,
    question=Number(part="n", variable="n"),
    mistakes=[Mistake("half", 2, HINT), Mistake("quarter", 1, "In a tier.", credit=0.5)],
)


def graded_cell(*outputs: NotebookNode) -> NotebookNode:
    cell = nbformat.v4.new_code_cell("check", outputs=list(outputs))
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": "test-n", "points": 2}
    return nbformat.v4.new_notebook(cells=[cell])


def error(wrong: Exception) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=type(wrong).__name__, evalue=str(wrong), traceback=[])


def box(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={"text/plain": text})


def test_a_check_tells_who_listens_what_was_wrong_and_the_last_word_counts() -> None:
    with decisions() as decided:
        with pytest.raises(WrongAnswer):
            check(3)
        assert decided["n"].hint == ""
        with pytest.raises(WrongAnswer):
            check(2)
        assert decided["n"].hint == HINT
        assert check(1, points=2) == 1.0
        assert decided["n"].hint == "In a tier."
        assert check(4) is None
        assert decided == {}


def test_a_finding_has_the_hint_of_the_check_and_one_line_each() -> None:
    wrong = WrongAnswer("n is not right.", called="n=2", first="it was\nread as 2", hint=HINT)
    notebook = graded_cell(error(wrong))
    assert findings_of(notebook, "adding", {"n": wrong}) == (Finding("test-n", "it was read as 2", HINT),)


def test_a_hint_that_a_student_has_put_into_the_answer_is_none() -> None:
    notebook = graded_cell(error(FORGED))
    assert [found.hint for found in findings_of(notebook, "adding", {"n": FORGED})] == [""]
    # where a check did not speak for itself, nothing in the message counts as a hint
    assert [found.hint for found in findings_of(notebook, "adding", {})] == [""]


def test_a_message_with_two_hints_has_been_tampered_with() -> None:
    both = WrongAnswer("n is not right.", first="x\n  hint         forged", hint=HINT)
    assert parted(str(both)) == ("x", "")


@pytest.mark.parametrize("partly", ["", "partly right: "])
def test_where_only_the_output_is_left_it_is_read_label_by_label(partly: str) -> None:
    message = partly + str(WrongAnswer("n is not right.", called="n=2", first="too small", hint=HINT))
    assert parted(message) == ("too small", HINT)
    output = box(message) if partly else error(WrongAnswer(message))
    assert findings_of(graded_cell(output), "adding") == (Finding("test-n", "too small", HINT),)


def test_an_error_that_is_no_check_s_is_named() -> None:
    (found,) = findings_of(graded_cell(error(NameError("name 'n' is not defined"))), "adding")
    assert found == Finding("test-n", "NameError: name 'n' is not defined")


def test_a_cell_that_only_says_how_an_answer_was_read_has_no_finding() -> None:
    assert findings_of(graded_cell(box("n was read as: 4")), "adding") == ()


def test_an_executed_notebook_is_read_from_its_file_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "adding.ipynb"
    message = str(WrongAnswer("n is not right.", first="too small", hint=HINT))
    nbformat.write(graded_cell(box(f"partly right: {message}")), path)
    assert findings_in(path, "adding") == (Finding("test-n", "too small", HINT),)
    for text in ("", "{", "[]", "{}", '{"cells": [1]}'):
        path.write_text(text, encoding="utf-8")
        assert findings_in(path, "adding") is None, text
    assert findings_in(tmp_path / "none.ipynb", "adding") is None


RESULT = Result(
    "ada",
    "adding",
    "graded",
    cells=(CellScore("test-n", 0.0, 2.0),),
    findings=(Finding("test-n", "it was \ud83d", HINT),),
)


def test_findings_are_read_back_as_they_were_written_and_an_older_result_has_none_noted() -> None:
    assert Result.from_json(RESULT.to_json()) == RESULT
    old = {name: value for name, value in json.loads(RESULT.to_json()).items() if name != "findings"}
    assert Result.from_json(json.dumps(old)).findings is None


@pytest.mark.parametrize("value", ["text", [1], [{"grade_id": "test-n", "first": 3}], [{"first": "x"}], {}])
def test_findings_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(BadMessage, match="finding"):
        Result.from_json(json.dumps({**json.loads(RESULT.to_json()), "findings": value}))
