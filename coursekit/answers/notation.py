r"""The grammar of formulas: what people write (Python, plain text, LaTeX) becomes a tree, and nothing is
ever evaluated.

    sum     = product { ("+" | "-") product }
    product = factor { ["*" | "·"] factor | "/" factor }        two factors side by side are multiplied
    factor  = { "-" | "+" } power
    power   = atom [ ("^" | "**") exponent ]
    atom    = number | name | "(" sum ")" | function "(" sum { "," sum } ")" | function factor |
    \frac{sum}{sum}

Where people differ on what is meant (n^3/2, 1/2n, log n^2), every reading is offered and the comparison
decides whether it matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from .characters import Text, shorten
from .tree import Call, Name, Number, Power, Quotient, Sum, Tree, negative, product
from .verdict import UnreadableAnswer
from .words import MOST_READINGS, Choices, Token, Vocabulary, tokens

DEEPEST = 24  # brackets within brackets
MOST_DIGITS = 30
MOST_EXPONENT_DIGITS = 2  # of 1e12
BASES = range(2, 1001)  # of logarithms
ARGUMENTS = range(2, 5)  # of max and min
CLOSING = {"(": ")", "{": "}", "[": "]"}
SEVERAL = {"max", "min"}


def readings(text: Text, vocabulary: Vocabulary) -> list[tuple[Tree, Choices]]:
    """Return every reading of `text`, the most usual first, each with the choices that led to it.

    Raises UnreadableAnswer when there is none, or when there are more than eight.
    """
    found: list[tuple[Tree, Choices]] = []
    presets: list[tuple[int, ...]] = [()]
    while presets:
        choices = Choices(presets.pop(0))
        found.append((Parser(text, vocabulary, choices).whole(), choices))
        presets += choices.others()
        if len(found) + len(presets) > MOST_READINGS:
            raise text.unreadable(None, "too many places can be read in two ways; write more brackets")
    return found


def first_reading(text: Text, vocabulary: Vocabulary) -> Tree:
    """Return the most usual reading of `text`: for what the author of a question wrote."""
    return Parser(text, vocabulary, Choices()).whole()


class Parser:
    """Reads one formula, from left to right."""

    def __init__(self, text: Text, vocabulary: Vocabulary, choices: Choices) -> None:
        self.text, self.choices, self.depth, self.at = text, choices, 0, 0
        self.looking_ahead = False  # then nothing is chosen and nothing recorded
        self.power_start = 0
        self.tokens = tokens(text, vocabulary, choices)
        self.kinds: dict[str, Callable[[Token], Tree]] = {
            "number": self.number, "name": lambda token: Name(token.value), "constant": self.constant,
            "function": self.function, "frac": self.fraction,
        }  # fmt: skip

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def sees(self, *signs: str) -> bool:
        return self.here.kind == "sign" and self.here.value in signs

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, sign: str) -> None:
        if not self.sees(sign):
            raise self.stop(f"expected {sign!r}")
        self.take()

    def stop(self, expected: str) -> UnreadableAnswer:
        """Return the exception that says what was found here instead."""
        found = "the end" if self.here.kind == "end" else repr(shorten(self.here.value, 20))
        return self.text.unreadable(self.here.start, f"{expected}, found {found}")

    def written(self, start: int, end: int | None = None) -> str:
        """Return the original spelling of the tokens from number `start` up to `end`, here by default."""
        first, last = self.tokens[start].start, self.tokens[self.at if end is None else end].start
        places = self.text.places
        to = places[last] if last < len(places) else len(self.text.original)
        return shorten(self.text.original[places[first] : to].strip())

    def whole(self) -> Tree:
        """Return the tree of the whole text."""
        tree = self.sum()
        if self.here.kind != "end":
            raise self.stop("expected +, -, *, / or the end")
        return tree

    def sum(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.text.unreadable(self.here.start, f"more than {DEEPEST} brackets within each other")
        terms = [self.product()]
        while self.sees("+", "-"):
            minus = self.take().value == "-"
            terms.append(negative(self.product()) if minus else self.product())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def product(self) -> Tree:
        start = self.at
        tree = self.factor()
        while True:
            if self.sees("*", "·"):
                self.take()
                tree = product(tree, self.factor())
            elif self.sees("/"):
                tree = self.quotient(tree, start)
            elif self.here.kind == "number" and not self.raises_next():
                raise self.stop("expected *, ^ or another sign before a number")
            elif self.starts_factor():
                tree = product(tree, self.factor())
            else:
                return tree

    def raises_next(self) -> bool:
        """Whether a blank and then a power of a number follow, as in n 2^n."""
        return self.here.spaced and self.tokens[self.at + 1].value in {"^", "**"}

    def starts_factor(self) -> bool:
        return self.sees("(", "{", "[") or self.here.kind in self.kinds

    def quotient(self, above: Tree, start: int) -> Tree:
        """Read `/ factor`. In bnd/hd the d may belong below: both readings are kept."""
        slash = self.at
        self.take()
        below = self.factor()
        if self.looking_ahead or not self.starts_factor() or self.plainly_a_fraction(slash):
            return Quotient(above, below)
        back = self.at
        end, _ = self.ahead(lambda: self.more_factors(below))
        front, low, rest = self.written(start, slash), self.written(slash + 1), self.written(back, end)
        if self.choices.pick(f"({front}/{low})·{rest}", f"({front})/({low}·{rest})") == 0:
            return Quotient(above, below)
        return Quotient(above, self.more_factors(below))

    def more_factors(self, tree: Tree) -> Tree:
        while self.starts_factor():
            tree = product(tree, self.factor())
        return tree

    def ahead(self, read: Callable[[], Tree]) -> tuple[int, Tree]:
        """Return where `read` would end and its tree, and stay here."""
        back, self.looking_ahead = self.at, True
        tree = read()
        end, self.at, self.looking_ahead = self.at, back, False
        return end, tree

    def plainly_a_fraction(self, slash: int) -> bool:
        """Whether a blank ends `/2` or `/(...)`: then what follows is outside, as in 1/2 n and n(n-1)/2 d."""
        low, last = self.tokens[slash + 1], self.tokens[self.at - 1]
        alone = self.at == slash + 2 and low.kind == "number"
        bracketed = low.value in CLOSING and last.value == CLOSING[low.value]
        return (alone or bracketed) and self.here.spaced

    def factor(self) -> Tree:
        if self.sees("-", "+"):
            self.depth += 1
            if self.depth > DEEPEST:
                raise self.stop(f"more than {DEEPEST} signs in a row")
            minus = self.take().value == "-"
            tree = self.factor()
            self.depth -= 1
            return negative(tree) if minus else tree
        return self.power()

    def power(self) -> Tree:
        start = self.at
        base = self.atom()
        self.power_start = start
        return self.raised(base)

    def raised(self, base: Tree) -> Tree:
        if self.sees("**"):
            self.take()
            return Power(base, self.deeper(self.factor))
        if self.sees("^"):
            self.take()
            return Power(base, self.deeper(self.exponent))
        return base

    def deeper(self, read: Callable[[], Tree]) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.stop(f"more than {DEEPEST} powers within each other")
        tree = read()
        self.depth -= 1
        return tree

    def exponent(self) -> Tree:
        """Read what follows ^: a bracket, or one number or name with its sign. n^3/2 has two readings."""
        if self.sees("-", "+"):
            minus = self.take().value == "-"
            return negative(self.exponent()) if minus else self.exponent()
        start = self.at
        tree = self.raised(self.atom())
        follower = self.tokens[self.at] if self.at > start else self.here
        glued = self.tokens[start].kind == "name" and follower.kind == "name" and self.glued(start)
        if glued:
            raise self.text.unreadable(self.tokens[start].start, "write the exponent in brackets")
        return self.fractional(tree, start)

    def glued(self, first: int) -> bool:
        one, two = self.tokens[first], self.tokens[first + 1]
        return self.at == first + 1 and not two.spaced and self.text.plain[one.start : two.start].isalnum()

    def fractional(self, tree: Tree, start: int) -> Tree:
        after = self.tokens[self.at + 1] if self.sees("/") else self.here
        tight = self.sees("/") and not self.here.spaced and not after.spaced and self.at == start + 1
        if not (tight and isinstance(tree, Number) and after.kind == "number"):
            return tree
        exponent = tree.value / (Fraction(after.value) or 1)
        whole = exponent.denominator == 1 or exponent.denominator != Fraction(after.value)
        base, low = self.written(self.power_start, start - 1), f"{self.tokens[start].value}/{after.value}"
        if (
            whole
            or self.looking_ahead
            or self.choices.pick(f"({self.written(self.power_start)})/{after.value}", f"{base}^({low})") == 0
        ):
            return tree
        self.at += 2
        return Number(exponent)

    def atom(self) -> Tree:
        token = self.here
        if token.kind in self.kinds:
            return self.kinds[token.kind](self.take())
        if self.sees("(", "{", "["):
            return self.bracket()
        raise self.stop("expected a number, a name or a bracket")

    def bracket(self) -> Tree:
        opening = self.take().value
        tree = self.sum()
        self.expect(CLOSING[opening])
        return tree

    def number(self, token: Token) -> Tree:
        mantissa, _, exponent = token.value.lower().partition("e")
        if len(mantissa) > MOST_DIGITS or len(exponent.lstrip("+-")) > MOST_EXPONENT_DIGITS:
            raise self.text.unreadable(token.start, f"a number of more than {MOST_DIGITS} digits")
        return Number(Fraction(mantissa) * Fraction(10) ** int(exponent or 0))

    def constant(self, token: Token) -> Tree:
        if token.value == "pi":
            return Call("pi", ())
        if self.sees("^", "**"):
            power = self.raised(Number(Fraction(1)))
            assert isinstance(power, Power)
            return Call("exp", (power.exponent,))
        return Call("exp", (Number(Fraction(1)),))

    def fraction(self, token: Token) -> Tree:
        above = self.bracket() if self.sees("{") else self.digit()
        return Quotient(above, self.bracket() if self.sees("{") else self.digit())

    def digit(self) -> Tree:
        r"""Read the next single character, as \frac12 does."""
        token = self.here
        if token.kind != "number" or not re.fullmatch(r"\d\d?", token.value):
            raise self.stop(r"expected {...} after \frac")
        if token.value[1:]:
            self.tokens[self.at] = Token("number", token.value[1], token.start + 1, False)
        else:
            self.take()
        return Number(Fraction(token.value[0]))

    def function(self, token: Token) -> Tree:
        name, base = token.value, self.base(token)
        power = self.function_power(name)
        arguments = tuple(self.arguments(token))
        self.check(token, arguments)
        tree = self.built(name, base, arguments)
        return Power(tree, power) if power else tree

    def base(self, token: Token) -> Fraction | None:
        if token.value == "sqrt" and self.sees("["):
            self.take()
            degree = self.take()
            self.expect("]")
            if degree.kind != "number" or Fraction(degree.value) not in range(2, 10):
                raise self.text.unreadable(degree.start, "expected a root of degree 2 to 9")
            return Fraction(degree.value)
        if token.subscript and int(token.subscript[:9]) not in BASES:
            raise self.text.unreadable(token.start, "expected a base from 2 to 1000")
        return Fraction(2) if token.value == "lg" else Fraction(token.subscript) if token.subscript else None

    def function_power(self, name: str) -> Tree | None:
        if name in {"log", "ln", "lg"} and self.sees("^", "**"):
            self.take()
            return self.bracket() if self.sees("{", "(") else self.atom()
        return None

    def arguments(self, token: Token) -> Iterator[Tree]:
        if not self.sees("(", "{", "["):
            yield self.unbracketed(token)
            return
        closing = CLOSING[self.take().value]
        if self.sees(closing):
            raise self.stop(f"expected something inside {token.value}( )")
        yield self.sum()
        while self.sees(",") and token.value in SEVERAL:
            self.take()
            yield self.sum()
        self.expect(closing)

    def unbracketed(self, token: Token) -> Tree:
        """Read the argument of log n. What follows may belong to it: log n^2, log n m."""
        if token.value in {"O", *SEVERAL, "floor", "ceil", "exp"}:
            raise self.stop(f"expected '(' after {token.value}")
        start = self.at
        tree = self.kinds["function"](self.take()) if self.here.kind == "function" else self.atom()
        if self.here.kind == "function" or not (self.starts_factor() or self.sees("/", "^", "**")):
            return tree
        if self.looking_ahead:
            return tree
        short = self.written(start)
        end, longer = self.ahead(lambda: self.long_argument(tree))
        if self.choices.pick(f"{token.value}({short})", f"{token.value}({self.written(start, end)})") == 0:
            return tree
        self.at = end
        return longer

    def long_argument(self, tree: Tree) -> Tree:
        """Return the argument read as far as it can go."""
        tree = self.raised(tree)
        while self.here.kind != "function" and (self.starts_factor() or self.sees("/")):
            if self.sees("/"):
                self.take()
                tree = Quotient(tree, self.factor())
            else:
                tree = product(tree, self.factor())
        return tree

    def check(self, token: Token, arguments: tuple[Tree, ...]) -> None:
        if token.value in SEVERAL and len(arguments) not in ARGUMENTS:
            raise self.text.unreadable(token.start, f"expected two to four things in {token.value}( )")
        if token.value in {"little o", "Omega"}:
            raise self.text.unreadable(
                token.start, "expected O( ) or Theta( ): this is another notation, for another bound"
            )

    def built(self, name: str, base: Fraction | None, arguments: tuple[Tree, ...]) -> Tree:
        if name == "sqrt":
            return Power(arguments[0], Number(1 / (base or Fraction(2)))) if base else Call("sqrt", arguments)
        if name in {"log", "ln", "lg"}:
            natural = Call("log", arguments)
            return Quotient(natural, Call("log", (Number(base),))) if base else natural
        return Call(name, arguments)
