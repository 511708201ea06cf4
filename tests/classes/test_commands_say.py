"""What the commands about a class say when they cannot do as asked, and how they count."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["roster", "import", "/nosuch.csv"], "course: /nosuch.csv is not there."),
        (["request", "import", "/nosuch"], "course: /nosuch is not there."),
        (["extend", "sums", "ada"], "course: say how much time in one way: --days and --hours, or --until"),
        (["due", "sums", "--show", "--none"], "course: give one of WHEN, --none and --show, not several."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(klass, words: list[str], said: str) -> None:
    told = klass.course(*words, code=2)
    assert said in told
    assert "Errno" not in told


def test_one_is_not_said_like_many(klass) -> None:
    klass.file("one.csv", "id\nada\n")
    klass.course("roster", "import", "../one.csv")
    assert klass.course("roster").endswith("\n1 student\n")
    bad = klass.file("bad.csv", "id\n../ada\n")
    assert "\n1 bad line: nothing was written." in klass.course("roster", "import", str(bad), code=1)
