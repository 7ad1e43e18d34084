# SPDX-License-Identifier: MIT
"""The README's picture: what the script makes of a run, and that the picture is still like one."""

import html
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from hil.results import latency_table

ROOT = Path(__file__).parents[3]
SVG = (ROOT / "docs" / "run.svg").read_text(encoding="utf-8")
RUN = """\x1b[1mcollected 3 items\x1b[0m
hil: virtual ESP32-S3, all its times are simulated; model tiny

\x1b[32m...\x1b[0m [100%]
===== hil =====
board      virtual esp32s3 (simulated)
results    hil-report/results.json

--- benchmark ---
\x1b[32m3 passed in 1.00s\x1b[0m
"""


@pytest.fixture(scope="module")
def picture(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("docs/picture.py")


def texts(svg: str) -> str:
    """Return what stands in a picture, line by line."""
    rows: dict[str, list[str]] = {}
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        rows.setdefault(element.attrib["y"], []).append("".join(element.itertext()))
    return "\n".join("".join(parts).replace("\xa0", " ").rstrip() for parts in rows.values())


def test_a_picture_shows_the_command_the_run_and_its_end(picture: ModuleType) -> None:
    shown = texts(picture.draw(RUN))
    assert shown.splitlines()[0] == "$ pytest -q -m hil --hil-via udp,ble"
    assert "board      virtual esp32s3 (simulated)" in shown
    assert shown.splitlines()[-1] == "3 passed in 1.00s"
    assert "collected" not in shown
    assert "benchmark" not in shown


def test_what_no_run_has_printed_is_refused(picture: ModuleType) -> None:
    for wrong in ("", "Hello.", RUN.replace("passed", "failed")):
        with pytest.raises(ValueError, match="not what a run prints"):
            picture.draw(wrong)


@pytest.mark.parametrize("svg", [SVG, None], ids=["committed", "drawn"])
def test_a_picture_loads_nothing_and_brings_its_own_ground(
    picture: ModuleType, svg: str | None
) -> None:
    svg = svg or picture.draw(RUN)
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in re.sub(r"url\(#", "", svg)
    assert "@font-face" not in svg
    assert '<rect fill="#0c0c0c"' in svg


def test_the_picture_is_what_a_run_prints_today(picture: ModuleType) -> None:
    shown = texts(SVG)
    assert shown.splitlines()[0] == f"$ {' '.join(picture.COMMAND)}"
    assert "all its times are simulated" in shown
    assert max(map(len, shown.splitlines())) <= picture.COLUMNS == 80
    for row in (
        "board",
        "firmware",
        "model",
        "flashed",
        "photos",
        "exact",
        "agreement",
        "results",
        "page",
    ):
        assert re.search(rf"^{row} +\S", shown, re.MULTILINE), row
    assert "36/36 photos: split == full model" in shown
    table = latency_table.lay_out(latency_table._LINKS, [], 80).lines[0].split()
    assert " ".join(table) in " ".join(shown.split())
    assert "link stage p50 p95 max budget verdict" in " ".join(shown.split())
    assert re.search(r"\d+ passed", shown)
    assert html.escape("<") not in shown


def test_a_first_run_is_the_picture_in_words() -> None:
    page = (ROOT / "docs" / "first-run.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(\$ pytest .*?)\n```", page, re.DOTALL)
    assert block.splitlines() == texts(SVG).splitlines()
