"""Trees of folders so deep, or with names so long, that most functions give up on them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nested(folder: Path, names: Sequence[str]) -> Iterator[int]:
    """Make folders in one another; give a descriptor of the innermost. At the end they are removed again.

    What cleans up after tests could not: it calls itself for every folder.
    """
    here = os.open(folder, os.O_RDONLY)
    try:
        for name in names:
            os.mkdir(name, dir_fd=here)
            inner = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)
        subprocess.run(["rm", "-rf", str(folder / names[0])], check=True)
