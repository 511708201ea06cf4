"""A box without walls, for the tests of what crosses them: the resident in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from utils.grading.box.limits import Limits

ROOT = Path(__file__).resolve().parents[3]


class PlainBox:
    """Starts `python -m utils.grading.box.inside` over a pair of sockets, as the cold path of a box does."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "utils.grading.box.inside", str(theirs.fileno())]
            self._process = subprocess.Popen(
                [*command, json.dumps((limits or Limits()).as_dict())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, "NBGRADER_EXECUTION": "autograde", "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
            )

    def why_ended(self) -> str:
        """Return nothing: there is no warden."""
        return ""

    def cpu_seconds(self) -> float:
        """Return what the process has used, 0 when it is gone."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def bytes_at_start(self) -> int:
        """Return what the process holds; nothing of a notebook does, in these tests."""
        return self.peak_bytes()

    def waited_seconds(self) -> float:
        """Return nothing: this machine always has a core."""
        return 0.0

    def reset_peak(self) -> None:
        """Let the highest memory start again from what the process holds now."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def peak_bytes(self) -> int:
        """Return the highest memory of the process since then."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return 1024 * int(status.split("\nVmHWM:")[1].split()[0])

    def close(self) -> None:
        """End the process."""
        self.channel.close()
        self._process.kill()
        self._process.wait()
