"""Attacks on a lesson of ours whose tests hold a key: code blanks, judged with all other blanks right."""

from __future__ import annotations

from tests.attacks.attack import Attack, Desk, HandIn

ASSIGNMENT, LESSON = "attention", "multi_head_attention"
OTHERS = "bcdefgh"
CATCHES = """\
import coursekit.blanks, coursekit.boundary

caught, complete_now, define_now = {}, coursekit.blanks.complete, coursekit.boundary.define

def complete(template, texts):
    caught.update({name: text for name, text in dict(texts).items() if name not in caught})
    return complete_now(template, texts)

def define(template, texts, name):
    caught.update({name: text for name, text in dict(texts).items() if name not in caught})
    return define_now(template, texts, name)

coursekit.blanks.complete, coursekit.boundary.define = complete, define
blank_a = "d_model + 1"
"""
# Run beside the key of the other blanks: later templates are then completed with what was found.
PATCHES = (
    r'exec("import gc,coursekit.blanks as B;K={}\n'
    r"for d in gc.get_objects():\n if type(d) is dict and {'a','h'}<=d.keys():K.update(d)\n"
    r'B.complete=lambda t,x,f=B.complete:f(t,{**x,**K})") or d_model'
)
QUOTES = r'exec("import sys\nraise ValueError(sys._getframe(1).f_code.co_names)")'


def _blanks(**cells: str) -> HandIn:
    def hand_in(desk: Desk, student: str) -> None:
        desk.hand_in(student, desk.notebook(**cells))

    return hand_in


ATTACKS = (
    Attack(
        "s14-catch-the-key",
        "catches the key of the other blanks where templates are completed",
        _blanks(
            blank_a=CATCHES,
            **{f"blank_{name}": f'blank_{name} = caught.get("{name}", "d_model + 1")' for name in OTHERS},
        ),
        told=("blank (a) = d_model + 1 does not do the job",),
    ),
    Attack(
        "s14-patch-beside-the-key",
        "fills in a blank that mends the others whenever a template is completed",
        _blanks(
            blank_a=f"blank_a = {PATCHES!r}",
            **{f"blank_{name}": f'blank_{name} = "d_model + 1"' for name in OTHERS},
        ),
        points={"blank_a": 1.0},
    ),
    Attack(
        "r04-key-in-message",
        "fills in a blank that raises an error quoting the code around it",
        _blanks(blank_d=f"blank_d = {QUOTES!r}"),
        told=("does not do the job",),
        untold=("softmax",),
    ),
)
