# SPDX-License-Identifier: MIT
"""The page as people see it: opened from a file, pointed at, printed, read by a screen reader."""

from pathlib import Path
from typing import Any

import pytest

from hil.report.comparison.page import compare_runs
from hil.report.report import report_page
from hil.results import ErrorRecord

SECTIONS = ("identity", "accuracy", "latency", "history", "errors", "tests")


TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def point_at(mark: Any) -> None:
    """Point at a mark once the page has stopped scrolling, for scrolling puts the figure away."""
    mark.scroll_into_view_if_needed()
    mark.page.evaluate(TWO_FRAMES)
    mark.hover()


@pytest.fixture
def source(make_run: Any, crashed: ErrorRecord, tmp_path: Path) -> str:
    results = make_run(failing="<b>cat</b>.jpg", rounds=30)
    results.errors.append(crashed)
    results.exit_status = 1
    document = results.document()
    totals = {"tcp": {"p50": 66_000, "p95": None, "max": 67_000}}
    run = {"at": "2026-11-30T10:00:00", "commit": "abc", "firmware": None, "total_us": totals}
    document["history"] = {"runs": [run] * 3, "missing": None, "unread": []}
    return report_page(document, tmp_path)


def test_it_opens_from_a_file_without_a_complaint_and_asks_for_nothing(
    open_page: Any, source: str
) -> None:
    opened = open_page(source)
    assert opened.page.title().startswith("Simulated: Failed")
    assert opened.complaints == []
    assert [each for each in opened.requests if not each.startswith("data:")] == []


def test_scripts_styles_and_pictures_from_elsewhere_are_refused(
    open_page: Any, source: str
) -> None:
    opened = open_page(
        source.replace("</main>", "<script>document.title='taken'</script></main>")
        .replace("<h1>", '<h1 style="color:red" onclick="document.title=1">')
        .replace("<nav", '<img src="https://example.invalid/x.png"><nav')
    )
    opened.page.click("h1")
    assert opened.page.title().startswith("Simulated: Failed")
    refused = [each for each in opened.complaints if "Content Security Policy" in each]
    assert len(refused) >= 4  # a script, a style, a handler, a picture


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_can_be_reached(open_page: Any, source: str, section: str) -> None:
    page = open_page(source).page
    page.click(f'nav a[href="#{section}"]')
    assert page.locator(f"#{section} h2").is_visible()


def test_charts_have_as_many_marks_as_there_are_figures(open_page: Any, source: str) -> None:
    page = open_page(source).page
    assert page.locator("#rounds-0-0 circle.dot").count() == 30 * 7
    assert page.locator("#stages-0 rect.mark").count() == 4 * 5
    assert page.locator("#history-chart circle.point").count() == 3
    assert page.locator("#distance-0 circle.dot").count() == 3 * 14


def test_pointing_at_a_mark_shows_its_figure(open_page: Any, source: str) -> None:
    page = open_page(source).page
    tip = page.locator("#tip")
    assert tip.is_hidden()
    point_at(page.locator("#stages-0 rect.mark").nth(1))
    assert tip.inner_text().startswith("head 50 ms")
    box = tip.bounding_box()
    assert 0 <= box["x"] <= 1000 - box["width"]
    page.locator("h1").hover()
    assert tip.is_hidden()


def test_the_failing_photo_is_shown(open_page: Any, source: str) -> None:
    page = open_page(source).page
    card = page.locator("li.failing")
    assert card.locator("h4").inner_text().startswith("<b>cat</b>.jpg")
    picture = card.locator("img")
    picture.scroll_into_view_if_needed()
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => image.naturalWidth") > 50


def test_charts_are_as_wide_as_the_page_and_the_page_is_no_wider_than_a_phone(
    open_page: Any, source: str
) -> None:
    page = open_page(source, width=360).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_dark_is_dark(open_page: Any, source: str) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_page(source, "light").page.evaluate(ground) == "rgb(255, 255, 255)"
    assert open_page(source, "dark").page.evaluate(ground) == "rgb(18, 23, 29)"


def test_it_prints_with_all_sections_and_without_navigation(open_page: Any, source: str) -> None:
    page = open_page(source).page
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator("#errors pre.log").is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_all_that_scrolls_and_unfolds_can_be_reached_by_keys(open_page: Any, source: str) -> None:
    page = open_page(source).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("details > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


@pytest.fixture
def compared(make_run: Any) -> str:
    runs = (make_run(rounds=40, seed=at, shift_us=at * 500).document() for at in (0, 1))
    return compare_runs(*runs, ("a", "b")).page


def test_two_runs_side_by_side_open_without_a_complaint(open_page: Any, compared: str) -> None:
    opened = open_page(compared)
    assert opened.page.title() == "Simulated: Something is worse, beyond noise"
    assert opened.complaints == opened.requests == []
    assert opened.page.locator("#shifts polygon.percentile").count() == 4 * 8
    point_at(opened.page.locator("#shifts polygon.percentile").nth(4))
    assert opened.page.locator("#tip").inner_text().startswith("shift ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["source", "compared"])
def test_axe_finds_no_serious_fault(
    open_page: Any,
    serious_faults: Any,
    request: pytest.FixtureRequest,
    which: str,
    scheme: str,
) -> None:
    source = request.getfixturevalue(which)
    assert serious_faults(open_page(source, scheme).page) == []
