"""Code in answers: what is taken out of fences and prose, and what is no code. Nothing is run here."""

import ast
import json
from pathlib import Path

import pytest

from coursekit.answers.verdict import UnreadableAnswer
from utils.sheets.code import blank_text, function_cell

FORMS = json.loads((Path(__file__).parent / "messy_code.json").read_text(encoding="utf-8"))
FUNCTIONS = [(text, verdict) for part, text, verdict in FORMS if part == "scaled_dot_product.c_function"]
BLANKS = [(text, verdict) for part, text, verdict in FORMS if part.endswith("blank_g")]
RELEASED = 'def scaled_scores(query, key):\n    """Return the scores."""\n    return ____\n'


def defined(cell):
    tree = ast.parse(cell)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return functions | {
        n.id for a in tree.body if isinstance(a, ast.Assign) for n in ast.walk(a) if isinstance(n, ast.Name)
    }


@pytest.mark.parametrize("text", [text for text, verdict in FUNCTIONS if verdict != "unreadable"])
def test_code_that_defines_the_function_is_found_however_it_is_wrapped(text):
    cell, _ = function_cell(text, "scaled_scores", RELEASED)
    assert "scaled_scores" in defined(cell)
    assert "def wrong" not in cell


@pytest.mark.parametrize("text", [text for text, verdict in FUNCTIONS if verdict == "unreadable"])
def test_formulas_and_prose_are_no_code(text):
    with pytest.raises(UnreadableAnswer, match="no Python code"):
        function_cell(text, "scaled_scores", RELEASED)


def test_of_two_definitions_the_last_counts_and_its_helpers_come_along():
    text = (
        "```python\ndef half(x):\n    return x / 2\n```\n"
        "```python\ndef scaled_scores(q, k):\n    return 1\n```\n"
        "Better:\n```python\ndef scaled_scores(q, k):\n    return half(q)\n```"
    )
    cell, _ = function_cell(text, "scaled_scores", RELEASED)
    assert "return half(q)" in cell
    assert "def half" in cell
    assert "return 1" not in cell


@pytest.mark.parametrize("text", [text for text, verdict in BLANKS if verdict == "right"])
def test_the_text_of_a_blank_is_found_however_it_is_labelled(text):
    assert blank_text(text, "blank_g") == "self.num_heads"


@pytest.mark.parametrize("text", ["Q == K", "x if y else z", "d['a'].b", "a", "(x)", "softmax(a, dim=-1)"])
def test_a_blank_that_is_an_expression_stays_as_it_is(text):
    assert blank_text(text, "blank_g") == text
