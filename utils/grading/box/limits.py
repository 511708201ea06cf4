"""Every number of the policy: what the code of one student may use while its notebook is graded.

What may cross the wall has limits of its own, which belong to the format: `inside/wire.py`.

Seconds are wall-clock time unless the name says cpu; sizes are bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

MEBIBYTE = 2**20
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Limits:
    """The limits of one box. The defaults leave an honest notebook ten times what it needs."""

    # Time
    start_seconds: float = 10.0  # a warm box answers within 0.1 s; a hang must not hold up the class
    cold_start_seconds: float = 60.0  # importing torch from a cold disk takes many seconds
    template_start_seconds: float = 300.0  # once in a run; a machine that is busy elsewhere may need a minute
    cell_seconds: float = 30.0  # a lesson's longest honest cell takes under 3 s
    notebook_seconds: float = 240.0  # the life of a box, graded calls included
    cpu_seconds: int = 240  # of each process, and of all processes together
    close_seconds: float = 5.0  # within this time a closed box has left nothing behind

    # Memory
    memory_bytes: int = 2 * GIBIBYTE  # the whole box: all processes, and the files in its memory
    address_space_bytes: int = 4 * GIBIBYTE  # one process; torch reserves more than it touches
    stack_bytes: int = 8 * MEBIBYTE  # as in an ordinary session
    tmpfs_bytes: int = 256 * MEBIBYTE  # all files that the notebook may write
    tmpfs_inodes: int = 16_384  # each costs kernel memory, also when its file is empty
    shm_bytes: int = 64 * MEBIBYTE  # /dev/shm, as in a container
    root_bytes: int = 4 * MEBIBYTE  # folders and links that the read-only places hang on

    # Processes and files
    processes: int = 32  # threads count; torch and IPython need fewer than ten
    open_files: int = 256  # in one process; the usual 1024 times 64 processes is a burden on the host
    file_bytes: int = 64 * MEBIBYTE  # one file
    nice: int = 0  # a class is as urgent as what runs beside it; to be modest, start the whole run with nice

    # What may be shown
    cell_output_characters: int = 100_000  # text of one cell
    notebook_output_characters: int = 1_000_000  # text of all cells
    cell_image_bytes: int = 2 * MEBIBYTE  # figures of one cell, before base64
    notebook_image_bytes: int = 16 * MEBIBYTE  # figures of all cells
    printed_characters: int = 10_000  # text printed during the calls of one graded cell

    def as_dict(self) -> dict[str, int | float]:
        """Return the numbers by name, for a process on the other side of the wall."""
        return asdict(self)
