"""What the page says about a class, what it never says, and that it needs nothing but itself."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_class import Made, fill, plausible

from utils.build.source import parts
from utils.report import page
from utils.report.class_data import ClassData, class_data
from utils.report.figures import PartMap, Picture
from utils.report.items import best_rows
from utils.report.known_mistakes import hints_of

NOW = datetime(2026, 3, 2, 9, 30)
HOSTILE = "<script>alert(1)</script>"
PARTS = ["decoding.a", "decoding.b", "decoding.c", "decoding.g"]


@pytest.fixture(autouse=True)
def _blank_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing, which takes seconds, but for the test that is about figures."""
    if "figures" not in request.node.name:
        blank = Picture("data:,", "data:,", "nothing")
        monkeypatch.setattr(page, "histogram", lambda *args, **named: blank)
        monkeypatch.setattr(page, "part_map", lambda *args: PartMap(blank, "no dots"))


def made(course: Path, size: int = 30) -> list[Made]:
    known = parts(course, "attention")
    hints = {part: list(mine) for part, mine in hints_of("decoding").items()}
    return plausible(known, hints, size, unfair=["decoding.g"])


def read(course: Path) -> ClassData:
    return class_data(course, "attention")


def html(course: Path, *, anonymous: bool = False) -> str:
    return page.html(page.report(read(course), anonymous=anonymous, made=NOW))


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str, attribute: str) -> list[str]:
        return [values[attribute] or "" for tag, values in self.tags if tag == name and attribute in values]


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.replace("<wbr>", "")))


def test_the_page_runs_nothing_loads_nothing_and_says_what_its_figures_show(course: Path) -> None:
    fill(course, made(course))
    text = html(course)
    tags = Tags(text)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in tags.tags}
    assert not [name for _, values in tags.tags for name in values if name.startswith("on")]
    sources = tags.all("img", "src") + tags.all("source", "srcset")
    assert sources
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert all(alt.strip() for alt in tags.all("img", "alt"))
    assert len(tags.all("img", "alt")) == len(tags.all("img", "src"))
    pictures = len(tags.all("img", "src"))
    assert len(tags.all("source", "srcset")) == pictures + 2 * 2  # two wide figures are there for phones, too
    assert not re.findall(r"(?:url\(|@import|https?:)", text.partition("</style>")[0])
    assert {link.lstrip("#") for link in tags.all("a", "href")} <= set(tags.all("section", "id"))
    assert "nan" not in words(text).casefold().split()


def test_an_unfair_check_is_found_with_who_lost_it_and_the_command_that_explains_it(course: Path) -> None:
    fill(course, made(course))
    said = page.report(read(course), made=NOW)
    worst = said.suspects[0]
    assert worst.part.id == "decoding.g"
    assert "negative discrimination" in " ".join(worst.reasons)
    assert said.of_rows(worst.rows) in words(page.html(said))
    first = said.data.students[worst.rows[0]]
    assert (
        f"course regrade attention --student {first} --check decoding.g --explain" in said.commands(worst)[0]
    )


def test_only_hints_of_the_part_s_own_table_count_as_known_mistakes(course: Path) -> None:
    own, other = (
        next(iter(hints_of("decoding")["decoding.a"])),
        next(iter(hints_of("decoding")["decoding.f"])),
    )
    told = [own, own, other, HOSTILE, ""]
    class_ = [
        Made(f"s{n}", dict.fromkeys(PARTS, 0.0), findings={"decoding.a": (f"first {HOSTILE}", hint)})
        for n, hint in enumerate(told)
    ]
    fill(course, class_)
    said = page.report(read(course), made=NOW)
    wrong = next(w for lesson in said.lessons for _, w in lesson.rows if w.part == "decoding.a")
    assert [(mistake.hint, mistake.count) for mistake in wrong.known] == [(own, 2)]
    assert wrong.unknown == 3
    text = page.html(said)
    assert "<script" not in text
    assert "first &lt;script&gt;" in text


def test_an_answer_that_was_left_as_handed_out_is_untouched_and_no_mistake(course: Path) -> None:
    fill(course, [Made(f"s{n}", dict.fromkeys(PARTS, 0.0), untouched=["decoding.a"]) for n in range(4)])
    said = page.report(read(course), made=NOW)
    rows = {item.part.id: (item, wrong) for lesson in said.lessons for item, wrong in lesson.rows}
    assert (rows["decoding.a"][0].untouched.value, rows["decoding.a"][1].count) == (1.0, 0)
    assert (rows["decoding.b"][0].untouched.value, rows["decoding.b"][1].count) == (0.0, 4)


def test_an_anonymous_page_names_nobody_and_quotes_nothing_that_only_few_were_told(course: Path) -> None:
    class_ = made(course)
    for n, one in enumerate(class_):
        one.name = f"anneliese-{n:02}"
    rare = ("it was read as Rosa", "")
    class_[0].findings = {"decoding.a": rare, "decoding.b": ("it was read as 7", "")}
    for one in class_[:3]:
        one.points = {**one.points, "decoding.b": 0.0, "decoding.a": 0.0}
        one.findings = {**one.findings, "decoding.b": ("it was read as 7", "")}
        one.untouched, one.late = [], timedelta(hours=5)
        one.incidents = {"decoding": f"box of {one.name} was ended"}
    fill(course, class_)
    assert "Rosa" in html(course)
    assert "anneliese" in html(course)
    quiet = html(course, anonymous=True)
    assert "anneliese" not in quiet
    assert "Rosa" not in quiet
    assert "it was read as 7" in quiet
    assert "course regrade attention --student ID --check decoding.g --explain" in quiet


def test_a_small_class_is_told_that_its_numbers_mean_little_and_what_is_not_defined_says_why(
    course: Path,
) -> None:
    fill(course, made(course, 2))
    said = words(html(course))
    assert "2 students with a result on every lesson. With fewer than 10" in said
    assert "not defined: fewer than 3 students have a score" in said
    fill_more = made(course, 12)[2:]
    fill(course, fill_more)
    assert "With fewer than 10" not in words(html(course))


def test_a_student_without_a_result_is_out_of_the_analysis_and_in_the_list(course: Path) -> None:
    class_ = made(course, 12)
    lost = Made("zz-lost", {}, recorded=False)
    fill(course, [*class_, lost])
    (course / "submitted" / "zz-never" / "attention").mkdir(parents=True)
    data = read(course)
    assert [data.students[row] for row in data.analysed] == [one.name for one in class_]
    assert data.without_result() == [("zz-lost", "decoding")]
    assert not data.waits[-1].any()
    said = words(html(course))
    assert "Handed in, and nothing of it is graded: zz-never (" in said
    assert "zz-lost (decoding)" in said


def test_what_waits_for_a_person_is_counted_and_what_a_person_gave_counts_as_points(course: Path) -> None:
    class_ = made(course, 12)
    class_[0].by_hand = {"decoding.batching": 2.0}
    fill(course, class_)
    said = page.report(read(course), made=NOW)
    assert [(one.part, one.waits, one.by_hand) for one in said.waiting] == [("decoding.batching", 11, 1)]
    item = next(i for lesson in said.lessons for i, _ in lesson.rows if i.part.id == "decoding.batching")
    assert (item.n, item.in_sums) == (1, False)
    assert item.difficulty.value == pytest.approx(2 / item.out_of)


def test_late_submissions_incidents_and_times_are_told(course: Path) -> None:
    class_ = made(course, 12)
    for one in class_:
        one.late, one.incidents, one.seconds = timedelta(0), {}, {"all": 0.5, "wall": 1.0}
    class_[3].late = timedelta(days=2)
    class_[4].incidents = {"decoding": f"given-setup: {HOSTILE}"}
    class_[5].seconds = {"all": 0.5, "wall": 12.0}
    fill(course, class_)
    assert [one.student for one in page.report(read(course), made=NOW).late] == ["student-0003"]
    said = words(html(course))
    assert "student-0003 2.0 days 1" in said
    assert "student-0004, decoding: given-setup: &lt;script&gt;" in said
    assert "decoding 12 1.92 1.00 12.00 student-0005 0.50" in said


def test_results_of_nbgrader_s_own_command_make_a_page_too(course: Path) -> None:
    class_ = made(course, 12)
    for one in class_:
        one.recorded = False
    fill(course, class_)
    said = words(html(course))
    assert "it is not recorded which answers were left as they were" in said
    assert "Not recorded: nbgrader autograde does not note it" in said


def test_the_best_third_takes_in_who_ties_with_its_last_and_nobody_where_all_are_alike(course: Path) -> None:
    rest = dict.fromkeys(PARTS[1:], 1.0)
    class_ = [Made(f"s{n}", {**rest, "decoding.b": 1.0 if n < 3 else 0.0}) for n in range(6)]
    fill(course, class_)
    data = read(course)
    assert list(best_rows(data, 0)) == [0, 1, 2]  # a third are two, and the third ties
    assert list(best_rows(data, 1)) == []  # without decoding.b all are alike


def test_a_student_s_name_is_quoted_in_a_command_and_escaped_on_the_page(course: Path) -> None:
    class_ = made(course)
    for n, one in enumerate(class_):
        one.name = f"{n:02}; rm -rf <b>'x'"
    fill(course, class_)
    said = page.report(read(course), made=NOW)
    command = said.commands(said.suspects[0])[0]
    assert re.search(r"--student '\d\d; rm -rf <b>'\"'\"'x'\"'\"'' --check", command)
    assert "<b>'x'" not in page.html(said)


def test_a_password_is_never_repeated_on_the_page(course: Path) -> None:
    fill(course, made(course))
    data = read(course)
    for db, shown in (
        ("postgresql://grader:secret@host/attention", " --db URL"),
        ("postgresql://grader@host/attention", " --db postgresql://grader@host/attention"),
    ):
        said = page.report(data, db=db, made=NOW)
        assert said.commands(said.suspects[0])[0].endswith(f"--explain{shown}")
        assert "secret" not in page.html(said)


def test_a_name_goes_on_in_the_next_line_after_a_dot_or_an_underscore_and_is_escaped() -> None:
    assert page.breakable("argmax_attention.b") == "argmax_<wbr>attention.<wbr>b"
    assert page.breakable("<b>.x_") == "&lt;b&gt;.<wbr>x_"
