"""What docs/ tells people to type exists, and what it shows is there, small, and described."""

import re
import shlex
import struct
from pathlib import Path

import pytest

from utils.cli import parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
GUIDES = [page for page in PAGES if page.name.startswith("first_ten_minutes")]
PICTURES = ROOT / "docs" / "pictures"
IMAGE = re.compile(r"!\[(.*?)\]\((.*?)\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#:]+)\)")  # to a file of ours: an address has a colon
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
WIDTH, ONE, ALL = 1200, 120_000, 700_000  # pixels; bytes of a picture and of all of them
PYTHON_HAS = ("venv", "pip")
WORDS = 6  # an alternative text is a sentence, not a name


def shown(page: Path) -> list[tuple[str, str]]:
    """Return the alternative text and the file of every picture of a page."""
    return IMAGE.findall(page.read_text(encoding="utf-8"))


def typed(page: Path) -> list[str]:
    """Return what a page tells to type: lines of its blocks without the words beside, and code in text."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    beside = [re.split(r"\s{2,}|\s#", line.strip())[0] for line in lines]
    return beside + INLINE.findall(FENCED.sub("", text))


def commands(page: Path, *names: str) -> list[list[str]]:
    """Return the words after `names` of every command that begins with them, with or without a folder."""
    found = []
    for line in typed(page):
        plain = line.replace("\\", "/").replace("[", "").replace("]", "")
        words = shlex.split(plain) if not plain.count("'") % 2 else plain.split()
        if words and [words[0].split("/")[-1], *words[1:]][: len(names)] == list(names):
            found.append(words[len(names) :])
    return found


def of_course(words: list[str]) -> bool:
    """Whether the `course` command takes these words; a verb alone is the name of a command."""
    verbs = next(action.choices for action in parser()._actions if action.choices)
    if len(words) == 1:
        return words[0] in verbs
    try:
        parser().parse_args(words)
    except SystemExit:
        return False
    return True


def targets() -> set[str]:
    """Return what `make` can make."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def is_module(name: str) -> bool:
    """Whether a module of ours has this name."""
    return (ROOT / f"{name.replace('.', '/')}.py").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_course_command_of_the_docs_is_one_that_the_command_line_takes(page):
    assert [words for words in commands(page, "course") if words and not of_course(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_make_target_and_every_module_that_the_docs_run_exists(page):
    assert {word for words in commands(page, "make") for word in words[:1]} <= targets()
    modules = [words[0] for name in ("python", "python3", "py") for words in commands(page, name, "-m")]
    assert [module for module in modules if module not in PYTHON_HAS and not is_module(module)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_to_a_file_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_guides_name_commands_of_every_kind():
    """Otherwise the tests above would pass by reading nothing."""
    verbs = {words[0] for page in GUIDES for words in commands(page, "course") if words}
    modules = {words[0] for page in GUIDES for words in commands(page, "python", "-m")}
    made = {words[0] for page in GUIDES for words in commands(page, "make") if words}
    assert verbs >= {"doctor", "feedback", "regrade", "report", "demo", "init", "build", "package", "grade"}
    assert modules >= {"coursekit.lab", "coursekit.selfcheck", "pip"}
    assert made >= {"setup", "demo", "lab", "lab-student"}


@pytest.mark.parametrize("words", ["grad attention", "grade attention --jbos 2", "report attention --out"])
def test_a_command_that_does_not_exist_would_be_noticed(words):
    assert not of_course(words.split())


def test_every_picture_that_is_shown_exists_and_every_one_that_exists_is_shown():
    used = {(page.parent / file).resolve() for page in PAGES for _, file in shown(page)}
    assert used == set(PICTURES.iterdir())


def test_every_picture_is_described_in_words():
    texts = [text for page in PAGES for text, _ in shown(page)]
    assert [text for text in texts if len(text.split()) < WORDS] == []
    assert len(set(texts)) == len(texts)


def test_every_picture_is_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert {name: size for name, size in sizes.items() if size > ONE} == {}
    assert sum(sizes.values()) <= ALL
    assert {name: width for name in sizes if (width := width_of(PICTURES / name)) > WIDTH} == {}


def width_of(png: Path) -> int:
    """Return the width that a PNG file says in its first chunk."""
    width: int = struct.unpack(">I", png.read_bytes()[16:20])[0]
    return width


def test_every_picture_is_made_by_the_script():
    script = (ROOT / "docs" / "screenshots.py").read_text(encoding="utf-8")
    made = set(re.findall(r'album\.\w+\("([a-z-]+)"', script))
    assert made == {path.stem for path in PICTURES.iterdir()}
