"""`course transcript`: turns, marks, attempts, and the table that studies of models report."""

import json
from pathlib import Path

import matplotlib.image as mpimg
import pytest

from utils.cli import main
from utils.sheets.figure import _title, draw
from utils.sheets.parts import Parts
from utils.sheets.study import studied
from utils.sheets.transcript import transcript_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def parts():
    return Parts(ROOT, "attention")


@pytest.fixture(autouse=True)
def in_the_course(monkeypatch):
    monkeypatch.chdir(ROOT)


def attempts(text, parts):
    return {
        part: [one.text for one in several] for part, several in transcript_of(text, parts).attempts.items()
    }


def example():
    text = (ROOT / "docs" / "answer_sheets.md").read_text(encoding="utf-8")
    return text.split("<!-- transcript -->")[1].split("```markdown\n")[1].rsplit("```", 1)[0]


def test_the_transcript_in_the_documentation_gives_the_table_that_studies_report(parts):
    study = studied(ROOT, "attention", transcript_of(example(), parts))
    assert [(part.part, part.outcome, part.right_at) for part in study.parts] == [
        ("decoding.f", "one shot", 1),
        ("decoding.g", "needed correction", 2),
        ("argmax_attention.b", "not gradable", 0),
    ]
    assert study.parts[1].attempts[0].mistake == "A4g-drop-h"
    assert study.by_question()["decoding"] == {"one shot": 1, "needed correction": 1}


def test_the_command_prints_tables_lists_prose_and_draws_the_figure(tmp_path, capsys):
    file = tmp_path / "talk.md"
    file.write_text(example(), encoding="utf-8")
    assert main(["transcript", str(file), "--figure", str(tmp_path / "attempts.png")]) == 1
    out = capsys.readouterr().out
    assert "needed correction: right at attempt 2" in out
    assert "not gradable: argmax_attention.b, line 22" in out
    assert (tmp_path / "attempts.png").read_bytes().startswith(b"\x89PNG")


def test_as_plain_data_every_attempt_has_its_line(tmp_path, capsys):
    file = tmp_path / "talk.txt"
    file.write_text("decoding.f: O(bd^2 + bnd)\n", encoding="utf-8")
    assert main(["transcript", str(file), "--json"]) == 0
    (part,) = json.loads(capsys.readouterr().out)["parts"]
    assert (part["outcome"], part["attempts"][0]["line"]) == ("one shot", 1)


@pytest.mark.parametrize(
    "turn",
    [
        "## Assistant",
        "**Assistant:**",
        "**Model**:",
        "Assistant:",
        "### GPT-4o",
        "Claude 3.5 Sonnet:",
        "# AI:",
    ],
)
@pytest.mark.parametrize(
    "mark", ["[decoding.g] X", "decoding.g: X", "### decoding.g\nX", "- **decoding.g**: X", "[A4g]\nX"]
)
def test_turns_and_marks_may_be_written_in_these_ways(turn, mark, parts):
    assert attempts(f"User: please answer\n{turn}\n{mark}\n", parts) == {"decoding.g": ["X"]}


def test_what_the_questioner_says_is_no_attempt(parts):
    text = "Model:\ndecoding.g: O(n)\nUser:\ndecoding.g: is it not O(d^2 + bd + bnd/h)?\nModel:\nYes."
    assert attempts(text, parts) == {"decoding.g": ["O(n)", "Yes."]}


def test_within_a_turn_the_last_answer_counts_and_without_turns_each_is_an_attempt(parts):
    two = "decoding.g: O(n)\ndecoding.f: O(1)\ndecoding.g: O(d)"
    assert attempts(f"Model:\n{two}\nUser: thanks", parts)["decoding.g"] == ["O(d)"]
    assert attempts(two, parts)["decoding.g"] == ["O(n)", "O(d)"]


def test_marks_and_turns_in_code_blocks_are_code(parts):
    text = "Model:\n[decoding.c]\n```python\n# User:\n# decoding.d: no\nUser: x\n```\n"
    (answer,) = attempts(text, parts)["decoding.c"]
    assert answer.endswith("```")
    assert list(attempts(text, parts)) == ["decoding.c"]


def test_a_mark_that_nearly_is_a_part_is_told_with_its_line(parts):
    found = transcript_of("Model:\n[decoding.ggg] O(n)\n[A1b] d\n", parts)
    assert found.attempts == {}
    assert [problem.split(":")[0] for problem in found.problems] == ["line 2", "line 3"]


def test_a_mark_like_an_id_of_the_specification_is_told_and_other_brackets_are_text(parts):
    found = transcript_of("Model:\n[A2b.x]: what\n[note]: see [1]\n[torch.Size] d\n", parts)
    assert found.problems == ["line 2: there is no part 'A2b.x'; 'course parts' lists them all"]


def test_a_part_that_a_person_reads_is_no_failure_and_has_its_own_outcome(tmp_path, capsys):
    file = tmp_path / "talk.txt"
    file.write_text("decoding.f: O(bd^2 + bnd)\ndecoding.batching: it helps\n", encoding="utf-8")
    assert main(["transcript", str(file)]) == 0
    assert "read by a person: decoding.batching, line 2" in capsys.readouterr().out


def test_the_headline_of_the_figure_counts_gradable_parts_and_nothing_of_it_is_empty(parts, tmp_path):
    study = studied(ROOT, "attention", transcript_of(example(), parts))
    assert _title(study) == "1 of 2 gradable parts right at once, 1 after a correction"
    draw(study, tmp_path / "attempts.png")
    pixels = mpimg.imread(tmp_path / "attempts.png")[..., :3].min(axis=2)
    columns = (pixels < 0.9).any(axis=0).nonzero()[0]
    assert columns[0] < 0.05 * pixels.shape[1]
    assert columns[-1] > 0.95 * pixels.shape[1]


def test_a_right_answer_that_is_given_up_later_is_shown_as_such(parts):
    text = "Model:\ndecoding.f: O(bd^2 + bnd)\nUser: sure?\nModel:\ndecoding.f: O(bd^2)\n"
    (part,) = studied(ROOT, "attention", transcript_of(text, parts)).parts
    assert (part.outcome, part.lost) == ("one shot", True)


@pytest.mark.parametrize("text", ["", "no marks at all", "User:\ndecoding.g: what is it?"])
def test_a_file_without_answers_is_refused_with_what_was_expected(text, tmp_path, capsys):
    (tmp_path / "talk.txt").write_text(text, encoding="utf-8")
    assert main(["transcript", str(tmp_path / "talk.txt")]) == 2
    assert "### decoding.g" in capsys.readouterr().err


def test_a_figure_for_a_folder_that_is_not_there_is_refused_before_anything_is_graded(tmp_path, capsys):
    talk = tmp_path / "talk.md"
    talk.write_text("User: go\n", encoding="utf-8")
    assert main(["transcript", str(talk), "--figure", str(tmp_path / "nowhere" / "x.png")]) == 2
    assert f"{tmp_path / 'nowhere'} is not there" in capsys.readouterr().err
