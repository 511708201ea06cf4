"""nbgrader's settings for this course; every nbgrader command and Formgrader read them from here."""

import sys
import warnings
from pathlib import Path

root = Path(__file__).resolve().parent
# `nbgrader` does not put the current folder on the path, and this checkout is the one to use.
if (root / "utils").is_dir() and str(root) not in sys.path:
    sys.path.insert(0, str(root))

from nbgrader.coursedir import CourseDirectory  # noqa: E402
from sqlalchemy.exc import SAWarning  # noqa: E402

from utils.build.preprocessors import RELEASE_STEPS, ClearHidden  # noqa: E402
from utils.checks.course_key import name_key  # noqa: E402
from utils.feedback.grades import ReadGrades  # noqa: E402
from utils.feedback.index import after_feedback  # noqa: E402
from utils.feedback.page import FeedbackPage  # noqa: E402
from utils.formgrader.lab import EXCHANGE  # noqa: E402
from utils.formgrader.pages import show_offline  # noqa: E402
from utils.grading.preprocessors import (  # noqa: E402
    AUTOGRADE_STEPS,
    SANITIZE_STEPS,
    TolerantExporter,
    repair_names,
    timestamp_or_none,
)

# With this SQLAlchemy, nbgrader's way of adding a submission warns three times; the rows are complete.
warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)

c = get_config()  # noqa: F821 - traitlets defines it for this file

name_key(root)  # hidden inputs are drawn from the course's key, if it has one

c.CourseDirectory.course_id = "efficient-attention"
c.CourseDirectory.root = str(root)
# Other processes may be writing scores: wait for them rather than give up after 5 s.
# PostgreSQL: "postgresql+psycopg://HOST/NAME" (and `nbgrader db upgrade` is not needed for a new one).
c.CourseDirectory.db_url = f"sqlite:///{root}/gradebook.db?timeout=60"
# A module that travels with a submission must not shadow ours: no file that Python could load is taken along.
# fmt: off
c.CourseDirectory.ignore = [
    "*.py", "*.pyc", "*.pyd", "*.pyi", "*.so", "*.dll", "*.dylib", "*.pth", "*.egg", "*.zip", "*.whl",
    "*.tar*", "*.db", "*.cfg", "*.ini", "*.toml", "matplotlibrc", "coursekit", "utils", "__pycache__",
    ".*", "*~", "feedback",
]
# fmt: on
# nbgrader leaves the program, in the middle of a class, for a damaged timestamp.txt; here it counts as none.
CourseDirectory.get_existing_timestamp = timestamp_or_none

# lessons -> source -> release
c.GenerateAssignment.preprocessors = RELEASE_STEPS

# submitted -> autograded: student answers go into our own notebook, which then runs under a deadline
c.Autograde.exporter_class = TolerantExporter
c.Autograde.sanitize_preprocessors = SANITIZE_STEPS
c.Autograde.autograde_preprocessors = AUTOGRADE_STEPS
c.Autograde.pre_convert_hook = repair_names
c.Execute.timeout = 30  # seconds a cell
c.Execute.startup_timeout = 120  # seconds; ten kernels may start at once on a busy machine
# A kernel says at every start that it talks over TCP; it talks to this machine only. And it imports nothing
# from the folder it runs in.
c.Execute.extra_arguments = [
    "--HistoryManager.hist_file=:memory:",
    "--log-level=ERROR",
    "--InteractiveShellApp.ignore_cwd=True",
    # A kernel's own exit() ends the kernel a cell later, and takes the answers of other cells with it.
    "--InteractiveShellApp.exec_lines=get_ipython().ask_exit = __import__('sys').exit",
]
c.Execute.shutdown_kernel = "immediate"
c.RunNotebook.notebook_timeout = 240  # seconds a notebook

# What lateness costs: nothing, unless the lines below are used. `docs/class.md` explains them.
# c.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"
# c.PercentPerDay.percent_per_day = 10  # of what a notebook earned, for every day begun
# c.PercentPerDay.grace_minutes = 15  # cost nothing
# c.PercentPerDay.most_percent = 50

# autograded -> feedback: a student reads neither the hidden tests nor their lines in a traceback
c.GenerateFeedback.exporter_class = FeedbackPage
c.GenerateFeedback.preprocessors = [ReadGrades, ClearHidden]
c.GenerateFeedback.post_convert_hook = after_feedback

# Formgrader: formulas without a network, students' work without a script, the mark scheme beside the answer
show_offline(c, root)
# Where `nbgrader release_assignment` and Formgrader hand out and collect; `make lab` makes it. On a machine
# that students log in to, name a folder that all of them can reach.
c.Exchange.root = str(root / EXCHANGE)
# By name, since only this one command needs it.
c.ExchangeFactory.release_feedback = "utils.formgrader.release_feedback.ReleaseFeedback"
