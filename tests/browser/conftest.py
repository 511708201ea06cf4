"""Pages for the tests that do what people do in JupyterLab."""

from collections.abc import Iterator
from typing import Any

import pytest

WINDOW = {"width": 1280, "height": 1000}


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Give an empty page of a browser that remembers nothing."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(120_000)
    yield context.new_page()
    context.close()
