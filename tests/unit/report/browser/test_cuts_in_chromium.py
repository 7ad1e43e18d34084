# SPDX-License-Identifier: MIT
"""The pages of ``hil split --sweep`` and ``hil calibrate`` as people see them."""

from typing import Any

import pytest

from hil.model.model import Model
from hil.model.tflite.verify import verify
from hil.planning.calibration import calibration
from hil.planning.predict import predict
from hil.report.calibration import calibration_page
from hil.report.sweep import sweep_page
from hil.sim.clock.cost import operator_work
from hil.sim.clock.profile import OperatorTime, Profile

LINKS = ("udp", "ble")
CUTS = 20
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def sweep_source(tiny: Model) -> str:
    return sweep_page(predict(tiny, LINKS))


@pytest.fixture(scope="module")
def calibration_source(tiny: Model) -> str:
    work = operator_work(verify(tiny.int8))
    times = tuple(OperatorTime(kind, m, e, 7 + (m or e)) for kind, m, e in work)
    mac = "f4:12:fa:00:00:01"
    profile = Profile(mac, False, "esp-nn", "0.1.0", "<b>tiny</b>", 5, times)
    return calibration_page(calibration(tiny.int8, profile))


def test_the_sweep_opens_from_a_file_without_a_complaint_and_asks_for_nothing(
    open_page: Any, sweep_source: str
) -> None:
    opened = open_page(sweep_source)
    assert opened.page.title() == "Simulated: where to cut tiny"
    assert (opened.complaints, opened.requests) == ([], [])
    for via in LINKS:
        assert opened.page.locator(f"#sweep-{via} rect.mark").count() == 3 * CUTS
        assert "(simulated)" in opened.page.locator(f"#sweep-{via} figcaption").inner_text()
    assert opened.page.locator("#cuts tbody tr").count() == CUTS


def test_pointing_at_a_column_shows_its_figures(open_page: Any, sweep_source: str) -> None:
    page = open_page(sweep_source).page
    mark = page.locator("#sweep-ble rect.mark").nth(1)
    mark.scroll_into_view_if_needed()
    page.evaluate(TWO_FRAMES)  # scrolling puts the figure away
    mark.hover()
    assert page.locator("#tip").is_visible()
    shown = page.locator("#tip").inner_text()
    assert "transfer" in shown
    assert "tfl.quantize" in shown
    assert "bytes cross" in shown


def test_arrow_keys_step_through_the_columns(open_page: Any, sweep_source: str) -> None:
    page = open_page(sweep_source).page
    page.focus("#sweep-udp .plot")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(page.locator("#tip").inner_text().splitlines()[0].split()[0])
    assert seen == ["head", "transfer", "tail", "transfer"]
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_the_calibration_opens_likewise(open_page: Any, calibration_source: str) -> None:
    opened = open_page(calibration_source)
    assert (opened.complaints, opened.requests) == ([], [])
    assert opened.page.locator("#operators circle.point").count() == 2 * 35
    assert "<b>tiny</b>" in opened.page.locator(".verdict").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["sweep_source", "calibration_source"])
def test_axe_finds_no_serious_fault(
    open_page: Any,
    serious_faults: Any,
    request: pytest.FixtureRequest,
    which: str,
    scheme: str,
) -> None:
    source = request.getfixturevalue(which)
    assert serious_faults(open_page(source, scheme).page) == []
