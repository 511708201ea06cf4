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
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from utils.feedback.messages import Message, message_in, place_of, said_by
from utils.feedback.parts import Part, graded


def only_part(*cells: object) -> Part:
    (part,) = graded(notebook(*cells), "lesson").parts
    return part


def test_every_state_is_told_apart() -> None:
    states = {part.name: part.state for part in every_state().parts}
    assert states == {
        "(a)": "right",
        "b_function": "wrong",
        "(c)": "partly right",
        "(d)": "not answered",
        "why": "waiting",
        "again": "partly right",
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


ARISES = "in line 3 of its cell: return 1 / n"


def test_an_error_of_a_students_own_code_comes_with_its_line_and_no_other_of_the_traceback() -> None:
    raised = error("division by zero", "ZeroDivisionError")
    raised.traceback.append(ARISES)
    place = place_of(checked("f", 0, 1, raised))
    (message,) = said_by(checked("f", 0, 1, raised, place=place)).complaints
    assert message == Message("division by zero", name="ZeroDivisionError", place="line 3: return 1 / n")
    raised.traceback.append("assert answer == 'the key'")
    assert place_of(checked("f", 0, 1, raised)) == place_of(checked("f", 1, 1)) == ""


def test_an_answer_that_could_not_be_read_is_told_once_and_without_the_name_of_a_class() -> None:
    said = "`x` could not be read: enter one of the letters A, B as text, in quotes."
    raised = error("enter one of the letters A, B as text, in quotes.", "UnreadableAnswer")
    found = said_by(checked("a", 0, 1, box(said), raised))
    assert (found.complaints, found.remarks) == ((Message(said),), ())
    (alone,) = said_by(checked("a", 0, 1, box("another remark"), raised)).complaints
    assert alone == Message("enter one of the letters A, B as text, in quotes.")


def test_why_nothing_ran_is_known_only_where_all_checks_say_the_same() -> None:
    why = "f.ipynb was not handed in, so its parts get no points."
    none = [checked(name, 0, 1, error(why, "NotRun")) for name in "ab"]
    assert graded(notebook(*none, written("w", "", 0, 1)), "lesson").not_run == why
    assert graded(notebook(*none, checked("c", 1, 1)), "lesson").not_run == ""
    assert graded(notebook(written("w", "", 0, 1)), "lesson").not_run == ""


def drawing(alt: object = None) -> NotebookNode:
    metadata = {} if alt is None else {"image/png": {"alt": alt}}
    shows = new_output("display_data", data={"image/png": PIXEL}, metadata=metadata)
    return new_code_cell("figures.curve(f)", outputs=[shows])


def test_a_figure_belongs_to_the_part_whose_heading_it_stands_under() -> None:
    cells = [prose("## (c) The spread"), checked("c", 1, 1), drawing(), prose("## Costs")]
    first, second = graded(notebook(*cells, drawing(), checked("cost", 1, 1)), "lesson").parts
    assert [first.described(each) for each in first.pictures] == [
        "Figure drawn with your code in part (c), The spread"
    ]
    assert [second.described(each) for each in second.pictures] == [
        "Figure drawn with your code in part cost, Costs"
    ]


def test_a_figure_is_described_in_its_own_words_if_it_has_any() -> None:
    alts = ["g = 32: \x1b[1mlarger\u202e than\n2", "", 7, "long " * 100]
    part = only_part(*map(drawing, alts), checked("c", 1, 1))
    own, none, number, long = map(part.described, part.pictures)
    assert own == "g = 32: larger than 2"
    assert none == number
    assert none.endswith("drawn with your code in part (c)")
    assert len(long) < 350


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


def test_what_code_printed_while_it_was_checked_is_not_kept_and_that_it_did_is() -> None:
    loud = said_by(checked("a", 1, 1, printed("printed by the code of this notebook:\n| [7, 4] 9\n")))
    assert loud.printed
    assert "[7, 4]" not in repr(loud)
    assert not said_by(checked("a", 1, 1, printed("\n"), box("f: visible checks passed."))).printed


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
