"""The proof of a release notices what it is there to notice."""

from pathlib import Path

import nbformat
import pytest

from utils.grading import release_proof

ROOT = Path(__file__).resolve().parents[2]


def code(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def test_a_notebook_that_runs_through_has_no_first_stop(tmp_path):
    assert release_proof.run(code("x = 1", "print(x)"), tmp_path) is None


def test_the_first_stop_names_the_cell_the_error_and_its_message(tmp_path):
    notebook = code("x = 1", "raise KeyError('b')", "raise ValueError('later')")
    stop = release_proof.run(notebook, tmp_path)
    assert (stop.cell, stop.error) == (notebook.cells[1].id, "KeyError")
    assert "b" in stop.message


def test_a_release_that_stops_elsewhere_is_refused(monkeypatch):
    monkeypatch.setattr(release_proof, "prove_release", lambda root, assignment: 1)
    monkeypatch.setattr(release_proof, "run", lambda notebook, folder: None)
    with pytest.raises(AssertionError, match="does not stop at an empty blank"):
        release_proof.prove(ROOT, "attention")


def test_a_starter_that_earns_points_and_a_solution_that_loses_some_are_named(monkeypatch):
    from utils.grading.scores import Score

    def scores(course, assignment, student):
        return {"decoding.f": Score("decoding.f", 4.0 if student == "untouched" else 0.0, 4.0)}

    monkeypatch.setattr(release_proof, "grade_class", lambda *args, **options: [])
    monkeypatch.setattr(release_proof, "scores_of", scores)
    with pytest.raises(
        AssertionError,
        match=r"earn points: \['decoding.f'\]; solutions that lose some: (\n.*)*decoding.f: no verdict",
    ):
        release_proof.prove_points(ROOT, "attention")


def test_what_a_graded_cell_says_is_wrong_is_found_by_its_part(tmp_path):
    mark = {"nbgrader": {"grade": True, "grade_id": "test-g", "points": 1}}
    cell = nbformat.v4.new_code_cell("check(g)", metadata=mark)
    cell.outputs = [nbformat.v4.new_output("error", ename="NotPlainData", evalue="No number", traceback=[])]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "decoding.ipynb")
    assert release_proof._messages(tmp_path) == {"decoding.g": "NotPlainData: No number"}
