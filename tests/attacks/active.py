"""What of a feedback page would run, load or move something in a browser, as an HTML parser sees it."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.attacks.cases.viewers import ACTIVE

RUNS_TEXT = ("script", "style")
ADDRESSES = ("href", "src", "action", "formaction", "data", "srcdoc", "content")


class Active(HTMLParser):
    """Collects places where the attacker's text stands in something active."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes."""
        self._inside = tag
        for name, value in attrs:
            if ACTIVE in (value or "") and (name in ADDRESSES or name.startswith("on") or name == "style"):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Look at the text of a script or a style."""
        if self._inside in RUNS_TEXT and ACTIVE in data:
            self.found.append(f"<{self._inside}>: {data[:80]}")


def active_in(page: str) -> list[str]:
    """Return every active place of a page that holds an attacker's text."""
    parser = Active()
    parser.feed(page)
    parser.close()
    return parser.found
