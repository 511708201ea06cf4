"""A figure with a slider is drawn still where nobody can move it, and redrawn where somebody does."""

import sys

import pytest

from coursekit.figures import interactive
from coursekit.figures.canvas import plt


@pytest.fixture
def live(monkeypatch):
    """Set what a Jupyter server sets for the kernel of a notebook that is open."""
    monkeypatch.setenv("JPY_SESSION_NAME", "decoding.ipynb")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def displayed(monkeypatch):
    """Collect what is displayed in a notebook."""
    plt.switch_backend("agg")  # before matplotlib asks the shell that is none
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda shown, **how: seen.append((shown, how)))
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    return seen


def test_an_open_notebook_is_live(live):
    assert interactive.is_live()


def test_a_notebook_that_a_program_runs_is_not_live(live, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert not interactive.is_live()


@pytest.mark.parametrize("execution", ["validate", "autograde"])
def test_a_notebook_that_is_validated_or_graded_is_not_live(live, monkeypatch, execution):
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    assert not interactive.is_live()


def test_without_widgets_nothing_is_live(live, monkeypatch):
    monkeypatch.setattr(interactive.importlib.util, "find_spec", lambda _: None)
    assert not interactive.is_live()


def test_a_still_figure_draws_several_values_and_loads_no_widgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # importing it would fail
    drawn = []
    interactive.turn(drawn.append, "heads", (1, 2, 4), start=2, still=(1, 4))
    assert drawn == [(1, 4)]


def test_a_slider_draws_the_value_that_it_stands_at_and_again_when_it_is_moved(live, displayed):
    drawn = []
    interactive.turn(drawn.append, "heads", (1, 2, 4), start=2, still=(1, 4))
    ((box, _),) = displayed
    slider = box.children[0]
    assert (slider.description, slider.value) == ("heads", 2)
    slider.value = 4
    assert drawn == [[2], [4]]


def test_a_live_figure_carries_its_words_where_the_page_can_say_them(live, displayed):
    with interactive.described_axes("title", "x", "y", 'largest at "3" < 4') as axes:
        axes.plot([1, 2])
    ((picture, _),) = displayed
    bundle = picture._repr_mimebundle_()
    assert bundle["text/html"].startswith(
        '<img alt="largest at &quot;3&quot; &lt; 4" src="data:image/png;base64,'
    )
    assert bundle["text/plain"] == 'largest at "3" < 4'


def test_a_still_figure_carries_its_words_in_the_notebook(displayed):
    with interactive.described_axes("title", "x", "y", "one line"):
        figure = plt.gcf()
    assert displayed == [(figure, {"metadata": {"image/png": {"alt": "one line"}}})]
