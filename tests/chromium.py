"""A real browser for the tests that do what people do, and for the pictures in the guides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# No sandbox: the tests may run as root. The others keep the browser from asking its maker's servers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(RuntimeError):
    """This machine has no browser to work in; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a running browser. Raises `NoBrowser`."""
    if CHROMIUM is None:
        raise NoBrowser("no Chromium on this machine: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        raise NoBrowser("pip install -e '.[dev]' brings playwright") from None
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        try:
            yield running
        finally:
            running.close()
