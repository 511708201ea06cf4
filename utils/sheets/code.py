"""The code in an answer: out of its fences and its prose, and into the cell that the notebook has for it.

Nothing is run here; Python's own parser says what is code.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

from coursekit.answers.verdict import UnreadableAnswer
from utils.sheets.markup import code_spans, fences, plain_text, without_thoughts

LONGEST_CODE = 20_000  # characters; the longest solution of the course has a tenth of that
OTHER_LANGUAGES = {
    "text",
    "bash",
    "sh",
    "console",
    "output",
    "json",
    "latex",
    "tex",
    "markdown",
    "md",
    "math",
}
BEGINS = re.compile(r"^[ \t]*(?:def |async def |class |import |from \w+ import |@\w|\w+ *= *lambda\b)")
PROMPT = re.compile(r"^(?:>>> ?|\.\.\. ?|In \[\d*\]: ?)", re.MULTILINE)
MOST_LINES_DROPPED = 40  # of prose behind code without a fence
EMPTY = "____"


def function_cell(text: str, name: str, released: str) -> tuple[str, str]:
    """Return the text of the cell that defines `name`, and a remark on what was done to the answer.

    Raises `UnreadableAnswer` when the answer holds no Python that could stand in the released cell.
    """
    text = plain_text(without_thoughts(text))
    if len(text) > LONGEST_CODE:
        raise UnreadableAnswer(f"this answer has {len(text)} characters; code is read up to {LONGEST_CODE}.")
    for piece in _pieces(text, name):
        code = textwrap.dedent(piece.expandtabs(4)).strip("\n")
        tree = _parsed(code)
        cell = _defining(code, tree, name, released) if tree else None
        if cell := cell or _as_body(code, name, released):
            return cell
    raise UnreadableAnswer(f"no Python code that defines {name} was found in this answer.", text)


def _pieces(text: str, name: str) -> list[str]:
    """Return what may be the code, the likeliest first."""
    blocks = [block for language, block in fences(text) if language not in OTHER_LANGUAGES]
    blocks = [PROMPT.sub("", block) if ">>>" in block or "In [" in block else block for block in blocks]
    defining = [
        block for block in blocks if re.search(rf"\bdef +{name}\b|^\s*{name} *=", block, re.MULTILINE)
    ]
    earlier = blocks[: blocks.index(defining[-1])] if defining else []
    before = [block for block in earlier if block not in defining and _only_defines(block)]
    joined = ["\n\n".join([*before, defining[-1]])] if defining else []
    bare = PROMPT.sub("", text) if ">>>" in text else text
    return [*joined, *reversed(blocks), bare, _from_first_definition(bare), *reversed(code_spans(text))]


def _only_defines(block: str) -> bool:
    """Whether a block holds imports and functions only, so that it can stand before another."""
    tree = _parsed(textwrap.dedent(block))
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return tree is not None and all(isinstance(node, kinds) for node in tree.body)


def _from_first_definition(text: str) -> str:
    """Return the lines from the first one that begins code to the last one with which they are code."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if BEGINS.match(line)), len(lines))
    for end in range(len(lines), max(first, len(lines) - MOST_LINES_DROPPED), -1):
        code = textwrap.dedent("\n".join(lines[first:end]))
        if _parsed(code) is not None:
            return code
    return ""


def _parsed(code: str) -> ast.Module | None:
    """Return the tree of a text that is code, None for any other text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in somebody's string is not our warning
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if tree.body else None


def _defining(code: str, tree: ast.Module, name: str, released: str) -> tuple[str, str] | None:
    """Return the cell for code that parses: as it is, under the name asked for, or in the released cell."""
    bound = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assigned = {
        n.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for n in node.targets
        if isinstance(n, ast.Name)
    }
    if name in bound or name in assigned:
        return code, ""
    if len(bound) == 1:
        return f"{code}\n\n{name} = {bound[0]}", f"{bound[0]} was taken for {name}"
    if bound:
        return None
    only = tree.body[0]
    if len(tree.body) == 1 and isinstance(only, ast.Expr) and _fits(only.value, released):
        if isinstance(only.value, ast.Lambda):
            return f"{name} = {code}", ""
        return released.replace(EMPTY, f"({code})", 1), "entered in the blank of the released cell"
    return None


def _fits(value: ast.expr, released: str) -> bool:
    """Whether an expression is one that a released cell with a single blank could take."""
    if isinstance(value, ast.Lambda):
        return True
    works = any(isinstance(node, ast.Call | ast.BinOp | ast.Subscript) for node in ast.walk(value))
    return works and released.count(EMPTY) == 1 and f"return {EMPTY}" in released


def _as_body(code: str, name: str, released: str) -> tuple[str, str] | None:
    """Return the released function around statements that end in a `return`."""
    signature = re.search(rf"^def {name}\(.*?\).*?:$", released, re.MULTILINE)
    if not signature or not re.search(r"^return\b", code, re.MULTILINE):
        return None
    cell = f"{signature[0]}\n{textwrap.indent(code, '    ')}"
    return (cell, "entered below the released signature") if _parsed(cell) is not None else None


BLANK_LABEL = re.compile(
    r"^\s*(?:blank|answer)?\s*(?:\(\s*[a-h]\s*\)|__[a-h]__|blank_?[a-h]\b|[a-h]\s*[:).])\s*(?:is\b|[:=](?!=))?\s*"
    r"|^\s*(?:blank|answer|code)?\s*[:=](?!=)\s*"
    r"|^\s*[A-Za-z_][\w.]*\s*=(?!=)\s*",
    re.IGNORECASE,
)


def blank_text(text: str, variable: str) -> str:
    """Return the code of a blank without fence, label, assignment and quotes; as it is when it has none."""
    text = plain_text(without_thoughts(text)).replace(r"\_", "_").strip()
    inside = list(dict.fromkeys([block.strip() for _, block in fences(text)] or code_spans(text)))
    if len(inside) == 1 and not _is_expression(text):
        text = inside[0]
    text = re.sub(rf"^\s*{re.escape(variable)}\s*[:=](?!=)\s*", "", text)
    if not _is_expression(text):
        shorter = BLANK_LABEL.sub("", text, count=1)
        text = shorter if _is_expression(shorter.strip(" ;,.`")) else text
    return _unquoted(text.strip().rstrip(";.").rstrip())


def _is_expression(text: str) -> bool:
    tree = _parsed(text.strip())
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)


def _unquoted(text: str) -> str:
    """Return the text of a string literal: the notebook asks for a blank's code in quotes."""
    tree = _parsed(text)
    if tree and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        value = tree.body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.strip():
            return value.value.strip()
    return text
