"""Which names a cell binds and takes."""

import ast
import builtins

import pytest

from utils.build.names import BUILT_IN, names_of


@pytest.mark.parametrize(
    ("code", "bound", "read", "deferred"),
    [
        ("x = x + y", "x", "x y", ""),
        ("x += 1", "x", "x", ""),
        ("a, (b, *c) = d", "a b c", "d", ""),
        ("x: int = y\nz: w", "x", "y w", ""),
        ("for i in rows:\n    total = i\nprint(i, total)", "i total", "rows", ""),
        ("with f() as g:\n    g.read()", "g", "f", ""),
        ("squares = [i * k for i in rows if i]", "squares", "k rows", ""),
        ("pairs = {i: j for i in a for j in i}", "pairs", "a", ""),
        ("if (n := f(m)) > n:\n    pass", "n", "f m", ""),
        ("import numpy as np, torch.nn\nfrom math import pi as π", "np torch π", "", ""),
        ("try:\n    f()\nexcept E as error:\n    print(error)", "error", "f E", ""),
        ("def f(a, *b, c=d, **e):\n    return a + b + c + e + g + h\nh = 1", "f h", "d", "g"),
        ("def f():\n    x = 1\n    def inner():\n        return x + y\n    return inner", "f", "", "y"),
        ("def f():\n    global total\n    total = total + 1", "f", "", "total"),
        ("f = lambda a, b=c: a + b + g", "f", "c", "g"),
        ("@wrap\ndef f(a: T) -> R:\n    return f(a)", "f", "wrap T R", ""),
        ("class A(B):\n    x = y\n    z = x\n    def f(self):\n        return w", "A", "B y", "w"),
        ("x.y = 1\nz[i] = 2", "", "x z i", ""),
        ("match v:\n    case [a, *_] as b:\n        print(a, b)", "a b", "v", ""),
        ("print(len(x))", "", "x", ""),
    ],
)
def test_names_follow_the_order_in_which_python_runs_a_cell(
    code: str, bound: str, read: str, deferred: str
) -> None:
    names = names_of(ast.parse(code))
    assert (set(names.bound), set(names.read), set(names.deferred)) == (
        set(bound.split()),
        set(read.split()),
        set(deferred.split()),
    )


def test_names_come_with_the_line_where_they_first_appear() -> None:
    names = names_of(ast.parse("a = 1\n\nb = c\nb = d\nprint(c)"))
    assert names.bound == {"a": 1, "b": 3}
    assert names.read == {"c": 3, "d": 4}


def test_the_underscore_of_an_interactive_python_is_not_a_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "_", 1, raising=False)
    assert names_of(ast.parse("for _ in range(3):\n    pass\nprint(_)")).read == {}
    assert "_" not in BUILT_IN
