# SPDX-License-Identifier: MIT
"""What the page of a large run costs: ``python benchmarks/report_page.py``.

A run of 1,000 photos, of which every seventh disagrees with the float model, over four protocols
with 250 rounds each; and one of 100 photos that all disagree. Reading results.json and drawing the
page are the medians of several; the first view is what headless Chromium tells of its first
contentful paint, where Playwright and a browser are installed.
"""

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "fakes"))

from made_runs import make_run  # noqa: E402

from hil.report.report import report_page, write_page  # noqa: E402
from hil.results import write_document  # noqa: E402
from hil.results.reading import read_document  # noqa: E402

ROUNDS = 5
MOST_S, MOST_BYTES, MOST_PAINT_MS, MOST_BYTES_OF_100 = 3.0, 5_000_000, 1000.0, 3_000_000

PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def seconds(work: Callable[[], object]) -> float:
    """Return the median of several times that something takes."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def paint_ms(page: Path) -> float | None:
    """Return when Chromium shows something of a page; None without Playwright or Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    found = []
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for _ in range(ROUNDS):
            window = opened.new_page()
            window.goto(page.as_uri())
            window.wait_for_function(f"({PAINT}) !== null")
            found.append(float(window.evaluate(PAINT)))
            window.close()
        opened.close()
    return statistics.median(found)


def main() -> int:
    """Measure, print, and return 1 if something is above its limit."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        results, page = directory / "results.json", directory / "index.html"
        write_document(make_run(directory, 1000, 250).document(), results)
        read_s = seconds(lambda: read_document(results))
        document = read_document(results)
        draw_s = seconds(lambda: report_page(document, directory))
        write_page(report_page(document, directory), page)
        few = make_run(directory, 100).document()
        for photo in few["photos"]:
            photo["top5"]["float32"] = photo["top5"]["float32"][::-1]
        found = {
            "photos": 1000,
            "protocols": 4,
            "results_bytes": results.stat().st_size,
            "read_s": round(read_s, 3),
            "draw_s": round(draw_s, 3),
            "page_bytes": page.stat().st_size,
            "page_bytes_of_100_photos": len(report_page(few, directory).encode()),
            "first_paint_ms": paint_ms(page),
        }
    print(json.dumps(found))
    broken = (
        read_s + draw_s > MOST_S
        or found["page_bytes"] > MOST_BYTES
        or found["page_bytes_of_100_photos"] > MOST_BYTES_OF_100
        or (found["first_paint_ms"] or 0.0) > MOST_PAINT_MS
    )
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
