"""`course answers`: what is a sheet, what is said of one that is not, and what its code answers earn."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from utils.cli import main
from utils.sheets.judging import Judged, judge
from utils.sheets.parts import Parts, UnknownPart
from utils.sheets.report import print_sheet
from utils.sheets.sheet import BadSheet, read_sheet, sheet_of

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
MODEL_ANSWERS = json.loads((HERE / "model_answers.json").read_text(encoding="utf-8"))

# What the models wrote that is no answer in the form asked for, and why; everything else is judged.
NOT_GRADABLE = {
    (
        "argmax_attention.b",
        "Argmax breaks gradient flow",
    ): "prose, where the letter of a statement is asked for",
    ("argmax_attention.b", "gradients cannot flow"): "prose, where the letter of a statement is asked for",
    (
        "kernel_attention.a",
        "\\text{sim}(Q_i,K_j) \\geq 0",
    ): "a condition, where the letter of one is asked for",
    ("kernel_attention.a", "\\text{sim}(Q_i,K_j) > 0"): "a condition, where the letter of one is asked for",
    ("kernel_attention.a", "\\sum_{j=1}^N \\text{sim}(Q_i,K_j)"): "a condition, not the letter of one",
    ("kernel_attention.a", "\\sum_{j=1}^N \\text{sim}(Q_i, K_j)"): "a condition, not the letter of one",
    ("kernel_attention.a", "at least one key"): "an explanation beside the answer",
    ("kernel_attention.a_squares", "a squared kernel"): "prose, where the letter of a statement is asked for",
    ("kernel_attention.b_map", "[q_1^2"): "a list of features in LaTeX, where a function is asked for",
    ("kernel_attention.b_rewrite", "V'_i"): "a formula in LaTeX, where a function is asked for",
    ("kernel_attention.linear_attention", "kv_agg"): "pseudocode about names that it never defines",
}


@pytest.fixture(scope="module")
def parts():
    return Parts(ROOT, "attention")


@pytest.fixture(autouse=True)
def in_the_course(monkeypatch):
    monkeypatch.chdir(ROOT)


def written(folder, entries):
    path = folder / "sheet.json"
    path.write_text(entries if isinstance(entries, str) else json.dumps(entries), encoding="utf-8")
    return path


def attempts_of(parts):
    """Return the models' answers as attempts, and for each answer where it went."""
    attempts, places = [], []
    for row in MODEL_ANSWERS:
        free = next((one for one in attempts if row["part"] not in one), None)
        if free is None:
            free = {}
            attempts.append(free)
        free[row["part"]] = (parts[row["part"]], row["answer"])
        places.append((row, next(i for i, one in enumerate(attempts) if one is free)))
    return attempts, places


@pytest.mark.slow
def test_every_gradable_answer_of_the_models_gets_its_verified_verdict(parts):
    attempts, places = attempts_of(parts)
    judged = judge(ROOT, "attention", attempts, jobs=2)
    not_gradable = set()
    for row, at in places:
        one = judged[at][row["part"]]
        if one.verdict == "unreadable":
            not_gradable |= {
                key for key in NOT_GRADABLE if key[0] == row["part"] and row["answer"].startswith(key[1])
            }
            assert any(row["answer"].startswith(start) for _, start in NOT_GRADABLE), row
        else:
            assert one.verdict == row["verified"].replace("partially", "partial"), row
            assert one.verdict == "right" or one.mistake == row["misconception"], row
    assert not_gradable == set(NOT_GRADABLE)


@pytest.mark.slow
def test_code_is_run_in_the_box_and_earns_what_its_cell_earns(parts):
    forms = {
        "scaled_dot_product.c_function": (
            "lambda query, key: query @ key.mT / query.shape[-1] ** 0.5",
            "right",
            "",
        ),
        "scaled_dot_product.monte_carlo": (
            "import os\nos._exit(3)\ndef moments(q, k): return 1, 1",
            "wrong",
            "",
        ),
        "multi_head_attention.blank_g": ("(g) `num_heads`", "wrong", "A3a-bare-num-heads"),
        "multi_head_attention.blank_h": ("blank_h = 'W_o'", "right", ""),
    }
    attempt = {name: (parts[name], answer) for name, (answer, _, _) in forms.items()}
    (judged,) = judge(ROOT, "attention", [attempt])
    assert {name: (one.verdict, one.mistake) for name, one in judged.items()} == {
        name: expected for name, (_, *expected) in forms.items() for expected in [tuple(expected)]
    }


def test_code_is_refused_with_the_reason_where_no_box_can_be_made(parts, monkeypatch, tmp_path, capsys):
    from utils.grading.box.boxes import BoxFailed

    def no_box(*_, **__):
        raise BoxFailed("this is a test")

    monkeypatch.setattr("utils.grading.split_desk.SplitDesk", no_box)
    sheet = written(tmp_path, [{"part": "multi_head_attention.blank_g", "answer": "num_heads"}])
    assert main(["answers", str(sheet)]) == 1
    assert "--trusted grades without a box" in capsys.readouterr().err


def test_a_claim_about_code_that_was_not_given_is_about_the_reference(parts):
    name = "kernel_attention.claim"
    (judged,) = judge(ROOT, "attention", [{name: (parts[name], "O(N D M)")}])
    assert judged[name].verdict == "right"


def test_one_bad_entry_does_not_stop_the_others_and_each_is_named(tmp_path, capsys):
    entries = [
        {"part": "decoding.f", "answer": "O(bd^2 + bnd)"},
        {"part": "decoding.gg", "answer": "O(1)"},
        17,
        {"part": "decoding.g"},
        {"part": "decoding.g", "answer": None},
        {"part": "decoding.g", "answer": {"O": 1}},
        {"part": "A4", "answer": 3},
        {"part": "A1b", "answer": "d"},
        {"part": 4, "answer": "d"},
        {"part": "decoding.batching", "answer": "it helps"},
    ]
    assert main(["answers", str(written(tmp_path, entries)), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["part"], one["verdict"]) for one in found["answers"]] == [
        ("decoding.f", "right"),
        ("decoding.multi_query_step", "unreadable"),
        ("decoding.batching", "read by a person"),
    ]
    said = {problem["entry"]: problem["reason"] for problem in found["problems"]}
    assert sorted(said) == [2, 3, 4, 5, 6, 8, 9]
    assert "did you mean decoding.g" in said[2]
    assert "several parts: scaled_dot_product.b, scaled_dot_product.monte_carlo" in said[8]


def test_a_written_answer_is_for_a_person_and_no_failure(tmp_path, capsys):
    entries = [
        {"part": "decoding.f", "answer": "O(bd^2 + bnd)"},
        {"part": "decoding.batching", "answer": "it helps"},
    ]
    sheet = str(written(tmp_path, entries))
    assert main(["answers", sheet]) == 0
    out = capsys.readouterr().out
    assert "points on 1 part; 0 answers could not be read; 1 answer for a person to read (3 points)" in out
    assert main(["answers", sheet, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["points"], data["out_of"], data["open"]) == (4.0, 4.0, 3.0)


def test_a_symbol_of_another_question_is_wrong_and_named(parts):
    name = "decoding.intensity_shared"
    (judged,) = judge(ROOT, "attention", [{name: (parts[name], "$g$")}])
    assert (judged[name].verdict, judged[name].read_as) == ("wrong", "g")
    assert judged[name].reason.startswith("g is a symbol of the course")


def test_an_entry_without_a_part_is_named_by_its_number_alone(tmp_path, capsys):
    assert main(["answers", str(written(tmp_path, [{"answer": "d"}]))]) == 1
    assert "entry 1: has no 'part'" in capsys.readouterr().out


def test_no_note_and_no_word_of_a_table_is_cut():
    word, note = "x" * 300, "a reason of many words " * 40
    one = Judged("decoding.g", "unreadable", 0, 4, read_as=word, reason=note)
    console = Console(width=80, file=StringIO())
    print_sheet([one], [], console)
    out = console.file.getvalue()
    assert "…" not in out
    assert out.count("x") == len(word)
    assert out.count("many") == 40


def test_the_last_answer_to_a_part_counts_and_the_row_says_so(tmp_path, capsys):
    twice = [{"part": "decoding.g", "answer": "O(n)"}, {"part": "A4g", "answer": "O(d^2 + bd + bnd/h)"}]
    assert main(["answers", str(written(tmp_path, twice)), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["answers"]
    assert one["verdict"] == "right"
    assert one["note"] == "answered 2 times (entries 1, 2); the last one counts"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"part": "a" "answer": 1}]', "line 1, column 15"),
        (r'[{"part": "decoding.g", "answer": "\frac{1}{2} \cdot"}]', "two backslashes"),
        ('{"decoding.g": "O(n)"}', "holds an object"),
        ("[]", "holds no answer"),
        ("[" * 200_000, "lists within lists"),
        ('[{"part": "decoding.g", "answer": NaN}]', "NaN is no number"),
        ("", "line 1, column 1"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_the_place(text, words, tmp_path, capsys):
    assert main(["answers", str(written(tmp_path, text))]) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_not_there_and_one_that_is_huge_are_refused(tmp_path, capsys, monkeypatch, parts):
    assert main(["answers", str(tmp_path / "none.json")]) == 2
    assert "is not there" in capsys.readouterr().err
    monkeypatch.setattr("utils.sheets.sheet.LARGEST_FILE", 10)
    with pytest.raises(BadSheet, match="read up to 10"):
        read_sheet(written(tmp_path, "[" + " " * 20 + "]"), parts)


def test_an_answer_cannot_write_to_the_terminal(tmp_path, capsys):
    hostile = "\x1b[31mred [bold]C[/bold] \x07"
    main(
        [
            "answers",
            str(
                written(
                    tmp_path, [{"part": hostile, "answer": "C"}, {"part": "decoding.a", "answer": hostile}]
                )
            ),
        ]
    )
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]" in out


def test_an_id_of_the_specification_names_a_part_only_if_it_is_the_only_one(parts):
    assert parts.find(" a4G ").id == "decoding.g"
    with pytest.raises(UnknownPart, match="several parts"):
        parts.find("A1b")


def test_the_sheet_in_the_documentation_is_judged_as_it_says(parts):
    text = (ROOT / "docs" / "answer_sheets.md").read_text(encoding="utf-8")
    entries = json.loads(text.split("<!-- sheet -->")[1].split("```")[1].removeprefix("json"))
    sheet = sheet_of(entries, parts)
    (judged,) = judge(ROOT, "attention", [{one.asked.id: (one.asked, one.answer) for one in sheet.answers}])
    assert [one.verdict for one in judged.values()] == ["right", "right", "right", "wrong", "right", "right"]
