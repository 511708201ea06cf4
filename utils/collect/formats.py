"""How learning platforms name the files in their exports: which student, when, and what is left of the name.

Canvas      lovelaceada_LATE_67890_123456_decoding-1.ipynb      (its own zip, all files side by side)
Moodle      Ada Lovelace_12345_assignsubmission_file_/decoding.ipynb
Blackboard  hw1_alovelace_attempt_2026-01-30-15-00-00_decoding.ipynb
Brightspace 123-456 - Ada Lovelace - Jan 30, 2026 926 PM/decoding.ipynb
Gradescope  submission_123/decoding.ipynb, and submission_metadata.yml, see `gradescope`
otherwise   ada/decoding.ipynb, ada/attention/decoding.ipynb, ada.zip
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from utils.collect.names import slug

ANONYMOUS = re.compile(r"anon_(?P<id>\w+?)_(?P<late>LATE_)?(?P<file>\d+)_(?P<rest>.+)")
CANVAS = re.compile(r"(?P<name>\w+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<file>\d+)_(?P<rest>.+)")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)_?(?P<rest>.*)")
BLACKBOARD = re.compile(
    r"(?P<assignment>.+?)_(?P<login>[^_]+)_attempt_(?P<when>\d{4}(-\d\d){5})(_(?P<rest>.+)|\.txt)"
)
BRIGHTSPACE = re.compile(
    r"\d+-\d+ - (?P<name>.+) - (?P<date>[A-Z][a-z]{2} \d{1,2}, \d{4}) (?P<time>\d{3,4} [AP]M)"
)
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Owner:
    """Whose file it is, as a platform says it.

    `names` are looked up in a table of names, each with its sort; `folder` is the student when there is no
    table, `shown` what a person reads, `identity` what two hand-ins of one student have in common.
    """

    shown: str
    folder: str
    names: Names
    identity: str


@dataclass(frozen=True)
class Read:
    """What a name says. `order` grows with every upload; `rest` is the file's own name, if it holds one.

    `attempt` tells hand-ins of one student apart. `when` is None when the name has no date.
    """

    owner: Owner
    rest: str = ""
    attempt: str = ""
    when: datetime | None = None
    order: int = 0
    late: bool = False


def _anonymous(match: re.Match[str]) -> Read:
    who = f"anon_{match['id']}"
    owner = Owner(who, who, (("canvas", match["id"]),), f"canvas {who}")
    return Read(owner, match["rest"], order=int(match["file"]), late=bool(match["late"]))


def _canvas(match: re.Match[str]) -> Read:
    folder = f"{match['name']}_{match['id']}"
    owner = Owner(match["name"], folder, (("canvas", match["id"]),), f"canvas {match['id']}")
    return Read(owner, match["rest"], order=int(match["file"]), late=bool(match["late"]))


def _moodle(match: re.Match[str]) -> Read:
    name = match["name"]
    names = (("participant", match["id"]), ("name", slug(name)))
    return Read(
        Owner(name, slug(name), names, f"moodle {match['id']}"), match["rest"], attempt=match["plugin"]
    )


def _blackboard(match: re.Match[str]) -> Read:
    login, when = match["login"], datetime.strptime(match["when"], "%Y-%m-%d-%H-%M-%S")
    # A user name may hold underscores; only a table of names can tell, so the longest fit is looked up first.
    words = f"{match['assignment']}_{login}".split("_")
    names = tuple(("login", "_".join(words[start:])) for start in range(len(words)))
    owner = Owner(login, login, names, f"blackboard {match['assignment']} {login}")
    return Read(owner, match["rest"] or "", match["when"], when.astimezone())


def _brightspace(match: re.Match[str]) -> Read:
    hour, half = match["time"].split()
    moment = f"{match['date']} {hour.zfill(4)} {half}"  # 926 PM is 9:26, and not 92:6
    when = datetime.strptime(moment, "%b %d, %Y %I%M %p").astimezone()
    name = match["name"]
    owner = Owner(name, slug(name), (("name", slug(name)),), f"brightspace {slug(name)}")
    return Read(owner, attempt=moment, when=when)


PLATFORMS: dict[str, tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Read]], ...]] = {
    "canvas": ((ANONYMOUS, _anonymous), (CANVAS, _canvas)),
    "moodle": ((MOODLE, _moodle),),
    "blackboard": ((BLACKBOARD, _blackboard),),
    "brightspace": ((BRIGHTSPACE, _brightspace),),
}
PLAIN, GRADESCOPE = "folders", "gradescope"


def platform_of(tops: Collection[str], folders: Collection[str]) -> str:
    """Return the platform that named most of the first parts of all paths; `folders` have files below.

    A student chooses a part of a file's name, and could make it look like another platform's name of another
    student; so one platform is decided on for a whole export. Raises ValueError when two fit alike.
    """
    fits = {platform: {top for top in tops if read_name(platform, top)} for platform in PLATFORMS}
    counts = {platform: len(fit) for platform, fit in fits.items()}
    counts[PLAIN] = len(set(folders).difference(*fits.values()))
    most = max(counts.values())
    best = [platform for platform, count in counts.items() if count == most]
    if not most:
        return PLAIN
    if len(best) > 1:
        raise ValueError(f"its names could be those of {' or '.join(best)}: say which with --platform.")
    return best[0]


def read_name(platform: str, part: str) -> Read | None:
    """Return what the first part of a path says in the way of a platform, None when it is not so named."""
    for pattern, reading in PLATFORMS.get(platform, ()):
        if match := pattern.fullmatch(part):
            try:
                return reading(match)
            except ValueError:  # a date such as February 30
                return None
    return None


def plain(part: str) -> Read:
    """Return what an ordinary folder, or a student's zip, says: its name is the student."""
    name = re.sub(r"(?i)\.zip$", "", part)
    return Read(Owner(name, name, (("login", name), ("name", slug(name))), f"folder {name}"))
