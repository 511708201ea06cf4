"""The `course` command: a thin door to the build, the checks and the grading."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

MARK = "nbgrader_config.py"
Command = Callable[[argparse.Namespace], int]


class CourseError(Exception):
    """Something the caller can mend; the message says what and how. Ends the command with code 2."""


def course_root(start: Path | None = None) -> Path:
    """Return the course that the current folder lies in. Raises `CourseError` outside of one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file() and (folder / "lessons").is_dir():
            return folder
    raise CourseError(f"{here} is not inside a course: no folder above it holds {MARK} and lessons/.")


def assignment_of(name: str, root: Path) -> str:
    """Return the assignment's name. Raises `CourseError`, naming those that exist, when there is none."""
    known = sorted(path.name for path in (root / "lessons").iterdir() if path.is_dir())
    if name not in known:
        raise CourseError(f"there is no assignment {name!r}; there is: {', '.join(known)}.")
    return name


def build(args: argparse.Namespace) -> int:
    """Lessons -> source -> release, and with --prove the proof of the release."""
    from utils.build.release import build_release
    from utils.build.source import build_source

    root = course_root()
    for path in [
        *build_source(root, assignment_of(args.assignment, root)),
        *build_release(root, args.assignment),
    ]:
        print(path.relative_to(root))
    if args.prove:
        from utils.grading.release_proof import prove

        print("\n".join(prove(root, args.assignment)))
    return 0


def pull(args: argparse.Namespace) -> int:
    """Bring an edit made to source/*.ipynb in JupyterLab back into the text lesson."""
    from utils.build.pull import pull as pull_lesson

    root = course_root()
    pulled = pull_lesson(root, assignment_of(args.assignment, root), args.lesson)
    print(f"{pulled.path.relative_to(root)} {'changed' if pulled.changed else 'is as it was'}")
    print("\n".join(pulled.notes))
    return 0


def parts(args: argparse.Namespace) -> int:
    """List every graded part: id, id in the specification, kind, points."""
    from utils.build.source import parts as graded_parts

    root = course_root()
    found = graded_parts(root, assignment_of(args.assignment, root))
    if args.json:
        print(json.dumps([asdict(part) for part in found], indent=1))
        return 0
    for part in found:
        by_hand = "  read by a person" if part.manual else ""
        print(f"{part.id:45} {part.spec:15} {part.kind:10} {part.points:3}{by_hand}")
    print(f"{len(found)} parts, {sum(part.points for part in found)} points")
    return 0


def prove(args: argparse.Namespace) -> int:
    """Run every known mistake and alternative of every check; fail unless all are decided rightly."""
    from utils.checks import report

    root = course_root()
    known = [path.stem for path in sorted((root / "lessons").glob("*/*.py"))]
    if unknown := sorted(set(args.lesson) - set(known)):
        raise CourseError(f"there is no lesson {', '.join(unknown)}; there are: {', '.join(known)}.")
    lessons = args.lesson or known
    proofs = [proof for lesson in lessons for proof in report.proofs_of(lesson)]
    report.print_proofs(proofs)
    return 0 if all(proof.complete for proof in proofs) else 1


def package(args: argparse.Namespace) -> int:
    """Zip what students download."""
    from utils.build.package import package as make

    root = course_root()
    print(make(root, assignment_of(args.assignment, root)).relative_to(root))
    return 0


def grade(args: argparse.Namespace) -> int:
    """Grade what lies in submitted/, write feedback, print the table."""
    from utils.checks.report import wide_console
    from utils.grading.class_run import students_of
    from utils.grading.demo import TRUSTED_ONLY, graded, report

    root = course_root()
    assignment = assignment_of(args.assignment, root)
    students = args.student or students_of(root, assignment)
    if missing := [
        student for student in students if not (root / "submitted" / student / assignment).is_dir()
    ]:
        raise CourseError(f"submitted/ holds nothing of {', '.join(missing)} for {assignment}.")
    if not students:
        raise CourseError(
            f"submitted/ holds nothing for {assignment}: expected submitted/<student>/{assignment}/*.ipynb."
        )
    console = wide_console()
    console.print(f"[bold yellow]{TRUSTED_ONLY}")
    outcomes = graded(root, assignment, students, console, jobs=args.jobs, force=args.force)
    report(root, assignment, outcomes, console)
    return 0 if all(outcome.state != "failed" for outcome in outcomes) else 1


def scores(args: argparse.Namespace) -> int:
    """Print the points of every student on every part."""
    from utils.build.lessons import lesson_paths
    from utils.checks.report import wide_console
    from utils.grading.class_run import students_of
    from utils.grading.demo import part_table

    root = course_root()
    students = args.student or students_of(root, assignment_of(args.assignment, root))
    for path in lesson_paths(root, args.assignment):
        wide_console().print(part_table(root, args.assignment, path.stem, students))
    return 0


def demo(args: argparse.Namespace) -> int:
    """Do the main job on the sample class, or remove it again."""
    from utils.grading import demo as main_job

    root = course_root()
    if args.remove:
        print("removed " + ", ".join(main_job.remove(root, args.assignment)))
        return 0
    return main_job.run(root, assignment_of(args.assignment, root), jobs=args.jobs, force=args.force)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="course", description="Build, prove, release and grade the course.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def verb(command: Command, *, assignment: bool = True) -> argparse.ArgumentParser:
        new = verbs.add_parser(
            command.__name__, help=(command.__doc__ or "").splitlines()[0], description=command.__doc__
        )
        if assignment:
            new.add_argument("assignment", nargs="?", default="attention", help="default: attention")
        new.set_defaults(command=command)
        return new

    proof = "also prove that nothing leaks, no starter earns a point and every solution earns all"
    verb(build).add_argument("--prove", action="store_true", help=proof)
    verb(pull).add_argument("lesson")
    verb(parts).add_argument("--json", action="store_true")
    verb(prove, assignment=False).add_argument("lesson", nargs="*", help="default: all lessons")
    verb(package)
    for command in (grade, scores):
        verb(command).add_argument("--student", action="append", help="only this one; may be repeated")
    verb(demo).add_argument("--remove", action="store_true", help="remove the sample class again")
    for name in ("grade", "demo"):
        verbs.choices[name].add_argument(
            "--jobs", type=int, help="submissions at a time; default: the number of cores"
        )
        verbs.choices[name].add_argument(
            "--force", action="store_true", help="also those that have not changed"
        )
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 done with findings, 2 not possible as asked."""
    args = parser().parse_args(argv)
    try:
        code: int = args.command(args)
    except (CourseError, ValueError, FileNotFoundError) as error:
        print(f"course: {error}\nTry 'course --help'.", file=sys.stderr)
        return 2
    except AssertionError as error:  # a proof that does not hold
        print(f"course: {error}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
