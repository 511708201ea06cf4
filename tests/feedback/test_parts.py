"""What a page knows of a part: its state in words, its points, what was said to it."""

from __future__ import annotations

import pytest
from made import (
    COSTLY,
    PIXEL,
    WRONG,
    box,
    checked,
    error,
    every_state,
    notebook,
    printed,
    prose,
    solution,
    written,
)
from nbformat.v4 import new_output

from utils.feedback.messages import Message, message_in, said_by
from utils.feedback.parts import Part, graded


def only_part(*cells: object) -> Part:
    (part,) = graded(notebook(*cells), "lesson").parts
    return part


def test_every_state_is_told_apart() -> None:
    states = {part.name: part.state for part in every_state().parts}
    assert states == {
        "(a)": "right",
        "(b) function": "wrong",
        "(c)": "partly right",
        "(d)": "not answered",
        "Why": "waiting",
        "Again": "partly right",
    }


def test_an_answer_that_nobody_has_read_is_no_zero_and_not_lost() -> None:
    about = graded(notebook(written("why", "So.", 1, 3, waits=True), checked("a", 2, 2)), "lesson")
    assert (about.points, about.waiting, about.out_of) == (2, 3, 5)


def test_a_code_cell_that_was_changed_and_still_holds_a_blank_is_not_answered() -> None:
    first = (
        "f(1) is not what it should be.\n  first        returned ____: a blank in the function is still empty"
    )
    part = only_part(solution("f", "def f(): return ____"), checked("f", 0, 1, error(first)))
    assert part.state == "not answered"
    assert part.complaints


def test_nothing_is_complained_about_an_answer_that_was_not_given() -> None:
    part = only_part(
        solution("f", "x = ____"), checked("f", 0, 1, error("`x` is still empty.", "EmptyBlank"))
    )
    assert (part.state, part.complaints) == ("not answered", ())


def test_lateness_takes_points_off_and_never_below_none() -> None:
    assert graded(notebook(checked("a", 2, 2)), "lesson", penalty=0.5).points == 1.5
    assert graded(notebook(checked("a", 2, 2)), "lesson", penalty=5).points == 0


def test_a_message_is_taken_apart() -> None:
    assert message_in(WRONG) == Message(
        what="f differs from the reference.",
        called="x (3, 5)",
        first="shape (3, 1), expected (3,)",
        hint="The summed axis should be gone from the result.",
    )


def test_a_message_of_another_form_is_kept_whole() -> None:
    assert message_in("no such thing\n  at all").what == "no such thing\n  at all"


def test_a_partial_credit_is_a_complaint_and_a_remark_is_none() -> None:
    said = said_by(checked("a", 1, 2, box(f"partly right: {COSTLY}"), box("f: visible checks passed.")))
    assert [complaint.first for complaint in said.complaints] == ["work grow like N^1.87, counted"]
    assert said.remarks == ("f: visible checks passed.",)


@pytest.mark.parametrize(
    "text",
    [
        "x was read as: d\nWhether it is right is checked when the notebook is graded.",
        "f: visible checks passed; 1 more check runs when the notebook is graded.",
        "f: visible checks passed; 12 more checks run when the notebook is graded.",
    ],
)
def test_what_only_helps_while_working_is_left_out(text: str) -> None:
    (remark,) = said_by(checked("a", 1, 1, box(text))).remarks
    assert "graded" not in remark
    assert remark in ("x was read as: d", "f: visible checks passed.")


def test_neither_the_source_nor_the_traceback_of_a_graded_cell_is_read() -> None:
    part = only_part(solution("f", "f = 1"), checked("f", 0, 1, error(WRONG)))
    assert "HIDDEN" not in repr(part)
    assert "secret.py" not in repr(part)


def test_a_comment_of_a_grader_is_kept_and_nbgraders_own_is_not() -> None:
    kept = only_part(written("w", "So.", 1, 2, comment="Half."))
    empty = only_part(written("w", "Your answer here.", 0, 2, comment="No response."))
    assert [answer.comment for answer in (*kept.answers, *empty.answers)] == ["Half.", ""]


def test_what_a_cell_of_a_student_shows_is_text_or_a_real_picture() -> None:
    outputs = [
        new_output("display_data", data={"image/png": PIXEL, "text/html": "<b>", "text/plain": "a figure"}),
        new_output("display_data", data={"image/png": "' onerror='x", "text/plain": "no picture"}),
        new_output("display_data", data={"image/svg+xml": "<svg onload='x'/>", "text/html": "<script>"}),
        new_output("display_data", data={"image/png": "PHN2Zy8+"}),
        printed("\x1b[31mred\x1b[0m \u202eevil\x00"),
    ]
    (answer,) = only_part(solution("f", "f = 1", outputs=outputs), checked("f", 1, 1)).answers
    assert [(each.kind, each.content) for each in answer.outputs] == [
        ("picture", f"data:image/png;base64,{PIXEL}"),
        ("text", "no picture"),
        ("text", "red evil"),
    ]


def test_a_part_has_the_heading_above_it_and_the_question_before_it() -> None:
    about = every_state()
    assert [part.section for part in about.parts][:3] == ["Numbers", "Numbers", "Costs"]
    assert about.title == "A lesson with every state"
    assert about.parts[1].question.startswith("```python\n# no heading")


def test_a_cell_in_between_that_stopped_is_told_of() -> None:
    given = solution("given-setup", "raise", outputs=[error("boom", "ValueError")])
    given.metadata["nbgrader"] |= {"solution": False, "locked": True}
    part = only_part(prose("## H"), given, solution("f", "f = 1"), checked("f", 0, 1, error(WRONG)))
    assert [message.what for message in part.stopped] == ["boom"]
