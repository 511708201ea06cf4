"""The texts that go with the notebooks: README.md, requirements.txt and the licence.

Versions come from `pyproject.toml`, titles and points from the lessons, so neither is stated twice.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from utils.build.lessons import Lesson

# What Google Colab brings along; installing our versions over its own would break its other packages.
COLAB_HAS = frozenset({"torch", "numpy", "matplotlib", "ipython"})

LICENCE = "LICENSE"

REQUIREMENTS = """\
# In the folder of this file: pip install -r requirements.txt
./{wheel}[lab]
"""

START = """\
## The notebooks

{table}

## How to start

**On your own computer**, with Python {python}. Unpack the zip, open a terminal in the folder that holds
this file, and give two commands. The first sets everything up and takes some minutes; from then on only the
second is needed.

| | Linux, macOS | Windows |
|---|---|---|
| once | `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` | \
`cmd /c "py -m venv .venv && .venv\\Scripts\\pip install -r requirements.txt"` |
| each time | `.venv/bin/python -m coursekit.lab` | `.venv\\Scripts\\python -m coursekit.lab` |

No GPU is needed, and once set up no network. On Linux, pip's torch brings GPU libraries of several gigabytes
along; to spare them, install the CPU build of the same version first, as PyTorch's own page shows.

**On Google Colab.** Open a notebook with *File, Upload notebook*, drop `{assignment}.zip` into the *Files*
panel on the left, and run this in a cell of its own, above all others. Remove the cell before you hand in.

```
!unzip -qo {assignment}.zip && pip install -q --no-deps {assignment}/{wheel}
!pip install -q {colab}
```

## How to work

Run the cells from top to bottom. The first line of a cell says what it is for:

| first line | the cell |
|---|---|
| `# GIVEN` | is needed by others; run it, it cannot be edited |
| `# YOUR TURN: (a), 3 points` | is yours to fill in; a blank is written `____` |
| `# CHECK: (a), 3 points` | says what is wrong with (a), as far as you could check it by hand |
| none | draws or explains; change it as you like |

A blank that is still empty says which line it is in. More checks run when your work is graded, so a check
that passes is no promise. How far you are, part by part, is shown

* by the last cell of every notebook,
* by `python -m coursekit.selfcheck {example}.ipynb`, with the `python` that starts JupyterLab: it runs the
  file from top to bottom and also finds cells that were copied, split, deleted or changed, and answers that
  need a cell of your own,
* by *Validate* in JupyterLab's toolbar, which lists visible checks that fail.

Hand in the notebooks under the names they have. Cells that you add, and those that only draw, are not run
when your work is graded: a function or an import that an answer uses belongs in the cell that uses it.
Cells of checks that were changed are put back.

## What help is allowed

What you hand in under your name is what you understand and could explain without notes. Talk about the ideas
with anyone: fellow students, teachers, forums, language models. Write the answers yourself: do not copy code,
formulas or sentences for a part from a person or a language model, and do not pass yours on. You may ask a
language model what you would ask a tutor: to explain an idea, an error message or a function of PyTorch. Do
not have it fill in a blank, and do not paste the notebook into it. Where someone or something helped you with
an answer, say so in one sentence in a cell of your own. If your teacher has other rules, those count.

## Licence

The notebooks and the package `coursekit` are under the MIT licence, copyright the maintainers of this course.
You may use, change and pass them on, with the notice in `LICENSE`; your answers are yours.
"""


def project(root: Path) -> dict[str, Any]:
    """Return the `[project]` table of the course's `pyproject.toml`."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def wheel_name(root: Path) -> str:
    """Return the file name of the coursekit wheel."""
    return f"coursekit-{project(root)['version']}-py3-none-any.whl"


def licence_texts(root: Path) -> dict[str, str]:
    """Return the text of the course's licence by its file name; nothing for a course without one."""
    path = root / LICENCE
    return {LICENCE: path.read_text(encoding="utf-8")} if path.is_file() else {}


def requirements_text(root: Path) -> str:
    """Return requirements.txt: the wheel beside it, which names the versions of all else."""
    return REQUIREMENTS.format(wheel=wheel_name(root))


def readme_text(root: Path, assignment: str, lessons: list[Lesson]) -> str:
    """Return README.md: the assignment's own text, the table of its notebooks, and how to start."""
    own = root / "lessons" / assignment / "README.md"
    opening = own.read_text(encoding="utf-8").strip() if own.is_file() else f"# {_spaced(assignment)}"
    about = project(root)
    start = START.format(
        table=_table(lessons),
        python=about["requires-python"].removeprefix(">=") + " or newer",
        assignment=assignment,
        example=lessons[0].name if lessons else "NAME",
        wheel=wheel_name(root),
        colab=" ".join(text for text in about["dependencies"] if _package(text) not in COLAB_HAS),
    )
    return f"{opening}\n\n{start}"


def _spaced(name: str) -> str:
    """Return a file name as words: `linear_attention` as `Linear attention`."""
    return name.replace("_", " ").capitalize()


def _package(requirement: str) -> str:
    """Return the name of the package in a requirement such as `torch==2.13.0`."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()


def _table(lessons: list[Lesson]) -> str:
    """Return one row for each notebook: file, title, points."""
    rows = [
        f"| `{lesson.name}.ipynb` | {_title(lesson)} | {sum(cell.points for cell in lesson.cells)} |"
        for lesson in lessons
    ]
    return "\n".join(["| notebook | about | points |", "|---|---|---|", *rows])


def _title(lesson: Lesson) -> str:
    """Return the first heading of a lesson."""
    for cell in lesson.with_role("prose"):
        if heading := re.search(r"^# +(.+)$", cell.source, re.MULTILINE):
            return heading[1].strip()
    return _spaced(lesson.name)
