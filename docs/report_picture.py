# SPDX-License-Identifier: MIT
"""Makes the pictures of the page: ``python docs/report_picture.py hil-report/results.json``.

Chromium, driven by Playwright as in the tests of the page (``tox -e report`` has both), opens the
page of these results as a file and is photographed: ``docs/report.png``, and ``report-dark.png``.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from hil.report.report import report_page, write_page
from hil.results.reading import read_document

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1000, 620
COLOURS = 128
SECTIONS = ("", "#stages-0", "#rounds-0-1")
"""What is photographed, one below the other: the top of the page, and two of its charts."""


def strip(page: Page, selector: str) -> Image.Image:
    """Return a picture of the top of the page, or of one of its elements."""
    if not selector:
        shot = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
    else:
        shot = page.locator(selector).screenshot()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def picture(page: Page) -> Image.Image:
    """Return all of it, on the page's ground."""
    strips = [strip(page, each) for each in SECTIONS]
    ground = strips[0].getpixel((2, 2))
    whole = Image.new("RGB", (WIDTH, sum(each.height for each in strips)), ground)
    top = 0
    for each in strips:
        whole.paste(each, ((WIDTH - each.width) // 2, top))
        top += each.height
    return whole.quantize(COLOURS)


def main(results: Path) -> None:
    """Draw the page, open it, and save its pictures."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        path = Path(name) / "index.html"
        write_page(report_page(read_document(results), results.parent), path)
        opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for scheme, file in (("light", "report.png"), ("dark", "report-dark.png")):
            window = opened.new_page(
                viewport={"width": WIDTH, "height": 2 * HEIGHT}, color_scheme=scheme
            )
            window.goto(path.as_uri())
            picture(window).save(DOCS / file, optimize=True)
        opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
