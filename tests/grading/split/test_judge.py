"""The judge's order of things, with a box that can be told to die: what is kept, run again, or worth 0."""

import time
from dataclasses import replace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils.grading.box.boxes import BoxFailed
from utils.grading.box.limits import Limits
from utils.grading.split import judge as judging
from utils.grading.split.judge import Judge
from utils.grading.split.session import BoxLost

MARKS = {"answer": {"solution": True}, "given": {"locked": True}, "graded": {"grade": True, "points": 2}}


class PretendSession:
    """Runs cells in this process. `die()`, in a cell or a function, loses the box; `log` keeps the order."""

    def __init__(self, log):
        self.names = {"die": self._die, "log": log}
        self.log, self.deadline, self.printed, self.closed = log, 0.0, [], False
        self.asked, self.lost = [], ""

    def _die(self, why="it died"):
        self.lost = why
        raise BoxLost(why)

    def run(self, code, seconds):
        self.log.append(code)
        exec(code, self.names)
        return judging.Ran()

    def get(self, name, seconds):
        if name not in self.names:
            raise NameError(name)
        return self.names[name]

    def beside(self, name, args, kwargs):
        self.asked.append(name)
        return ("beside", name)

    def take_printed(self):
        taken, self.printed = self.printed, []
        return taken

    def cpu_seconds(self):
        return 0.25

    def close(self):
        self.closed = True


@pytest.fixture
def judged():
    """Return a function that runs cells, given as (kind, text), and returns the errors of each."""

    def run(*cells, limits=None):
        made = [
            new_code_cell(text, id=f"c{i}", metadata={"nbgrader": {**MARKS[kind], "grade_id": f"c{i}"}})
            for i, (kind, text) in enumerate(cells)
        ]
        notebook, sessions, log = new_notebook(cells=made), [], []

        def start():
            sessions.append(PretendSession(log))
            return sessions[-1]

        judge = Judge(start, limits or Limits(), "ada", "lesson")
        run.verdicts = judge.run(notebook, notebook)
        run.sessions, run.log = sessions, log
        return [errors(cell) for cell in notebook.cells]

    return run


def errors(cell):
    return [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]


def test_graded_cells_see_the_names_of_the_answers(judged):
    assert judged(("answer", "x = 3"), ("graded", "assert x == 3"), ("graded", "assert x == 4"))[1:] == [
        [],
        ["AssertionError: "],
    ]


def test_a_graded_cell_is_not_run_in_the_box(judged):
    judged(("answer", "x = 3"), ("graded", "assert x"))
    assert judged.log == ["x = 3"]


def test_a_name_that_was_not_defined_is_a_name_error(judged):
    # The owner of a name is read off what was handed out; here that is the same text.
    (_, found) = judged(("answer", "if False: x = 1"), ("graded", "assert x"))
    assert found == ["NameError: name 'x' is not defined"]


def test_a_value_is_fetched_anew_for_every_graded_cell(judged):
    found = judged(
        ("answer", "x = [1]"),
        ("graded", "assert x == [1]"),
        ("answer", "x = [1, 2]"),
        ("graded", "assert x == [1, 2]"),
    )
    assert found == [[], [], [], []]


def test_a_cell_that_ends_its_box_is_left_out_and_the_others_run_again(judged):
    found = judged(
        ("answer", "x = 1"), ("answer", "y = 1; die()"), ("answer", "z = x"), ("graded", "assert z == 1")
    )
    assert found[1] == ["LeftOut: it died; this cell was left out, and the other cells ran without it"]
    assert found[3] == []
    assert judged.log == ["x = 1", "y = 1; die()", "x = 1", "z = x"]


def test_a_call_that_ends_the_box_costs_its_own_cell_only(judged):
    found = judged(
        ("answer", "def f(): return 1"),
        ("answer", "def g(): die('too slow')"),
        ("graded", "assert f() == 1"),
        ("graded", "g()"),
        ("graded", "assert f() == 1"),
    )
    assert found[2:] == [[], ["NotRun: no verdict: too slow"], []]
    assert judged.log == ["def f(): return 1", "def g(): die('too slow')"] * 2


def test_parts_decided_before_a_box_is_lost_keep_their_points(judged):
    found = judged(
        ("answer", "x = 1"), ("graded", "assert x == 1"), ("answer", "y = 1; die()"), ("graded", "assert y")
    )
    assert found[1] == []
    assert found[3] == ["NameError: name 'y' is not defined"]


def test_a_notebook_that_keeps_losing_its_box_gets_no_more_of_them(judged):
    cells = [("answer", "def f(): die()"), *[("graded", "f()")] * 9]
    found = judged(*cells)
    assert len(judged.sessions) == judging.MOST_RESTARTS + 1
    assert found[-1] == ["NotRun: no verdict: the cells of this notebook ended or stalled their box 6 times"]


def test_after_the_time_for_the_notebook_nothing_runs(judged, monkeypatch):
    found = judged(
        ("answer", "import time; x = 1; time.sleep(0.05)"),
        ("graded", "assert x"),
        limits=replace(Limits(), notebook_seconds=0.02),
    )
    assert found[1] == [f"NotRun: no verdict: {judging.NO_TIME}"]


def test_every_box_is_closed_even_when_a_check_of_ours_breaks(judged):
    judged(("answer", "x = 1"), ("graded", "raise KeyError(x)"), ("answer", "die()"))
    assert all(session.closed for session in judged.sessions)


def test_a_read_only_cell_that_needs_an_answer_runs_with_it_on_both_sides(judged):
    found = judged(("answer", "x = 2"), ("given", "y = x + 1"), ("graded", "assert y == 3"))
    assert found[2] == []
    assert judged.log == ["x = 2", "y = x + 1"]


def test_templates_are_completed_in_the_box(judged):
    found = judged(
        ("given", "from coursekit.boundary import define"),
        ("answer", "text = '1'"),
        ("graded", "assert define('y = __a__', {'a': text}, 'y') == ('beside', 'coursekit.boundary.define')"),
    )
    assert found[2] == []


def test_a_template_is_completed_in_a_box_in_which_nothing_else_runs_and_which_ends_with_its_cell(judged):
    check = "from coursekit.boundary import define; define('y = __a__', {'a': text}, 'y')"
    judged(("answer", "text = '1'"), ("graded", check), ("answer", "x = 2"), ("graded", check))
    main, first, second = judged.sessions
    assert judged.log == ["text = '1'", "x = 2"]
    assert main.names["x"] == 2
    assert (first.asked, second.asked) == (["coursekit.boundary.define"], ["coursekit.boundary.define"])
    assert main.asked == []
    assert first.closed


def test_a_box_that_cannot_be_started_is_nobodys_answer():
    def start():
        raise BoxFailed("no user left")

    cells = ("answer", "x = 1"), ("graded", "try:\n    x\nexcept Exception:\n    pass")
    made = [
        new_code_cell(text, id=f"c{i}", metadata={"nbgrader": {**MARKS[kind], "grade_id": f"c{i}"}})
        for i, (kind, text) in enumerate(cells)
    ]
    notebook = new_notebook(cells=made)
    with pytest.raises(judging.NoBox, match="no user left"):
        Judge(start, Limits(), "ada", "lesson").run(notebook, notebook)


def test_what_a_test_cell_draws_by_itself_is_the_same_at_every_run_and_another_for_each_student(judged):
    cells = ("given", "import torch"), ("graded", "raise ValueError(torch.randn(2).tolist())")
    assert judged(*cells) == judged(*cells)


def test_prose_and_outputs_of_a_submission_are_not_touched():
    text = new_notebook(cells=[new_markdown_cell("words", id="t")])
    Judge(lambda: None, Limits(), "ada", "lesson").run(text, text)
    assert text.cells[0].source == "words"


def test_time_spent_is_reported(judged):
    start = time.monotonic()
    judged(("answer", "x = 1"), ("graded", "assert x"))
    seconds = judged.verdicts.seconds
    assert seconds["box"] == 0.25
    assert 0 < seconds["wall"] <= time.monotonic() - start


def test_a_value_too_large_to_be_handed_over_costs_its_own_part_only(judged, monkeypatch):
    get = PretendSession.get

    def refusing(self, name, seconds):
        if name == "huge":
            raise ValueError("the result is too large to be handed over")
        return get(self, name, seconds)

    monkeypatch.setattr(PretendSession, "get", refusing)
    found = judged(
        ("answer", "huge = 1"),
        ("answer", "small = 2"),
        ("graded", "assert huge == 1"),
        ("graded", "assert small == 2"),
    )
    assert found[2] == [
        "NotHandedOver: `huge` could not be looked at: the result is too large to be handed over"
    ]
    assert found[3] == []
    assert judged.verdicts.incidents == []
