"""Names from outside, judged before anything is opened or written under them."""

from __future__ import annotations

import re
import unicodedata

from utils.grading.reading import printable

DEEPEST = 20  # folders above a file; a hand-in has two or three
LONGEST_PART = 255  # bytes that file systems allow in one name
LONGEST_STUDENT = 100  # characters; the gradebook holds 128
# Windows takes these for devices, with any ending.
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")
NOT_IN_A_FOLDER = set('<>:"/\\|?*')


class BadName(ValueError):
    """A name that nothing may be written under; the message says why, on one line."""


def parts_of(name: str) -> tuple[str, ...]:
    """Return the parts of the path that an archive gives a file. Raises `BadName`.

    Archives made on Windows may separate folders by backslashes, whatever their standard says.
    """
    if not name.isprintable():
        raise BadName("its name holds characters that cannot be printed")
    path = name.replace("\\", "/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise BadName("its path is absolute")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BadName("its path leaves the archive")
    if len(parts) > DEEPEST:
        raise BadName(f"it lies more than {DEEPEST} folders deep")
    if any(len(part.encode("utf-8", "replace")) > LONGEST_PART for part in parts):
        raise BadName("its name is too long for a file")
    if not parts:
        raise BadName("it has no name")
    return parts


def folded(*parts: str) -> str:
    """Return what two paths have in common that macOS or Windows would take for one."""
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


def student_folder(name: str) -> str:
    """Return the name as a student's folder is called. Raises `BadName` unless it is a plain one."""
    name = unicodedata.normalize("NFC", name.strip())
    if not name or len(name) > LONGEST_STUDENT:
        raise BadName(f"a student's folder has a name of 1 to {LONGEST_STUDENT} characters")
    if not name.isprintable() or NOT_IN_A_FOLDER & set(name):
        raise BadName(f"{printable(name)!r} is no plain name for a folder")
    if why := _refused(name):
        raise BadName(f"{name!r} {why}")
    return name


def _refused(name: str) -> str:
    """Return why no folder may have a plain name; empty when one may."""
    if name.startswith("."):
        return "begins with a dot: folders of such names are hidden, and never graded"
    if name.startswith("-"):
        return "begins with a dash: commands take such names for options"
    if name.endswith("."):
        return "ends with a dot, which Windows leaves out"
    return "is a name that Windows reserves" if DEVICES.match(name) else ""


def slug(name: str) -> str:
    """Return a person's name as a folder: `Ada  Lovelace` is `ada_lovelace`."""
    return re.sub(r"[\s,_]+", "_", unicodedata.normalize("NFC", name).strip().lower()).strip("_")


def squeezed(name: str) -> str:
    """Return a person's name as Canvas writes it into file names: `Lovelace, Ada` is `lovelaceada`."""
    return re.sub(r"\W", "", unicodedata.normalize("NFC", name).lower())
