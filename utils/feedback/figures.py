"""Pictures of what a check found, drawn from the words of its message; a page knows nothing else of it.

They show a student's own result beside what the message itself says was asked for; a picture holds no number
that the words above it do not hold. Each is an SVG with a title and a description, and takes the colours
of the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from utils.feedback.messages import Message

MOST_AXES = 6
DECADES = 4  # of the size of the input, on the axis of a growth figure
HIGHEST = 6.0  # power that a growth figure shows
WIDTH, HEIGHT = 420, 200  # of the drawing's own units; a page scales it

_GROWS = re.compile(r"(?:the )?(?P<what>[\w ]+?) grows? like N\^(?P<power>\d+(?:\.\d+)?)(?:, counted)?")
_SHAPE = re.compile(
    r"(?P<where>(?:[\w' ()./]+: )?)shape \((?P<mine>[\d, ]*)\), expected \((?P<asked>[\d, ]*)\)"
)
_AMOUNTS = (
    re.compile(
        r"needed (?P<mine>[\d.]+) (?P<unit>s of processor time|MB of memory), "
        r"where (?P<asked>[\d.]+) (?:s|MB) are ample"
    ),
    re.compile(r"it touches (?P<mine>[\d.]+) (?P<unit>times as many numbers as a loop with a cache)"),
)


@dataclass(frozen=True)
class Figure:
    """A drawing and the sentence below it, which says in words what the drawing shows."""

    drawing: Markup
    caption: str


def figure_of(message: Message) -> Figure | None:
    """Return a picture of the first wrong thing that a check found, or None when words say it better."""
    if message.name:
        return None
    makers: tuple[Callable[[Message], Figure | None], ...] = (_growth, _shapes, _amounts)
    return next((made for make in makers if (made := make(message))), None)


def svg(title: str, height: int, body: str) -> Markup:
    """Return a drawing. Its body is made here, of numbers and fixed words only."""
    return Markup(
        '<svg class="figure" role="img" viewBox="0 0 {0} {1}" aria-label="{2}"><title>{2}</title>{3}</svg>'
    ).format(WIDTH, height, title, Markup(body))  # noqa: S704


# How a cost grows


def _growth(message: Message) -> Figure | None:
    found = _GROWS.fullmatch(message.first)
    if not found or "linear" not in message.what:  # so far no check asks for another order
        return None
    power, what = float(found["power"]), found["what"]
    caption = f"Counted in your code: {what}, as N^{power:g}. Asked for is N^1, the slope 1."
    return Figure(svg(f"Growth of {what} in your code beside linear growth", HEIGHT, _lines(power)), caption)


def _lines(power: float) -> str:
    """Return two lines on axes with equal steps for equal factors: one of slope `power`, one of slope 1."""
    left, right, bottom, top = 44, WIDTH - 130, HEIGHT - 34, 14
    power = min(power, HIGHEST)
    rise = (bottom - top) / max(power, 1.0)
    ends = {slope: bottom - slope * rise for slope in (power, 1.0)}
    return (
        _axes(left, right, bottom, top)
        + f'<path class="asked" d="M{left} {bottom} L{right} {ends[1.0]:.1f}"/>'
        + f'<path class="mine" d="M{left} {bottom} L{right} {ends[power]:.1f}"/>'
        + f'<text x="{right + 6}" y="{ends[power] + 5:.1f}">yours: N^{power:g}</text>'
        + f'<text x="{right + 6}" y="{ends[1.0] + 5:.1f}">asked: N^1</text>'
    )


def _axes(left: int, right: int, bottom: int, top: int) -> str:
    step = (right - left) / DECADES
    ticks = "".join(
        f'<path class="tick" d="M{left + i * step:.1f} {bottom} v5"/>'
        f'<text text-anchor="middle" x="{left + i * step:.1f}" y="{bottom + 19}">{_factor(i)}</text>'
        for i in range(DECADES + 1)
    )
    middle = (top + bottom) / 2
    return (
        f'<path class="axis" d="M{left} {top} V{bottom} H{right}"/>{ticks}'
        f'<text text-anchor="middle" transform="translate(26 {middle}) rotate(-90)">cost (log)</text>'
    )


def _factor(step: int) -> str:
    return "N" if step == 0 else f"{2**step} N"


# What shape came, and which was asked for


def _shapes(message: Message) -> Figure | None:
    found = _SHAPE.fullmatch(message.first)
    if not found or found["where"].startswith("raised"):  # that is the text of somebody's exception
        return None
    mine, asked = ([int(size) for size in re.findall(r"\d+", found[name])] for name in ("mine", "asked"))
    if max(len(mine), len(asked)) > MOST_AXES:
        return None
    title = f"Axes of your result: {_listed(mine)}; asked for: {_listed(asked)}"
    body = _row("yours", mine, asked, 8) + _row("asked", asked, mine, 58)
    return Figure(svg(title, 104, body), f"{found['where']}{_in_words(mine, asked)}")


def _row(label: str, sizes: list[int], others: list[int], y: int) -> str:
    boxes = "".join(
        f'<rect class="{"same" if others[i : i + 1] == [size] else "other"}" '
        f'x="{66 + 58 * i}" y="{y}" width="50" height="36" rx="4"/>'
        f'<text text-anchor="middle" x="{91 + 58 * i}" y="{y + 24}">{str(size)[:6]}</text>'
        for i, size in enumerate(sizes)
    )
    return f'<text x="6" y="{y + 24}">{label}</text>' + (
        boxes or f'<text x="66" y="{y + 24}">one number</text>'
    )


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes)) or "none"


def _in_words(mine: list[int], asked: list[int]) -> str:
    if len(mine) != len(asked):
        return f"Your result has {_axes_in_words(len(mine))}; asked for: {_axes_in_words(len(asked))}."
    wrong = [str(i + 1) for i, pair in enumerate(zip(mine, asked, strict=True)) if pair[0] != pair[1]]
    return f"Of another length than asked for: axis {' and axis '.join(wrong)}, counted from 1."


def _axes_in_words(count: int) -> str:
    return "no axis" if count == 0 else "1 axis" if count == 1 else f"{count} axes"


# How much was needed, and how much is enough


def _amounts(message: Message) -> Figure | None:
    found = next((match for form in _AMOUNTS if (match := form.fullmatch(message.first))), None)
    if not found:
        return None
    asked = float(found.groupdict().get("asked") or 1.0)
    mine, unit = float(found["mine"]), found["unit"]
    if not (math.isfinite(mine) and 0 < asked < mine):
        return None
    caption = (
        f"Your code: {mine:g} {unit}; {asked:g} would be enough. That is {mine / asked:.3g} times as much."
    )
    if unit.startswith("times"):
        caption = f"Your code touches {mine:g} {unit}."
    share = max(280 * asked / mine, 2.0)
    body = _bar("yours", "mine", 280.0, 10, f"{mine:g}") + _bar("asked", "asked", share, 54, f"{asked:g}")
    return Figure(svg("What your code needs beside what is enough", 96, body), caption)


def _bar(label: str, kind: str, width: float, y: int, number: str) -> str:
    return (
        f'<text x="6" y="{y + 21}">{label}</text>'
        f'<rect class="bar-{kind}" x="66" y="{y}" width="{width:.1f}" height="32" rx="3"/>'
        f'<text x="{74 + width:.1f}" y="{y + 21}">{number}</text>'
    )
