"""The framework of checks, itself tested by known mistakes."""

import pytest
import torch

from coursekit.answers import budget
from coursekit.answers.questions import BigO, CodeBlank, Number, Vector
from coursekit.blanks import ____
from coursekit.compare import WrongAnswer
from utils.checks import draws
from utils.checks.blank_check import BlankCheck
from utils.checks.check import STEPS_OF_A_JUDGEMENT, FunctionCheck, Mistake, Property, TypedCheck
from utils.checks.proof import prove


def halve(x, n):
    return x / 2 * n


def keep(x, n):
    return x * n


def detach(x, n):
    return x.detach() / 2 * n


def in_place(x, n):
    return x.div_(2) * n


def explode(x, n):
    raise KeyError("no such head")


HALVE = FunctionCheck(
    part="halve",
    variable="halve",
    right=halve,
    cases=lambda g: [(torch.randn(2, 3, generator=g, dtype=torch.float64), 5)],
    mistakes=[
        Mistake("kept", keep, "It is not halved.", 0.25),
        Mistake("raised", explode, "Which heads are there?"),
    ],
)


def test_the_right_function_earns_everything_and_the_cell_gets_none():
    assert HALVE(halve, points=4) is None


def test_a_known_mistake_earns_its_tier_and_is_answered_with_its_hint(capsys):
    assert HALVE(keep, points=4) == 1.0
    assert "It is not halved." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (explode, "raised KeyError: 'no such head'"),
        (explode, "Which heads are there"),
        (detach, "gradient"),
        (in_place, "changes its argument x"),
        (lambda x, n: x, "largest gap"),
        (lambda x: x, "TypeError"),
        (lambda x, n: None, "return statement"),
        (lambda x, n: ____ + 1, "EmptyBlank"),
        (____, "EmptyBlank"),
        (None, "TypeError"),
    ],
)
def test_a_wrong_function_earns_nothing_and_is_told_the_first_wrong_thing(function, words):
    with pytest.raises(WrongAnswer, match=words):
        HALVE(function, points=4)


def test_a_message_says_what_was_called_but_never_the_expected_number():
    with pytest.raises(WrongAnswer) as caught:
        HALVE(lambda x, n: x, points=4)
    assert "x (2, 3), n=5" in str(caught.value)
    assert "expected" not in str(caught.value)


def test_a_property_is_tested_after_the_values():
    def too_slow(function):
        raise WrongAnswer("halve is slow.", hint="Count.")

    check = FunctionCheck(
        part="p", variable="halve", right=halve, cases=HALVE.cases, properties=[Property("cost", too_slow)]
    )
    with pytest.raises(WrongAnswer, match="Count"):
        check(halve)
    with pytest.raises(WrongAnswer, match="largest gap"):
        check(lambda x, n: x)


FOURTEEN = TypedCheck(
    part="n",
    variable="n",
    question=Number(part="n", variable="n"),
    right=14,
    mistakes=[Mistake("added", 26, "Independent?", 0.5), Mistake("skipped", "", "Read on.")],
)


def test_a_typed_answer_is_full_partial_wrong_or_unreadable():
    assert FOURTEEN("14.0", points=2) is None
    assert FOURTEEN(26, points=2) == 1.0
    for answer, words in [
        (15, "read as 15"),
        ("fourteen", "could not be graded"),
        (____, "Read on."),
        ("", "Read on."),
    ]:
        with pytest.raises(WrongAnswer, match=words):
            FOURTEEN(answer, points=2)


def test_a_partial_score_is_a_plain_float_within_its_bounds():
    assert type(FOURTEEN(26, points=2)) is float


def tripled(function):
    if function(2) != 6:
        raise WrongAnswer("times(2) is not 6", first=f"times(2) is {function(2)}")


BLANK = BlankCheck(
    part="blank_b",
    variable="blank_b",
    question=CodeBlank(part="blank_b", variable="blank_b", letter="b"),
    template="def times(x):\n    return __a__ * __b__\n",
    key={"a": "x", "b": "3"},
    name="times",
    test=tripled,
    right="3",
    mistakes=[Mistake("two", "2", "Count again."), Mistake("missing", "", "Fill it in.")],
)


@pytest.mark.parametrize("text", ["3", " 3 ", "`3`", "2 + 1", "(x + 1)"])
def test_a_code_blank_is_run_with_the_others_right(text):
    assert BLANK(text if text != "2 + 1" else "(2 + 1)") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2", "Count again"),
        ("( 2 )", "Count again"),
        ("y", "NameError"),
        ("", "Fill it in"),
        ("3;", "not an expression"),
    ],
)
def test_a_wrong_code_blank_is_told_what_happened(text, words):
    with pytest.raises(WrongAnswer, match=words):
        BLANK(text)


def test_a_proof_reports_an_accepted_mistake_a_refused_alternative_and_a_wrong_hint():
    broken = FunctionCheck(
        part="halve",
        variable="halve",
        right=halve,
        cases=HALVE.cases,
        mistakes=[
            Mistake("not one", halve, "x"),
            Mistake("first", keep, "first hint"),
            Mistake("same", keep, "second hint"),
        ],
        alternatives={"wrong": keep},
    )
    failures = "\n".join(prove("halve", broken).failures)
    assert "mistake accepted: not one" in failures
    assert "right answer refused: wrong" in failures
    assert "same is not answered with its hint" in failures
    assert prove("halve", HALVE).complete


def test_a_check_that_compares_nothing_is_caught_by_the_generic_answers():
    blind = FunctionCheck(
        part="blind",
        variable="blind",
        right=halve,
        cases=lambda g: [(torch.zeros(2), 3)],
        differentiable=False,
    )
    assert any("zeros" in failure for failure in prove("blind", blind).failures)


def test_draws_depend_on_key_student_and_check_and_on_nothing_else(monkeypatch, tmp_path):
    def first(check, student="a"):
        return torch.randn(1, generator=draws.generator(check, student=student)).item()

    assert first("x") == first("x")
    assert len({first("x"), first("y"), first("x", "b")}) == 3
    before = first("x")
    (tmp_path / "key").write_text("another key")
    monkeypatch.setenv("COURSE_KEY_FILE", str(tmp_path / "key"))
    draws.course_key.cache_clear()
    assert first("x") != before
    monkeypatch.undo()
    draws.course_key.cache_clear()


def kind(answer):
    return type(answer).__name__


class Hostile:
    """Raises whatever is done to it."""

    def __eq__(self, other):
        raise SystemExit(3)

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self, *_):
        raise SystemExit(3)


class Mute(Exception):
    def __str__(self):
        raise ValueError("nothing to say")


def leave(x, n):
    raise SystemExit(3)


def say_nothing(x, n):
    raise Mute


def leave_in_backward(x, n):
    result = x / 2 * n
    if x.requires_grad:
        result.register_hook(lambda _: exit())
    return result


@pytest.mark.parametrize(
    "answer", [leave, say_nothing, leave_in_backward, Hostile(), 10**400, torch.zeros(2)], ids=kind
)
def test_a_function_that_leaves_the_program_or_cannot_say_why_it_failed_is_a_wrong_answer(answer):
    with pytest.raises(WrongAnswer, match="halve"):
        HALVE(answer)


@pytest.mark.parametrize(
    "answer",
    [Hostile(), 10**400, [Hostile()], torch.zeros(2), {}, b"14", float("nan"), Mute, "(" * 10_000],
    ids=kind,
)
def test_a_typed_answer_of_any_kind_is_judged(answer):
    for check in (FOURTEEN, BLANK, LONG, ROW):
        with pytest.raises(WrongAnswer, match=check.variable):
            check(answer)


@pytest.mark.parametrize("text", ["exit()", "quit", "(_ for _ in ()).throw(SystemExit)", "9**9**9**9"])
def test_a_blank_that_leaves_the_program_is_a_wrong_answer(text):
    with pytest.raises(WrongAnswer, match=r"blank_b|blank \(b\)"):
        BLANK(text)


LONG = TypedCheck(
    part="cost",
    variable="cost",
    question=BigO(part="cost", variable="cost", variables=["N", "C", "M"]),
    right="N C M",
    mistakes=[
        Mistake(f"{power} more", f"N^{power} C M + N^2", f"Is it {power}, or fewer?")
        for power in range(2, 12)
    ],
)
ROW = TypedCheck(
    part="row",
    variable="row",
    question=Vector(part="row", variable="row"),
    right=[1, 2],
    mistakes=[Mistake("swapped", [2, 1], "Which comes first?")],
)


@pytest.mark.parametrize(
    "text", ["(N+C+M)^3*(N+C+M)^3*(N+C+M)^3", "(((N+C+M)^2+1)^3+1)^2", "(N+C)*sqrt(N+M+1)*sqrt(N+C+2)"]
)
def test_all_comparisons_of_one_answer_share_one_allowance_of_work(text, monkeypatch):
    spent = []
    spend = budget.Work.spend
    monkeypatch.setattr(
        budget.Work,
        "spend",
        lambda work, steps: (spent.append(steps if work.also else 0), spend(work, steps))[1],
    )
    judgement = LONG.judge(text)
    assert judgement.credit == 0
    largest = max(spent)
    assert sum(spent) <= STEPS_OF_A_JUDGEMENT + 2 * largest


def test_a_known_mistake_is_recognised_when_it_is_written_otherwise():
    assert LONG.judge("N (N C M N + N)").wrong.hint == "Is it 3, or fewer?"
