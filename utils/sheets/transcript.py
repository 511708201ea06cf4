"""Transcripts: a conversation in which somebody answers parts of the assignment, as plain text or Markdown.

A line such as `## Assistant`, `**User:**` or `Model:` begins a turn; `[decoding.g]`, `decoding.g:` or
`### decoding.g` at the beginning of a line marks the answer to a part, up to the next mark or turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from utils.sheets.parts import Asked, Parts, UnknownPart

LARGEST_FILE = 10_000_000  # bytes
ASKING = {"user", "human", "prompt", "teacher", "tutor", "instructor", "grader", "question", "system", "me"}
ANSWERING = {"assistant", "model", "ai", "bot", "student", "answer", "reply", "response", "llm"}
MODEL_NAME = re.compile(
    r"(?:chatgpt|gpt|claude|gemini|deepseek|llama|mistral|qwen|grok|o\d)\b[\w .()-]{0,40}", re.IGNORECASE
)
TURN = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+)?(?P<bold>\*\*|__)?(?P<name>[A-Za-z][\w .()-]{0,40}?)[ \t]*"
    r"(?:(?P<colon>:)(?:\*\*|__)?|(?:\*\*|__)(?P<late>:)?|$)(?P<rest>[ \t]+\S.*)?[ \t]*$"
)
NAME = r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
LEAD = r"^[ \t]*(?:[-*+>][ \t]+|\d{1,3}[.)][ \t]+)?"
MARKS = (
    re.compile(
        rf"{LEAD}(?:#{{1,6}}[ \t]+)?(?:\*\*)?\[(?P<part>{NAME})\](?:\*\*)?[ \t]*:?(?:\*\*)?(?P<rest>.*)$"
    ),
    re.compile(rf"{LEAD}#{{1,6}}[ \t]+(?:\*\*)?`?(?P<part>{NAME})`?(?:\*\*)?[ \t]*:?(?P<rest>.*)$"),
    re.compile(rf"{LEAD}(?:\*\*)?`?(?P<part>{NAME})`?(?:\*\*)?[ \t]*:(?!=)(?:\*\*)?(?P<rest>.*)$"),
    re.compile(rf"{LEAD}\*\*`?(?P<part>{NAME})`?\*\*(?P<rest>.*)$"),
)
SPECIFIED = re.compile(r"[a-z]\d{1,2}[a-z]{0,4}")  # an id of the specification, as far as its first dot
FENCE = re.compile(r"^[ \t]*(```+|~~~+)")


class BadTranscript(ValueError):
    """A file that is no transcript of answers; the message says what was expected."""


@dataclass(frozen=True)
class Attempt:
    """One answer to a part; `line` is where its mark stands, `turn` counts the answering turns from 1."""

    asked: Asked
    text: str
    line: int
    turn: int


@dataclass
class Transcript:
    """The attempts at each part by its id, in the order of the conversation, and what was not understood."""

    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    turns: int = 0


@dataclass
class _Turn:
    answers: bool
    lines: list[tuple[int, str]] = field(default_factory=list)


def read_transcript(path: Path, parts: Parts) -> Transcript:
    """Return the attempts in a file. Raises `BadTranscript`."""
    if path.stat().st_size > LARGEST_FILE:
        raise BadTranscript(
            f"{path} has {path.stat().st_size} bytes; a transcript has at most {LARGEST_FILE}."
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTranscript(f"{path} is not UTF-8 text: byte {error.start}.") from None
    found = transcript_of(text, parts)
    if not found.attempts and not found.problems:
        raise BadTranscript(
            f"{path} answers no part: an answer begins with a line such as [decoding.g], decoding.g: or "
            "### decoding.g, in a turn of the one who answers (## Assistant)."
        )
    return found


def transcript_of(text: str, parts: Parts) -> Transcript:
    """Return the attempts in a text. Within one turn the last answer to a part counts."""
    made, asked = Transcript(), list[Asked]()
    turns = _turns(text)
    for turn in turns:
        marked = _marked(turn, parts, made.problems if turn.answers else [])
        if not turn.answers:
            asked = list({part.id: part for part, _, _ in marked}.values())
            continue
        made.turns += 1
        if not marked and len(asked) == 1 and turn.lines:  # the question named the part
            marked = [(asked[0], turn.lines[0][0], "\n".join(line for _, line in turn.lines).strip())]
        attempts = [Attempt(part, answer, line, made.turns) for part, line, answer in marked]
        _take(made, attempts, several=len(turns) == 1)
    return made


def _take(made: Transcript, attempts: list[Attempt], *, several: bool) -> None:
    """Add the attempts of one turn: the last one at each part, or all when the file has no turns."""
    kept = attempts if several else list({attempt.asked.id: attempt for attempt in attempts}.values())
    for attempt in kept:
        made.attempts.setdefault(attempt.asked.id, []).append(attempt)


def _turns(text: str) -> list[_Turn]:
    """Return the turns. What stands before the first one is no answer; a text without any is all answer."""
    turns, current, fence = list[_Turn](), _Turn(answers=True), ""
    lines = list(enumerate(re.split(r"\r\n|\r|\n", text), start=1))
    for number, line in lines:
        fence = _fence_after(fence, line)
        if not fence and (begun := _begins_turn(line)):
            answers, rest = begun
            current = _Turn(answers)
            turns.append(current)
            line = rest
        current.lines.append((number, line))
    return turns or [current]


def _fence_after(fence: str, line: str) -> str:
    """Return the marks of the code block that is open after a line, "" for none."""
    found = FENCE.match(line)
    if not found:
        return fence
    if not fence:
        return found[1]
    return "" if line.strip().startswith(fence) else fence


def _begins_turn(line: str) -> tuple[bool, str] | None:
    """Return whether the one who begins to speak answers, and the rest of the line; None for no turn."""
    found = TURN.match(line)
    if not found:
        return None
    heading, colon = line.lstrip().startswith("#"), bool(found["colon"] or found["late"])
    rest = (found["rest"] or "").strip()
    marked = colon or ((heading or found["bold"]) and not rest)
    name = re.sub(r"\s*\(.*\)$|\s+\d+$", "", found["name"].strip()).casefold()
    if not marked or not (name in ASKING | ANSWERING or MODEL_NAME.fullmatch(name)):
        return None
    return name not in ASKING, rest


def _marked(turn: _Turn, parts: Parts, problems: list[str]) -> list[tuple[Asked, int, str]]:
    """Return part, line and text of each marked answer of a turn."""
    found, fence = list[tuple[Asked, int, list[str]]](), ""
    for number, line in turn.lines:
        fence = _fence_after(fence, line)
        mark = None if fence else _mark(line, number, parts, problems)
        if mark:
            found.append((mark[0], number, [mark[1]]))
        elif found:
            found[-1][2].append(line)
    return [(part, number, "\n".join(lines).strip()) for part, number, lines in found]


def _mark(line: str, number: int, parts: Parts, problems: list[str]) -> tuple[Asked, str] | None:
    """Return the part that a line marks and what else it says; an id that nearly is one is a problem.

    An id of the specification such as A4g is a mark in brackets only: as a heading it may name a question.
    """
    for pattern in MARKS:
        found = pattern.match(line)
        if found and ("." in found["part"] or pattern is MARKS[0]):
            try:
                return parts.find(found["part"]), found["rest"].strip()
            except UnknownPart as error:
                lesson = found["part"].partition(".")[0].casefold()
                meant = pattern is MARKS[0] and SPECIFIED.fullmatch(lesson)
                if meant or lesson in parts.lessons or "several" in str(error):
                    problems.append(f"line {number}: {error}")
                return None
    return None
