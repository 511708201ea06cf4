"""Every part is passed, wrong so far, unfinished, not started or not run yet, and the right one of these."""

import pytest
from nbformat import NotebookNode

from coursekit.cell_faults import answer_texts, cells_of
from coursekit.handed_out import HandedOut, handed_out
from coursekit.part_states import Given, State, states
from coursekit.run_record import Run
from tests.coursekit.handed import ANSWERS, answered, cell_of, released, solved


def state_of(name: str, notebook: object, runs: dict[str, Run], stopped: str = "") -> State:
    handed = handed_out(notebook)
    assert isinstance(handed, HandedOut)
    texts = answer_texts(cells_of(notebook, handed), handed)
    return next(s for s in states(handed, texts, runs, stopped) if s.part.name == name)


def run_of(notebook: object, name: str, number: int = 1, **told: object) -> dict[str, Run]:
    return {name: Run(cell_of(notebook, name).source, number=number, **told)}  # type: ignore[arg-type]


def both(notebook: object, **check: object) -> dict[str, Run]:
    return run_of(notebook, "mean", 1) | run_of(notebook, "test-mean", 2, **check)


def test_a_part_as_handed_out_is_not_started_whether_it_ran_or_not() -> None:
    for runs in ({}, both(released(), error="EmptyBlank: a blank is still empty")):
        assert state_of("mean", released(), runs).word == "not started"


def test_a_passed_part_says_how_many_checks_are_left_and_never_that_all_passed() -> None:
    state = state_of("mean", solved(), both(solved(), more=7))
    assert (state.word, state.detail) == ("passed", "7 more checks run when graded")
    assert state_of("mean", solved(), both(solved(), more=1)).detail == "1 more check runs when graded"
    assert state_of("mean", solved(), both(solved())).detail == "more checks run when graded"


def test_an_answer_that_was_only_read_is_not_passed() -> None:
    state = state_of("mean", solved(), both(solved(), more=1, only_read=True, read_as="(A) [d, q]"))
    assert (state.word, state.detail) == ("read", "read as (A) [d, q]; judged when graded")
    state = state_of("mean", solved(), both(solved(), more=1, only_read=True, read_as="x" * 1000))
    assert state.detail == f"read as {'x' * 199}…; judged when graded"
    assert state_of("mean", solved(), both(solved(), only_read=True)).detail == "judged when graded"


def with_count(notebook: NotebookNode, more: int) -> NotebookNode:
    """Return a notebook whose note counts the hidden checks of one part."""
    noted = next(part for part in notebook.metadata.course.parts if part.name == "mean")
    noted.more = more
    return notebook


@pytest.mark.parametrize(
    ("notebook", "runs", "detail"),
    [
        (released(), {}, "4 more checks run when graded"),
        (solved(), {}, "run its cells\n4 more checks run when graded"),
        (solved(), both(solved(), error="WrongAnswer: no"), "no\n4 more checks run when graded"),
        (solved(), both(solved(), error="EmptyBlank: empty"), "empty\n4 more checks run when graded"),
        (solved(), both(solved()), "4 more checks run when graded"),
        (solved(), both(solved(), more=7), "7 more checks run when graded"),
    ],
    ids=["not started", "not run", "wrong", "unfinished", "passed", "the check itself counted"],
)
def test_every_part_says_how_many_more_checks_run_when_graded(
    notebook: NotebookNode, runs: dict[str, Run], detail: str
) -> None:
    assert state_of("mean", with_count(notebook, 4), runs).detail == detail


def test_a_name_that_a_broken_given_cell_defines_leaves_a_part_unchecked() -> None:
    runs = both(solved(), error="NameError: name 'visible' is not defined")
    handed = handed_out(solved())
    assert handed is not None

    def mean(given: Given) -> State:
        texts = answer_texts(cells_of(solved(), handed), handed)
        return next(s for s in states(handed, texts, runs, given=given) if s.part.name == "mean")

    state = mean(Given("the given cell setup is missing"))
    assert (state.word, state.detail) == (
        "cannot be checked",
        "`visible` is not defined: the given cell setup is missing",
    )
    assert mean(Given("the given cell setup is missing", frozenset({"visible"}))).word == "wrong so far"
    assert mean(Given()).word == "wrong so far"


@pytest.mark.parametrize(
    ("error", "word", "detail"),
    [
        ("WrongAnswer: y is wrong.\n  hint  Look.", "wrong so far", "y is wrong.\nhint: Look."),
        ("NameError: name 'x' is not defined", "wrong so far", "NameError: name 'x' is not defined"),
        ("EmptyBlank: a blank is still empty in line 2", "unfinished", "a blank is still empty in line 2"),
    ],
)
def test_a_failed_check_says_the_first_wrong_thing(error: str, word: str, detail: str) -> None:
    state = state_of("mean", solved(), both(solved(), error=error))
    assert (state.word, state.detail) == (word, detail)


def test_an_answer_that_does_not_run_comes_before_its_check() -> None:
    error = "SyntaxError: unterminated string (detected at line 1) (1489061213.py, line 1)"
    runs = run_of(solved(), "mean", 1, error=error) | run_of(
        solved(), "test-mean", 2, error="NameError: mean"
    )
    assert state_of("mean", solved(), runs).detail == (
        "SyntaxError: unterminated string (line 1 of the cell to fill in for mean)"
    )


def test_an_answer_whose_check_did_not_run_is_not_run_yet() -> None:
    state = state_of("mean", solved(), run_of(solved(), "mean"))
    assert (state.word, state.detail) == ("not run yet", "run its cells")
    assert state_of("mean", solved(), {}, "the kernel died").detail == "the kernel died"


def test_a_check_that_ran_before_the_answer_ran_again_says_nothing() -> None:
    runs = run_of(solved(), "mean", 3) | run_of(solved(), "test-mean", 2)
    assert state_of("mean", solved(), runs).word == "not run yet"


def test_an_answer_written_since_its_cells_ran_is_not_run_yet() -> None:
    state = state_of("mean", solved(), both(released(), error="EmptyBlank: a blank is still empty"))
    assert (state.word, state.detail) == (
        "not run yet",
        "you have written something since: run its cells again",
    )


def test_an_answer_run_but_not_saved_counts_as_run() -> None:
    assert state_of("mean", released(), both(solved(), more=7)).word == "passed"


def test_a_changed_check_never_passes() -> None:
    notebook = solved()
    cell_of(notebook, "test-mean").source = "pass"
    state = state_of("mean", notebook, both(notebook))
    assert (state.word, state.detail) == ("not run yet", "its check was changed and says nothing")


def test_a_deleted_answer_is_not_started() -> None:
    notebook = solved()
    notebook.cells.remove(cell_of(notebook, "mean"))
    runs = run_of(notebook, "test-mean", error="NameError: mean")
    assert state_of("mean", notebook, runs).detail == "its cell is missing"


@pytest.mark.parametrize(
    ("text", "word"), [(ANSWERS["written-why"], "started"), ("", "not started"), ("\n \n", "not started")]
)
def test_a_written_answer_is_started_or_not_and_read_by_a_person(text: str, word: str) -> None:
    state = state_of("why", answered(written_why=text), {})
    assert (state.word, state.detail) == (word, "read by a person")
    assert state_of("why", released(), {}).word == "not started"
