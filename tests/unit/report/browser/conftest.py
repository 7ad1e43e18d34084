# SPDX-License-Identifier: MIT
"""Debian's Chromium, driven by Playwright; skipped, with the reason, where one of them is missing.

``tox -e report`` has the packages. The browser is what ``CHROMIUM`` names, or the first on the
path; Playwright's own download is not used.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Opened:
    """A page in the browser.

    Attributes:
        page: Playwright's.
        complaints: what went to the console as a warning or an error, and what was thrown.
        requests: addresses that the page has asked for, itself left out.
    """

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; tox -e report has it"
    )
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, _NAMES)]
    path = next(filter(None, named), None)
    if path is None:
        pytest.skip("no Chromium on this computer; Debian's package is called chromium")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=options)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open HTML as a file in a window of its own; ``scheme`` is ``light`` or ``dark``."""
    contexts = []

    def open_it(source: str, scheme: str = "light", width: int = 1000) -> Opened:
        path = tmp_path / "page" / "index.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: _hear(opened, message))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(path.as_uri())
        opened.requests.remove(path.as_uri())
        return opened

    yield open_it
    for context in contexts:
        context.close()


def _hear(opened: Opened, message: Any) -> None:
    if message.type in ("error", "warning"):
        opened.complaints.append(message.text)


@pytest.fixture
def serious_faults() -> Callable[[Any], list[tuple[str, str, str]]]:
    """Return what finds the serious faults of a page by axe, everything on it unfolded."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed; tox -e report has it"
    )

    def find(page: Any) -> list[tuple[str, str, str]]:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        found = axe.Axe().run(page).response["violations"]
        return [
            (each["id"], each["nodes"][0]["html"], each["nodes"][0]["failureSummary"])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    return find
