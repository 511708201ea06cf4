"""JupyterLab as these tests drive it: a server in a process of its own, and one page of a browser.

What is waited for is a state that a person would see, never a number of seconds.
"""

import json
import re
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Where the library is missing, the tests that import this module are skipped, and say why.
WHY = "nothing drives a browser here: pip install -e '.[dev]'"
expect = pytest.importorskip("playwright.sync_api", reason=WHY).expect

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".cache" / "screenshots"
PATIENCE = 120  # seconds for anything; a machine under load takes 20 to start the server alone
PROMPT = re.compile(r"\[\d+\]:")  # of a cell that has run; [*]: is one that runs
expect.set_options(timeout=PATIENCE * 1000)
HERE = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Server:
    """A running Jupyter server: its address, and the token that lets one in."""

    address: str
    token: str

    def get(self, path: str) -> Any:
        """Return what the server answers, as data."""
        request = urllib.request.Request(
            f"{self.address}{path}", headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)


@contextmanager
def serving(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Start JupyterLab by a command, with a folder as its root; stop it at the end.

    Raises AssertionError with the log when the server ends or does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
    ]
    options += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    log = folder.parent / f"{folder.name}-lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options], cwd=folder, env=dict(environment), stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", token)
    try:
        _until_it_answers(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            server.get("/api")
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab does not answer:\n{log.read_text(errors='replace')[-3000:]}")


@dataclass
class Watch:
    """What a page did that nobody sees: errors in its console, requests that leave this machine."""

    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    requests: int = 0

    def over(self, page: "Page") -> "Watch":
        """Watch a page, and the pages that it opens, from now on."""
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("popup", self.over)
        return self

    def _said(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)

    def _asked(self, url: str) -> None:
        self.requests += 1
        where = urlsplit(url)
        if where.scheme not in ("data", "blob", "about") and where.hostname not in HERE:
            self.elsewhere.append(url)


class Notebook:
    """A notebook that is open in JupyterLab; cells are found by the ids that they have in the file."""

    def __init__(self, page: "Page", server: Server, path: Path) -> None:
        self.page, self.server, self.path = page, server, path
        self.ids = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]

    def open(self) -> "Notebook":
        """Open the notebook, and wait until its kernel waits for work."""
        # Without `reset` JupyterLab would restore the tabs of an earlier visit.
        self.page.goto(f"{self.server.address}/lab/tree/{self.path.name}?token={self.server.token}&reset")
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)
        expect(self.page.locator(".jp-Cell")).to_have_count(len(self.ids))
        self.wait_for_kernel()
        return self

    def wait_for_kernel(self) -> None:
        """Wait until there is a kernel, and every cell that was to run has run."""
        # The indicator alone says idle before any kernel exists.
        end = time.monotonic() + PATIENCE
        while not any(s["kernel"]["execution_state"] == "idle" for s in self.server.get("/api/sessions")):
            assert time.monotonic() < end, "the notebook has no kernel that waits for work"
            self.page.wait_for_timeout(100)
        idle = self.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        expect(idle).to_have_count(1)
        waiting = self.page.locator(".jp-InputPrompt", has_text="*")
        expect(waiting).to_have_count(0)

    def cell(self, name: str) -> "Locator":
        """Return a cell, scrolled to."""
        found = self.page.locator(".jp-Notebook .jp-Cell").nth(self.ids.index(name))
        found.scroll_into_view_if_needed()
        return found

    def write(self, name: str, text: str) -> None:
        """Replace the text of a cell by another."""
        cell = self.cell(name)
        rendered = cell.locator(".jp-MarkdownOutput")
        if rendered.count() and rendered.is_visible():
            rendered.dblclick()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)  # typing key by key would close brackets of its own
        if text:
            expect(cell.locator(".cm-content")).to_contain_text(text.split("\n")[0].strip())

    def run(self, name: str) -> "Locator":
        """Run one cell, wait until it has run, and return its outputs."""
        cell = self.cell(name)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(PROMPT)
        return cell.locator(".jp-OutputArea-output")

    def run_all(self, last: str) -> None:
        """Choose Run All Cells in the menu, and wait until all have run; `last` is one that had not yet."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        expect(self.cell(last).locator(".jp-InputPrompt")).to_have_text(PROMPT)
        self.wait_for_kernel()

    def saved(self) -> Any:
        """Save, wait until the file is written, and return what it holds."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".jp-mod-dirty")).to_have_count(0)
        return json.loads(self.path.read_text(encoding="utf-8"))

    def picture(self, name: str) -> None:
        """Keep what the window shows, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
