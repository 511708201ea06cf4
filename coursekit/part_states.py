"""How far each part of a notebook is, from what was handed out, what its cells hold and how they last ran."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursekit.handed_out import HandedOut, Part
from coursekit.run_record import Run

PASSED, WRONG, NOT_STARTED, NOT_RUN = "passed", "wrong so far", "not started", "not run yet"
STARTED = "started"  # a written answer, which no machine reads
UNFINISHED = "unfinished"  # begun, with a blank still empty

OUR_OWN = ("WrongAnswer", "UnreadableAnswer", "UnusableBlank")
# IPython gives every cell a file's name made of digits.
PLACE_IN_FILE = re.compile(r"(?: \(detected at line \d+\))? \([\w.<>-]+, (line \d+)")
# The further lines of a message stand in columns: a word, spaces, the text.
COLUMNS = re.compile(r"\n {2}(\w[\w ]*?) {2,}")


@dataclass(frozen=True)
class State:
    """Where one part stands: one of the words above, and what else there is to say."""

    part: Part
    word: str
    detail: str = ""


def states(
    handed: HandedOut, texts: Mapping[str, str], runs: Mapping[str, Run], stopped: str = ""
) -> list[State]:
    """Return the state of every part, in order.

    `texts` holds what stands in the cells to fill in, as far as it is known, and `runs` the last run of each
    cell. `stopped` says why cells did not run, where that is known.
    """
    return [_state(part, handed, texts, runs, stopped) for part in handed.parts]


def _state(
    part: Part, handed: HandedOut, texts: Mapping[str, str], runs: Mapping[str, Run], stopped: str
) -> State:
    if not part.check:
        return _written(part, handed, texts)
    if part.answers and not any(name in texts for name in part.answers):
        return State(part, NOT_STARTED, "its cell is missing")
    answers = [runs[name] for name in part.answers if name in runs]
    ran = {name: runs[name].text for name in part.answers if name in runs}
    if _untouched(part, handed, texts) and not (ran and not _untouched(part, handed, ran)):
        return State(part, NOT_STARTED)
    if failed := next((run for run in answers if run.error), None):
        return _wrong(part, failed.error)
    check = runs.get(part.check)
    if waiting := _waits_for(part, check, answers, stopped):
        return State(part, NOT_RUN, waiting)
    assert check is not None
    if not handed.is_as_handed_out(part.check, check.text):
        return State(part, NOT_RUN, "its check was changed and says nothing")
    if ran and _untouched(part, handed, ran):
        return State(part, NOT_RUN, "you have written something since: run its cells again")
    return _wrong(part, check.error) if check.error else State(part, PASSED, _more(check))


def _waits_for(part: Part, check: Run | None, answers: Sequence[Run], stopped: str) -> str:
    """Return what has to happen before a check says something, "" if nothing has to."""
    if check is None:
        return stopped or "run its cells"
    if any(run.number > check.number for run in answers):
        return "your cell ran again after its check: run the check, too"
    return ""


def _written(part: Part, handed: HandedOut, texts: Mapping[str, str]) -> State:
    """Return whether something was written; a person reads it."""
    name = part.answers[0]
    if name not in texts:
        return State(part, NOT_STARTED, "its cell is missing")
    said = texts[name].replace(handed.head(name), "").strip()
    begun = bool(said) and not handed.is_as_handed_out(name, texts[name])
    return State(part, STARTED if begun else NOT_STARTED, "read by a person")


def _untouched(part: Part, handed: HandedOut, texts: Mapping[str, str]) -> bool:
    """Return whether all that is known of a part's cells is as it was handed out."""
    known = [name for name in part.answers if name in texts]
    return bool(known) and all(handed.is_as_handed_out(name, texts[name]) for name in known)


def _wrong(part: Part, error: str) -> State:
    """Return the state of a part whose cells stopped; messages of ours need no name before them."""
    name, _, message = error.partition(": ")
    if name == "EmptyBlank":
        return State(part, UNFINISHED, message)
    if name in OUR_OWN:
        return State(part, WRONG, COLUMNS.sub(r"\n\1: ", message))
    return State(part, WRONG, PLACE_IN_FILE.sub(r" (\1", error))


def _more(check: Run) -> str:
    """Return what a passed check leaves for later. It is never everything."""
    count = "" if check.more is None else f"{check.more} "
    later = f"{count}more {'check runs' if check.more == 1 else 'checks run'} when graded"
    return f"it can be read; {later}" if check.only_read else later
