"""`python -m utils.formgrader.lab` starts JupyterLab on the course that one stands in, with Formgrader.

What comes after it goes to JupyterLab, such as `--no-browser --port=8899`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SETTINGS = Path(__file__).with_name("jupyter_config")  # no question about news from the internet
FOLDERS = ("submitted", "autograded", "feedback")
EXCHANGE = "exchange"
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
FOR_EVERYBODY = 0o777  # what nbgrader wants of an exchange: students hand in as who they are


def prepare(course: Path) -> None:
    """Make the folders without which Formgrader has no buttons. Raises FileNotFoundError outside a course."""
    if not (course / "nbgrader_config.py").is_file():
        raise FileNotFoundError(f"{course} is no course: it has no nbgrader_config.py; start where one is")
    for name in FOLDERS:
        (course / name).mkdir(exist_ok=True)
    exchange = course / EXCHANGE
    if not exchange.is_dir():
        exchange.mkdir()
        exchange.chmod(FOR_EVERYBODY)


def config_path(environment: Mapping[str, str]) -> str:
    """Return where Jupyter looks for settings: in ours first, then where it was told before."""
    return os.pathsep.join(filter(None, [str(SETTINGS), environment.get("JUPYTER_CONFIG_PATH")]))


def options() -> list[str]:
    """Return what JupyterLab is started with; its root is the folder that one stands in."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # The other manager of extensions asks an index on the internet.
    return ["--LabApp.extension_manager=readonly", *root]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run JupyterLab; return its exit status, and 2 where it cannot be started."""
    try:
        prepare(Path.cwd())
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    from jupyterlab.labapp import main as lab  # seconds, which an error should not wait for

    os.environ["JUPYTER_CONFIG_PATH"] = config_path(os.environ)
    try:
        return int(lab([*options(), *(sys.argv[1:] if arguments is None else arguments)]) or 0)
    except KeyboardInterrupt:  # before the server was there to take it
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
