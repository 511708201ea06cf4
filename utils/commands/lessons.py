"""Verbs for who writes lessons: build, pull, parts, prove, package."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from utils.commands.verbs import CourseError, Verbs, assignment_of, course_root


def add_to(verbs: Verbs) -> None:
    """Add these verbs to the command line."""
    proof = "also prove that nothing leaks, no starter earns a point and every solution earns all"
    verbs.add(build).add_argument("--prove", action="store_true", help=proof)
    verbs.add(pull).add_argument("lesson")
    verbs.add(parts).add_argument("--json", action="store_true")
    verbs.add(prove, assignment=False).add_argument("lesson", nargs="*", help="default: all lessons")
    verbs.add(package)


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
    _note_versions(root, args.assignment)
    if args.prove:
        from utils.grading.release_proof import prove

        print("\n".join(prove(root, args.assignment)))
    return 0


def _note_versions(root: Path, assignment: str) -> None:
    """Let the gradebook know the versions just built, so that it knows them once newer ones replace them."""
    from utils.grading.course_setup import gradebook_address, settings
    from utils.grading.gradebook import OpenGradebook
    from utils.grading.versions import released

    with OpenGradebook(gradebook_address(settings(root)), assignment) as book:
        book.note_versions(released(root, assignment))


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
