"""The interpreter of a box: IPython without a kernel, whose outputs are collected and not sent anywhere.

It behaves as in a notebook: magics, `!command`, `await`, `display`, figures inline, `In` and `Out`. There is
no person to ask, no history on disk, no start-up file and no profile.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from utils.grading.box.inside.shown import Collected

NOBODY = "input() gets no answer here: nobody sits at the keyboard while a notebook is graded."
INLINE = "module://matplotlib_inline.backend_inline"


class Stream(io.TextIOBase):
    """What `sys.stdout` or `sys.stderr` is while student code runs."""

    def __init__(self, name: str, shell: BoxShell) -> None:
        super().__init__()
        self._name, self._shell = name, shell

    encoding = "utf-8"

    def writable(self) -> bool:
        """Say that text can be written."""
        return True

    def write(self, text: str) -> int:
        """Collect text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.collected.stream(self._name, text)
        return len(text)


class Hook(DisplayHook):  # type: ignore[misc] # IPython ships no types
    """Collects the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        """Write nothing: the page says `Out[n]` itself."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Any = None) -> None:
        """Collect the value."""
        count = self.prompt_count
        self.shell.collected.display("execute_result", format_dict, execution_count=count)

    def finish_displayhook(self) -> None:
        """Write nothing behind the value."""


class Publisher(DisplayPublisher):  # type: ignore[misc] # IPython ships no types
    """Collects what `display` shows; an update reaches displays of the same cell only."""

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Collect a display, or show other data in its place."""
        identity = str((transient or {}).get("display_id", ""))
        if update:
            self.shell.collected.replace(identity, data)
        else:
            self.shell.collected.display("display_data", data, display_id=identity)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown so far."""
        self.shell.collected.clear(wait)


class BoxShell(InteractiveShell):  # type: ignore[misc] # IPython ships no types
    """IPython's shell, with collected outputs."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)
    collected: Collected

    def init_profile_dir(self, profile_dir: Any) -> None:
        """Make no profile: it would be a folder with files that run at the start."""

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """Make no folder in the home folder."""

    def enable_gui(self, gui: Any = None) -> None:
        """Start no loop of a window system."""

    def ask_exit(self) -> NoReturn:
        """End the cell; the notebook goes on, as it does after sys.exit()."""
        raise SystemExit("exit() ends this cell")

    def system(self, cmd: str) -> None:
        """Run a command of the operating system and collect what it prints."""
        expanded = self.var_expand(cmd, depth=1)
        done = subprocess.run(
            expanded,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        self.user_ns["_exit_code"] = done.returncode

    system_piped = system_raw = system

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Any) -> None:
        lines = (
            stb.splitlines() if isinstance(stb, str) else [line for part in stb for line in part.splitlines()]
        )
        self.collected.error(etype.__name__, _message(evalue), lines)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # the class is the student's
        return ""


def no_input(prompt: object = "") -> NoReturn:
    """Stand in for `input`."""
    raise StdinNotImplementedError(NOBODY)


def new_shell() -> BoxShell:
    """Return a shell with figures inline; there is one in a process. `collected` is set before each cell."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # In and Out are kept all the same
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 100  # results; the default of 1000 would keep every tensor shown
    shell: BoxShell = BoxShell.instance(config=config)
    shell.raw_input_original = no_input
    _figures_inline(shell)
    return shell


def _figures_inline(shell: BoxShell) -> None:
    import matplotlib
    from IPython.core.pylabtools import activate_matplotlib
    from matplotlib_inline.backend_inline import configure_inline_support

    matplotlib.use(INLINE)
    activate_matplotlib(INLINE)
    configure_inline_support(shell, INLINE)
