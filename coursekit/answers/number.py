"""Numbers with a unit: read exactly, compared within a stated tolerance, and the slip named."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from coursekit.answers.denial import refuse_denial
from coursekit.answers.verdict import UnreadableAnswer, Verdict

LONGEST_NUMBER = 80  # characters
QUOTED = 20  # characters of a text that is too long to repeat
NUMBER = re.compile(
    r"""\s*([+-]?(?:\d[\d_ ]*(?:,\d{3}(?!\d))*\.?\d*|\.\d+))\s*                       # digits
    (?:[eE]([+-]?\d{1,4})                                                        # e12
      |(?:[x*·×]|\\times|\\cdot)\s*10\s*(?:\^|\*\*)\s*\{?([+-]?\d{1,4})\}?)?\s*   # x 10^12
    (?:/\s*(\d+(?:\.\d+)?))?\s*                                                  # over a number
    (.*?)\s*$                                                                   # and a unit""",
    re.VERBOSE,
)
OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
FACTORS_OF_UNITS = {
    8: "a factor of 8: a byte has 8 bits",
    1024 / 1000: "a factor of 1.024: 1 KiB is 1024 bytes, 1 kB is 1000",
}
UNIT_NAME = r"[A-Za-zµ%]+(?:\s?(?:\^|\*\*)\s?-?\d)?"
UNIT = re.compile(rf"{UNIT_NAME}(?:\s?[/*· ]\s?{UNIT_NAME})*")
LABEL = re.compile(r"^.{0,24}=")
ROUGHLY = re.compile(r"^(?:about|approximately|approx\.?|ca\.?|roughly|exactly)\s+", re.IGNORECASE)
LARGEST_SLIP = 1e30  # a factor beyond it is no slip, and may be too large for a float
HIGHEST_POWER = 64  # an exponent in a worked-out product; larger ones are written with e or 10^


@cache
def _units() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


def read(submitted: object, unit: str = "") -> tuple[float, str]:
    """Return the value of a number and the unit written behind it ("" when none is).

    Raises `UnreadableAnswer` when the text is not one number with at most one unit.
    """
    if hasattr(submitted, "tolist"):  # a tensor of no axes, such as argmax returns, or a numpy number
        submitted = submitted.tolist()
    if isinstance(submitted, bool) or not isinstance(submitted, int | float | str | Fraction):
        raise UnreadableAnswer(f"this answer is one number, not a {type(submitted).__name__}.")
    if not isinstance(submitted, str):
        return _as_float(submitted), ""
    if len(submitted) > LONGEST_NUMBER:
        raise UnreadableAnswer(
            f"this answer is one number; yours begins {submitted[:QUOTED]!r} and "
            f"has {len(submitted)} characters.",
            submitted,
        )
    text = submitted.strip().strip("$").replace("≈", "").replace("~", "").replace("−", "-").strip()
    if label := LABEL.match(text):
        refuse_denial(label[0], text)
        text = text[label.end() :]
    text = ROUGHLY.sub("", text.strip())
    text = re.sub(r"(?<=10)(?=[⁻⁰¹²³⁴-⁹])", "^", text).translate(SUPERSCRIPTS).strip()
    worked_out = _worked_out(text)
    if worked_out is not None:
        return worked_out, ""
    match = NUMBER.match(text)
    if not match:
        raise UnreadableAnswer(f"there is no number to read in {text!r}.", text, 0)
    digits, exponent, power, divisor, written = match.groups()
    value = float(re.sub(r"[,_ ]", "", digits) + f"e{exponent or power or 0}") / (
        float(divisor or 1) or math.nan
    )
    if not math.isfinite(value):
        raise UnreadableAnswer(f"{text!r} is not a finite number.", text, 0)
    return value, _known_unit(written, text)


def _as_float(value: float | Fraction) -> float:
    try:
        found = float(value)
    except OverflowError:
        raise UnreadableAnswer("this answer is one number; yours has more than 300 digits.") from None
    if not math.isfinite(found):
        raise UnreadableAnswer(f"{found} is not a finite number.")
    return found


def _worked_out(text: str) -> float | None:
    """Return the value of a sum or product of plain numbers such as "64*65", or None for any other text."""
    try:
        value = _value(
            ast.parse(text.replace("^", "**").replace("·", "*").replace("×", "*"), mode="eval").body
        )
    except (SyntaxError, ValueError, OverflowError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    return value if math.isfinite(value) else None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > HIGHEST_POWER:
            raise ValueError("an exponent that large is written with e")
        result = OPERATIONS[type(node.op)](left, right)
        if isinstance(result, complex):
            raise ValueError("the root of a negative number")
        return float(result)
    raise ValueError("not a worked-out number")


def _known_unit(written: str, text: str) -> str:
    written = re.sub(r"\\text\{(.*?)\}|\\,|\\ ", r"\1", written).strip()
    if not written:
        return ""
    try:
        if not UNIT.fullmatch(written):
            raise ValueError("more than a unit")
        _units().Unit(written)
    except Exception:  # pint raises half a dozen types for text that is no unit
        raise UnreadableAnswer(f"{written!r} in {text!r} is not a unit.", text, text.find(written)) from None
    return written


def compare(expected: float, submitted: object, *, unit: str = "", rel_tol: float = 1e-9) -> Verdict:
    """Return whether `submitted` is the expected number of `unit`, within the relative tolerance.

    A number without a unit is taken in the unit asked for. The hint names a wrong unit, a wrong power of ten
    or a well-known factor. Raises `UnreadableAnswer`.
    """
    value, written = read(submitted)
    if written and unit and written != unit:
        quantity = _units().Quantity(value, written)
        if not quantity.is_compatible_with(unit):
            return Verdict(
                "different", f"{value:g} {written}", f"The unit {written} does not measure what is asked for."
            )
        value = float(quantity.to(unit).magnitude)
    shown = f"{value:g} {unit}".strip()
    if math.isclose(value, expected, rel_tol=rel_tol, abs_tol=rel_tol if expected == 0 else 0.0):
        return Verdict("equal", shown)
    slip = _slip(value, expected, rel_tol, FACTORS_OF_UNITS if unit else {})
    return Verdict("different", shown, slip, f"expected {expected:g} {unit}".strip())


def _slip(value: float, expected: float, rel_tol: float, factors: Mapping[float, str]) -> str:
    if value == 0 or expected == 0:
        return ""
    ratio = value / expected
    if not 1 / LARGEST_SLIP < abs(ratio) < LARGEST_SLIP:
        return ""
    if ratio < 0:
        return "The sign is wrong." if math.isclose(-ratio, 1, rel_tol=rel_tol) else ""
    power = round(math.log10(ratio))
    if power and math.isclose(ratio, 10.0**power, rel_tol=max(rel_tol, 1e-9)):
        return f"The digits are right, the power of ten is not (off by 10^{power})."
    for factor, reason in {**factors, 2: "a factor of two"}.items():
        if any(math.isclose(ratio, f, rel_tol=max(rel_tol, 1e-9)) for f in (factor, 1 / factor)):
            return f"You are off by {reason}."
    return ""
