"""What a judge gets from a box: outputs of cells, values of names, results of calls, changes of arguments."""

import time
from functools import partial

import numpy as np
import pytest
import torch

from coursekit.blanks import EmptyBlank, UnusableBlank, is_blank
from coursekit.boundary import define, gradients, run_beside
from coursekit.compare import WrongAnswer
from coursekit.cost import Cost, UncountedOperation, count
from coursekit.visible.kernel_attention import positive_features
from utils.grading.box.limits import Limits
from utils.grading.split.session import BoxLost
from utils.grading.split.stand_in import NotPlainData, StandIn

SECONDS = 60  # far more than anything here takes


@pytest.fixture(scope="module")
def session(shared_session):
    return shared_session


@pytest.fixture
def ran(session):
    """Return a function that runs a cell and returns its outputs as (type, text)."""

    def run(code):
        session.deadline = time.monotonic() + SECONDS
        session.take_printed()
        return session.run(code, SECONDS)

    return run


@pytest.fixture
def got(session, ran):
    """Return a function that runs a cell and fetches a name."""

    def fetch(code, name):
        error = ran(code).error
        assert error is None, error
        return session.get(name, SECONDS)

    return fetch


def texts(run):
    return [output.get("text") or output.get("data", {}).get("text/plain") for output in run.outputs]


# --- cells ------------------------------------------------------------------------------------------------


def test_what_a_cell_prints_and_its_last_value_are_its_outputs(ran):
    run = ran("import sys\nprint('a')\nprint('b')\nprint('c', file=sys.stderr)\n6 * 7")
    assert [(o["output_type"], o.get("name")) for o in run.outputs] == [
        ("stream", "stdout"),
        ("stream", "stderr"),
        ("execute_result", None),
    ]
    assert texts(run) == ["a\nb\n", "c\n", "42"]
    assert run.error is None


def test_cells_share_their_names_and_in_and_out_are_kept(ran):
    first = ran("value = 20\nvalue + 1").outputs[0]
    assert texts(ran(f"Out[{first['execution_count']}] * 2, In[-1][:3]")) == ["(42, 'Out')"]


def test_a_figure_is_drawn_once_and_closed_after_its_cell(ran):
    run = ran("import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);")
    assert sorted(run.outputs[-1]["data"]) == ["image/png", "text/plain"]
    assert texts(ran("plt.get_fignums()")) == ["[]"]


def test_a_figure_that_a_call_leaves_open_is_not_shown_by_the_next_cell(got, ran):
    got("import matplotlib.pyplot as plt\ndef draws():\n    plt.plot([1, 2])", "draws")()
    assert texts(ran("1")) == ["1"]


def test_magics_commands_and_await_work(ran):
    assert texts(ran("%pwd"))[0].startswith("'/")
    assert texts(ran("!echo hello")) == ["hello\n"]
    assert texts(ran("import asyncio\nawait asyncio.sleep(0, 'waited')")) == ["'waited'"]
    assert texts(ran("get_ipython().__class__.__name__")) == ["'BoxShell'"]


def test_display_updates_and_clearing_reach_their_own_cell(ran):
    code = "from IPython.display import display, clear_output\nh = display('old', display_id=True)\n"
    assert texts(ran(code + "h.update('new')")) == ["'new'"]
    assert texts(ran("h.update('forged')\nprint('mine')")) == ["mine\n"]
    assert texts(ran("print('gone')\nclear_output()\nprint('kept')")) == ["kept\n"]
    assert texts(ran("print('gone')\nclear_output(wait=True)\nprint('kept')")) == ["kept\n"]


def test_nobody_answers_input(ran):
    assert ran("input('name? ')").error.startswith("StdinNotImplementedError: input() gets no answer here")
    assert "gets no answer" in ran("import getpass\ngetpass.getpass()").error


@pytest.mark.parametrize("code", ["exit()", "quit()", "import sys; sys.exit(3)", "raise SystemExit"])
def test_leaving_ends_the_cell_and_not_the_notebook(ran, code):
    assert ran(code).error.startswith("SystemExit")
    assert texts(ran("1 + 1")) == ["2"]


def test_an_error_is_an_output_with_a_plain_traceback(ran):
    run = ran("def f():\n    return 1 / 0\nf()")
    (error,) = run.outputs
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert any("return 1 / 0" in line for line in error["traceback"])
    assert not any("\x1b" in line for line in error["traceback"])
    assert run.error == "ZeroDivisionError: division by zero"


def test_a_cell_that_does_not_parse_is_an_error(ran):
    assert ran("def (").error.startswith("SyntaxError")
    assert ran("def (").outputs[0]["ename"] == "SyntaxError"


def test_an_empty_blank_shows_one_sentence_with_the_line_of_its_cell(ran):
    run = ran("from coursekit.blanks import ____\nx = 1\ny = ____ + x")
    wanted = "a blank is still empty in line 3 of its cell: `y = ____ + x`."
    assert run.outputs[0]["traceback"] == [
        f"EmptyBlank: {wanted} Replace ____ by your answer and run the cell again."
    ]


def test_a_call_names_the_line_of_the_blank(got):
    function = got("from coursekit.blanks import ____\ndef f(x):\n    return x + ____", "f")
    with pytest.raises(EmptyBlank, match=r"in line 3 of its cell: `return x \+ ____`"):
        function(1)


def test_a_blank_outside_any_cell_names_no_place(session):
    with run_beside(session.beside), pytest.raises(EmptyBlank, match=r"a blank is still empty\. Replace"):
        define("from coursekit.blanks import ____\ndef f():\n    return ____ + __a__", {"a": "1"}, "f")()


def test_a_page_that_displays_html_says_that_it_was_left_out(ran):
    run = ran(
        "from IPython.display import HTML, display\ndisplay({'text/html': '<script>'}, raw=True)\nHTML('<b>')"
    )
    assert texts(run) == ["[left out: text/html]", "<IPython.core.display.HTML object>"]


# --- names ------------------------------------------------------------------------------------------------


def test_plain_data_is_fetched_as_a_copy(got):
    found = got("answer = {'a': [1, 2.5], 'x': __import__('torch').ones(2)}", "answer")
    assert found["a"] == [1, 2.5]
    assert found["x"].equal(torch.ones(2))


def test_a_blank_is_fetched_as_a_blank(got):
    assert is_blank(got("from coursekit.blanks import ____\nanswer = ____", "answer"))


@pytest.mark.parametrize("name", ["never_defined", "In", "exit", "open", "get_ipython", "__name__"])
def test_a_name_that_no_cell_has_defined_is_a_name_error(session, name):
    with pytest.raises(NameError, match=name):
        session.get(name, SECONDS)


def test_a_name_of_ipythons_that_a_cell_redefines_is_fetched(got):
    assert got("open = 3", "open") == 3


# --- calls ------------------------------------------------------------------------------------------------


def test_a_call_sees_the_globals_of_the_cells_as_they_are_now(got, ran):
    function = got("rate = 2\ndef f(x, *, more=0):\n    return rate * x + more", "f")
    ran("rate = 10")
    assert function(4, more=2) == 42


def test_what_a_call_prints_is_kept_apart_and_taken_once(session, got):
    function = got("def f():\n    print('inside')", "f")
    function()
    assert session.take_printed() == ["inside\n"]
    assert session.take_printed() == []


def test_attributes_methods_and_items_are_asked_one_by_one(got):
    layer = got("import torch\nlayer = torch.nn.Sequential(torch.nn.Linear(2, 3))", "layer")
    first = layer[0]
    assert type(first.weight) is torch.Tensor
    assert first.weight.shape == (3, 2)
    assert first(torch.zeros(4, 2)).shape == (4, 3)
    assert first.forward(torch.zeros(2)).equal(first.bias)


def test_a_stand_in_is_handed_back_as_the_object_itself(got):
    assert got("class Thing: pass\nthing = Thing()\ndef f(x):\n    return x is thing", "f")(
        got("pass", "thing")
    )


def test_functions_of_coursekit_and_torch_can_be_handed_in(got):
    function = got("def f(phi, x):\n    return phi(x)", "f")
    x = torch.randn(3)
    assert function(positive_features, x).equal(positive_features(x))
    assert function(partial(torch.clamp, min=0), x).equal(x.clamp(min=0))


def test_other_functions_cannot_and_the_author_is_told(got):
    function = got("def f(phi): return phi(1)", "f")
    with pytest.raises(NotPlainData, match="function .*<lambda> cannot be handed to a student's code"):
        function(lambda x: x)


def test_a_handle_that_nobody_holds_any_more_is_dropped_in_the_box(got, ran):
    ran(
        "import weakref\nclass Thing: pass\nalive = weakref.WeakSet()\n"
        "def make():\n    made = Thing()\n    alive.add(made)\n    return made"
    )
    make = got("pass", "make")
    thing = make()
    assert got("count = len(alive)", "count") == 1
    del thing
    assert got("count = len(alive)", "count") == 0


CHANGES = """
import torch
def tensor(x): x.add_(1)
def through_data(x): x.data[0] = 7
def through_numpy(x): x.numpy()[0] = 7
def marks(x): x.requires_grad_()
def learns(x):
    x.requires_grad_(); (2 * x).sum().backward()
def grows(x): x.resize_(5).fill_(2)
def view(x): x[0][:] = 5
def array(a): a += 1
def appends(l): l.append(l[0]); l[1].add_(1)
def clears(d): d.clear()
def sets(s): s.add(9)
def both(x, y): x.add_(1); return y
def nothing(x): return x.sum()
"""


@pytest.fixture
def changing(got):
    return lambda name: got(CHANGES, name)


def test_a_tensor_that_a_call_writes_to_is_changed_here_too(changing):
    for name in ("tensor", "through_data", "through_numpy"):
        x = torch.zeros(2)
        view = x[:1]
        changing(name)(x)
        assert view.item() == x[0].item() > 0


def test_what_a_call_does_to_the_graph_of_an_argument_is_seen(changing):
    x = torch.zeros(3)
    changing("marks")(x)
    assert x.requires_grad
    y = torch.zeros(3)
    changing("learns")(y)
    assert y.grad.tolist() == [2, 2, 2]


def test_a_tensor_may_become_larger(changing):
    x = torch.zeros(2)
    changing("grows")(x)
    assert x.tolist() == [2] * 5


def test_containers_and_arrays_are_changed_here_too_and_keep_what_is_in_them(changing):
    a, s, d = np.zeros(3), {1}, {"a": 1}
    changing("array")(a)
    changing("sets")(s)
    changing("clears")(d)
    assert (a.tolist(), s, d) == ([1, 1, 1], {1, 9}, {})
    first, second = torch.zeros(1), torch.zeros(1)
    both = [first, second]
    changing("appends")(both)
    assert len(both) == 3
    assert both[2] is both[0] is first
    assert both[1] is second
    assert second.item() == 1


def test_one_tensor_handed_in_twice_is_one_tensor_inside(changing):
    x = torch.zeros(2)
    assert changing("both")(x, x).tolist() == [1, 1]


def test_an_argument_that_was_not_changed_is_left_alone(changing):
    x = torch.zeros(3)
    version = x._version
    changing("nothing")(x)
    assert x._version == version


def test_a_view_of_a_transposed_argument_fails_as_it_would_here(got):
    function = got("def f(x): return x.view(-1)", "f")
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        function(torch.zeros(2, 3).T)


# --- exceptions -------------------------------------------------------------------------------------------

RAISES = """
from coursekit.compare import WrongAnswer
from coursekit.cost import UncountedOperation
from coursekit.blanks import UnusableBlank
class Mine(KeyError): pass
class Silent(ValueError):
    def __str__(self): raise RuntimeError("no")
class Above(BaseException): pass
errors = dict(
    mine=Mine("a"), silent=Silent(), above=Above("b"), exit=SystemExit(3), wrong=WrongAnswer("c", hint="d"),
    uncounted=UncountedOperation("e"), blank=UnusableBlank("f"), interrupt=KeyboardInterrupt(),
    end=StopIteration(1), long=ValueError("x" * 10**6),
    unicode=UnicodeDecodeError("utf-8", b"a", 0, 1, "g"), group=ExceptionGroup("h", [ValueError()]),
    tricks=type("A\\x1b[31mB", (ValueError,), {})("\\x1b]0;title\\x07ok\\u202e"))
def f(which):
    raise errors[which]
"""


@pytest.mark.parametrize(
    ("which", "kind", "name", "text"),
    [
        ("mine", KeyError, "Mine", "'a'"),
        ("silent", ValueError, "Silent", ""),
        ("above", Exception, "Above", "b"),
        ("exit", Exception, "SystemExit", "3"),
        ("interrupt", Exception, "KeyboardInterrupt", ""),
        ("end", RuntimeError, "StopIteration", "1"),
        ("wrong", AssertionError, "AssertionError", "c\n  hint         d"),
        ("uncounted", UncountedOperation, "UncountedOperation", "e"),
        ("blank", UnusableBlank, "UnusableBlank", "f"),
        (
            "unicode",
            UnicodeDecodeError,
            "UnicodeDecodeError",
            "'utf-8' codec can't decode byte 0x61 in position 0: g",
        ),
        ("group", Exception, "ExceptionGroup", "h (1 sub-exception)"),
        ("long", ValueError, "ValueError", "x" * 2000),
        ("tricks", ValueError, "object", "ok\\u202e"),
    ],
)
def test_an_exception_comes_out_with_its_name_its_text_and_a_base_that_is_known_here(
    got, which, kind, name, text
):
    with pytest.raises(kind) as raised:
        got(RAISES, "f")(which)
    assert type(raised.value).__name__ == name
    assert str(raised.value) == text
    assert not isinstance(raised.value, WrongAnswer)


def test_an_exception_says_in_a_note_where_it_was_raised(got):
    with pytest.raises(ZeroDivisionError) as raised:
        got("def f(x):\n    y = x - 1\n    return 1 / y", "f")(1)
    assert raised.value.__notes__ == ["in line 3 of its cell: return 1 / y"]


def test_a_result_that_is_too_large_is_an_error_of_the_code_that_returns_it(got):
    with pytest.raises(ValueError, match="the result is too large to be handed over"):
        got("def f(): return 'x' * 2**25", "f")()


def test_an_argument_that_is_too_large_is_an_error_of_the_test(got):
    with pytest.raises(NotPlainData, match="What the test hands to the student's code is too large"):
        got("def f(x): pass", "f")("x" * 2**26)


# --- beside -----------------------------------------------------------------------------------------------


def test_a_template_is_defined_in_the_box_and_not_here(session):
    with run_beside(session.beside):
        made = define("import os\ndef f():\n    return os.getpid() + __a__", {"a": "0"}, "f")
    import os

    assert isinstance(made, StandIn)
    session.deadline = time.monotonic() + SECONDS
    assert made() != os.getpid()


def test_gradients_are_taken_where_the_function_lives(session, got):
    function = got("def f(x, n): return n * x**2", "f")
    x = torch.tensor([1.0, 2.0])
    with run_beside(session.beside):
        assert gradients(function, (x, 3), torch.ones(2))[0].tolist() == [6, 12]
        assert gradients(partial(function, n=3), (x,), torch.ones(2))[0].tolist() == [6, 12]
        assert gradients(torch.exp, (torch.zeros(1),), torch.ones(1))[0].item() == 1


def test_work_is_counted_where_the_function_lives(session, got):
    function = got("def f(x): return x @ x", "f")
    with run_beside(session.beside):
        found = count(function, torch.ones(3, 3))
    assert type(found) is Cost
    assert found.multiply_adds == 27


def test_a_function_of_the_test_around_a_stand_in_is_refused_where_nothing_could_be_seen(session, got):
    function = got("def f(x): return x", "f")
    with run_beside(session.beside):
        with pytest.raises(NotPlainData, match="coursekit.cost.count was given a function of the test"):
            count(lambda x: function(x), torch.ones(1))
        with pytest.raises(NotPlainData, match="coursekit.boundary.gradients was given"):
            gradients(lambda x: function(x), (torch.ones(1),), torch.ones(1))


def test_without_a_box_everything_runs_here():
    assert define("def f():\n    return __a__", {"a": "4"}, "f")() == 4
    assert gradients(torch.exp, (torch.zeros(1),), torch.ones(1))[0].item() == 1


# --- limits -----------------------------------------------------------------------------------------------


def test_what_is_printed_in_calls_is_cut(session, got):
    got("def f(): print('x' * 10**6)", "f")()
    assert sum(map(len, session.take_printed())) == Limits().printed_characters


def test_a_stand_in_of_a_closed_session_is_lost(new_session):
    session = new_session()
    session.run("def f(): pass", SECONDS)
    function = session.get("f", SECONDS)
    session.close()
    session.close()
    with pytest.raises(BoxLost, match="the box is closed"):
        function()
    assert session.cpu_seconds() > 0


def test_a_stand_in_cannot_be_handed_to_another_box(new_session, got):
    other = new_session()
    other.run("def g(): pass", SECONDS)
    with pytest.raises(NotPlainData, match="cannot be handed"):
        got("def f(x): pass", "f")(other.get("g", SECONDS))


def test_whoever_watches_can_end_a_call(new_session):
    session = new_session()
    session.run("def f():\n    while True: pass", SECONDS)
    function = session.get("f", SECONDS)
    session.watch = iter(["", "", "it worked too much"]).__next__
    started = time.monotonic()
    with pytest.raises(BoxLost, match="it worked too much"):
        function()
    assert time.monotonic() - started < 2
