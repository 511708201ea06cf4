"""`python -m coursekit.lab` starts JupyterLab in the folder that one stands in, with this course's settings.

They switch off what only instructors need and what asks the internet, bound how long Validate may run, and
show by their look which cells are to type in and which are read-only.
They lie in this package (`jupyter_config`), so nothing is written into the home folder or the environment,
and plain `jupyter lab` works as well, with all its menus.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SETTINGS = Path(__file__).with_name("jupyter_config")
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


def config_path(environment: Mapping[str, str]) -> str:
    """Return the value of JUPYTER_CONFIG_PATH: this course's settings first, then what was there."""
    return os.pathsep.join(filter(None, [str(SETTINGS), environment.get("JUPYTER_CONFIG_PATH")]))


def main(arguments: list[str] | None = None) -> int:
    """Run JupyterLab with arguments, those of the command line if none are given; return its exit status."""
    try:
        from jupyterlab.labapp import main as lab
    except ImportError as error:
        print(
            f"JupyterLab cannot be started: {error}. Set it up as README.md says, with this Python:\n"
            f"  {sys.executable} -m pip install -r requirements.txt",
            file=sys.stderr,
        )
        return 1
    os.environ["JUPYTER_CONFIG_PATH"] = config_path(os.environ)
    try:
        return int(lab(sys.argv[1:] if arguments is None else arguments) or 0)
    except KeyboardInterrupt:  # before the server was there to take it
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
