"""The sample class: what language models answered is graded as it was verified, part by part."""

from pathlib import Path

import pytest

from utils.build.source import parts
from utils.checks.proof import checks_of
from utils.grading import sample_class
from utils.grading.class_run import grade_class
from utils.grading.scores import scores_of

ROOT = Path(__file__).resolve().parents[2]
ROWS = sample_class.rows("attention")
ENTERED = [row for row in ROWS if row.entered]
CELLS = [row for row in ROWS if row.has_cell]
MANUAL = {part.id for part in parts(ROOT, "attention") if part.manual}
POINTS = {part.id: part.points for part in parts(ROOT, "attention")}
EARNS = {"right": 1.0, "partially": 0.5, "wrong": 0.0, "no answer": 0.0}


def name(row):
    return f"{row.student}:{row.part or row.question}"


@pytest.fixture(scope="session")
def graded(tmp_path_factory, built_copy):
    """The sample class, graded in a course of its own; returns each student's scores."""
    root = built_copy(tmp_path_factory.mktemp("course"))
    students = sample_class.write_class(root, "attention")
    outcomes = grade_class(root, "attention", students, jobs=2)
    assert [(o.student, o.log) for o in outcomes if o.state != "graded"] == []
    return {student: scores_of(root, "attention", student) for student in students}


def test_the_class_has_eight_to_ten_submissions_and_no_personal_names():
    assert 8 <= len(sample_class.models("attention")) <= 10
    assert all(student.startswith("sample-") for student in sample_class.models("attention"))


@pytest.mark.parametrize("row", CELLS, ids=name)
def test_each_answer_earns_what_it_was_verified_to_deserve(row, graded):
    score = graded[row.student][row.part]
    assert score.points == EARNS[row.verified] * score.out_of


def test_a_part_that_a_model_did_not_answer_earns_nothing(graded):
    answered = {(row.student, row.part) for row in CELLS}
    unanswered = [(s, p) for s in {row.student for row in ROWS} for p in graded[s] if (s, p) not in answered]
    assert {graded[s][p].points for s, p in unanswered if p not in MANUAL} == {0.0}


def test_the_perfect_submission_earns_every_point_that_a_machine_gives(graded):
    perfect = graded[sample_class.PERFECT]
    assert perfect.keys() == POINTS.keys()
    assert {p: s.points for p, s in perfect.items() if p not in MANUAL} == {
        p: n for p, n in POINTS.items() if p not in MANUAL
    }
    assert {p for p, s in perfect.items() if s.waits} == MANUAL


def test_no_starter_earns_a_point(graded):
    assert {score.points for score in graded[sample_class.UNTOUCHED].values()} == {0.0}


def test_the_half_done_submission_lies_between(graded):
    total = {student: sum(s.points for s in graded[student].values()) for student in graded}
    assert 0 < total[sample_class.HALF_DONE] < total[sample_class.PERFECT]


def test_each_known_misconception_of_the_models_is_recognised_as_such():
    checks = {
        part: check
        for lesson in {row.part.split(".")[0] for row in ENTERED}
        for part, check in checks_of(lesson).items()
    }
    for row in ENTERED:
        if row.misconception and row.verified != "right" and not isinstance(row.entry, list):
            judgement = checks[row.part].judge(row.answer if row.entry is None else row.entry)
            told = {m.hint: m.misconception for m in checks[row.part].mistakes}
            assert judgement.wrong is not None
            assert told.get(judgement.wrong.hint) == row.misconception, name(row)
            assert judgement.credit == EARNS[row.verified], name(row)


def test_rows_without_a_cell_have_a_reason():
    without = [row for row in ROWS if row not in CELLS]
    assert all(row.no_cell or row.verified in ("no answer", "not shown") for row in without)
    assert len(sample_class.without_a_cell("attention")) == len(without)


def test_the_verdicts_of_person_and_verification_differ_where_the_studies_were_wrong():
    listed = "\n".join(sample_class.disagreements("attention"))
    for misconception in ("A1a-mu-scalar", "A2b-nothing-trains", "A3a-bare-num-heads", "A4g-drop-h"):
        assert misconception in listed
