"""`python fake_run.py COURSE [DB]`: a class run with fake workers in a process of its own, to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from fake_worker import team
from scratch_course import ASSIGNMENT

from utils.grading import digests
from utils.grading.class_run import Interrupted, grade_class, students_of


def main(root: Path, db: str | None) -> int:
    """Return 0 when every submission got a result; say on stderr what kept it from that."""
    digests.CODE_THAT_DECIDES = ()  # the code may be worked on while the tests run
    try:
        grade_class(root, ASSIGNMENT, students_of(root, ASSIGNMENT), jobs=2, db=db, open_workers=team())
    except (RuntimeError, Interrupted) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
