"""Every case of the catalogue: its id and name, and the attacks that play it or why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from tests.attacks.attack import Attack
from tests.attacks.cases import (
    blanks,
    files,
    frames,
    harm,
    machine,
    notebook_edits,
    secrets,
    verdicts,
    viewers,
)

NAMES: Mapping[str, str] = {
    "S01": "input-transformer",
    "S02": "ast-transformer",
    "S03": "patch-allclose",
    "S04": "patch-run-cell",
    "S05": "patch-builtins",
    "S06": "evil-eq",
    "S07": "evil-ndarray",
    "S08": "empty-broadcast",
    "S09": "nan-inf",
    "S10": "dtype-lie",
    "S11": "publish-result",
    "S12": "update-display",
    "S13": "spoof-idle",
    "S14": "patch-client",
    "S15": "hardcode-visible",
    "S16": "lookup-table",
    "S17": "brute-force",
    "S18": "cross-cell",
    "S19": "cross-student",
    "S20": "replay",
    "S21": "thread-in-window",
    "S22": "judge-flood",
    "S23": "judge-bombs",
    "S24": "pickle",
    "R01": "read-own-notebook",
    "R02": "read-source",
    "R03": "gradebook",
    "R04": "frames",
    "R05": "proc-mem",
    "R06": "environ",
    "R07": "fd-hunt",
    "R08": "zygote-heap",
    "R09": "home-keys",
    "R10": "timing",
    "X01": "symlink-file",
    "X02": "symlink-dir",
    "X03": "hardlink",
    "X04": "special-files",
    "X05": "names",
    "X06": "archive",
    "X07": "giant-notebook",
    "X08": "broken-notebook",
    "X09": "shadow-module",
    "X10": "ipython-config",
    "X11": "left-traps",
    "M01": "delete-test-cell",
    "M02": "points",
    "M03": "duplicate-grade-id",
    "M04": "cell-role",
    "M05": "skip-tag",
    "M06": "reorder",
    "M07": "kernelspec",
    "M08": "attachments",
    "H01": "infinite-loop",
    "H02": "swallow-interrupt",
    "H03": "sleep-native",
    "H04": "fork-bomb",
    "H05": "thread-bomb",
    "H06": "memory-hog",
    "H07": "disk-fill",
    "H08": "output-flood",
    "H09": "exit-family",
    "H10": "kill",
    "H11": "survivor",
    "H12": "network",
    "H13": "kernel-surface",
    "H14": "time-bomb",
    "H15": "flaky",
    "H16": "env-set",
    "V01": "html-js",
    "V02": "formgrader",
    "V03": "ansi",
    "V04": "phishing-feedback",
    "V05": "prompt-injection",
}
ATTACKS: tuple[Attack, ...] = (
    *verdicts.ATTACKS,
    *frames.ATTACKS,
    *secrets.ATTACKS,
    *files.ATTACKS,
    *notebook_edits.ATTACKS,
    *harm.ATTACKS,
    *machine.ATTACKS,
    *viewers.ATTACKS,
)
# These play on a lesson of ours, not on the hostile one.
ON_A_REAL_LESSON: tuple[Attack, ...] = blanks.ATTACKS
BY_KEY: Mapping[str, Attack] = {attack.key: attack for attack in (*ATTACKS, *ON_A_REAL_LESSON)}

# Cases that no submission plays, with the reason.
OTHERWISE: Mapping[str, str] = {
    "R10": "not applicable: no verdict on an answer is ever sent into a box, and an answer is taken once",
}


def case_title(case: str) -> str:
    """Return how a case is called in tables: `S01 input-transformer`."""
    return f"{case} {NAMES[case]}"
