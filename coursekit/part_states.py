"""How far each part of a notebook is, from what was handed out, what its cells hold and how they last ran."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursekit.handed_out import HandedOut, Part
from coursekit.run_record import Run, placed, unknown_name

PASSED, WRONG, NOT_STARTED, NOT_RUN = "passed", "wrong so far", "not started", "not run yet"
READ = "read"  # a typed answer that was understood; nothing says yet whether it is right
CANNOT = "cannot be checked"  # a given cell is missing, or stopped
STARTED = "started"  # a written answer, which no machine reads
UNFINISHED = "unfinished"  # begun, with a blank still empty, or with a cell that is not there when graded

OUR_OWN = ("WrongAnswer", "UnreadableAnswer", "UnusableBlank")
# The further lines of a message stand in columns: a word, spaces, the text.
COLUMNS = re.compile(r"\n {2}(\w[\w ]*?) {2,}")
LONGEST_ANSWER = 200  # characters of a typed answer, as it was read, in one row


@dataclass(frozen=True)
class State:
    """Where one part stands: one of the words above, and what else there is to say."""

    part: Part
    word: str
    detail: str = ""


@dataclass(frozen=True)
class Given:
    """What came of the given cells: a clause on those that are missing or stopped, "" for none.

    `defined` holds the names that cells of the notebook define, wherever they stand.
    """

    broken: str = ""
    defined: frozenset[str] = frozenset()


EVERYTHING_GIVEN = Given()


def states(
    handed: HandedOut,
    texts: Mapping[str, str],
    runs: Mapping[str, Run],
    stopped: str = "",
    borrowed: Mapping[str, str] | None = None,
    given: Given = EVERYTHING_GIVEN,
) -> list[State]:
    """Return the state of every part, in order.

    `texts` holds what stands in the cells to fill in, as far as it is known, and `runs` the last run of each
    cell. `stopped` says why cells did not run, where that is known. `borrowed` holds a sentence on each cell
    that needs another which is not graded: its parts are not done, whatever their checks say. `given` says
    which given cells are not there to define what a part needs.
    """
    found = [_state(part, handed, texts, runs, stopped) for part in handed.parts]
    found = [_on_its_own(_for_want_of(state, given), borrowed or {}) for state in found]
    return [_with_later(state) for state in found]


def _for_want_of(state: State, given: Given) -> State:
    """Return a state, unless what went wrong is that a given cell did not define a name."""
    unknown = unknown_name(state.detail) if state.word == WRONG else ""
    if not unknown or not given.broken or unknown in given.defined:
        return state
    return State(state.part, CANNOT, f"`{unknown}` is not defined: {given.broken}")


def _with_later(state: State) -> State:
    """Return a state that says, as far as it is known, what it leaves for later. It is never everything."""
    part = state.part
    if not part.check or state.word in (PASSED, READ) or part.more is None:
        return state
    return State(part, state.word, "\n".join(filter(None, (state.detail, _later(part.more)))))


def _on_its_own(state: State, borrowed: Mapping[str, str]) -> State:
    """Return a state, unless the part passed with the help of a cell that is not graded."""
    needs = [borrowed[name] for name in state.part.answers if name in borrowed]
    return (
        State(state.part, UNFINISHED, "\n".join(needs)) if needs and state.word in (PASSED, READ) else state
    )


def _state(
    part: Part, handed: HandedOut, texts: Mapping[str, str], runs: Mapping[str, Run], stopped: str
) -> State:
    if not part.check:
        return _written(part, handed, texts)
    if part.answers and not any(name in texts for name in part.answers):
        return State(part, NOT_STARTED, "its cell is missing")
    answers = {name: runs[name] for name in part.answers if name in runs}
    ran = {name: run.text for name, run in answers.items()}
    if _untouched(part, handed, texts) and not (ran and not _untouched(part, handed, ran)):
        return State(part, NOT_STARTED)
    if failed := next((name for name, run in answers.items() if run.error), None):
        return _wrong(part, placed(answers[failed].error, handed.called(failed)))
    check = runs.get(part.check)
    if waiting := _waits_for(check, list(answers.values()), stopped):
        return State(part, NOT_RUN, waiting)
    assert check is not None
    if not handed.is_as_handed_out(part.check, check.text):
        return State(part, NOT_RUN, "its check was changed and says nothing")
    if ran and _untouched(part, handed, ran):
        return State(part, NOT_RUN, "you have written something since: run its cells again")
    return _wrong(part, placed(check.error)) if check.error else _unhurt(part, check)


def _waits_for(check: Run | None, answers: Sequence[Run], stopped: str) -> str:
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
    return State(part, WRONG, error)


def _unhurt(part: Part, check: Run) -> State:
    """Return the state of a part whose check found nothing wrong; one that only reads has found nothing."""
    if not check.only_read:
        return State(part, PASSED, _later(part.more if check.more is None else check.more))
    how = check.read_as
    how = how if len(how) <= LONGEST_ANSWER else how[: LONGEST_ANSWER - 1] + "…"
    return State(part, READ, f"read as {how}; judged when graded" if how else "judged when graded")


def _later(more: int | None) -> str:
    """Return how many checks are left for when the notebook is graded."""
    count = "" if more is None else f"{more} "
    return f"{count}more {'check runs' if more == 1 else 'checks run'} when graded"
