# SPDX-License-Identifier: MIT
"""Each promise of docs/reliability.md names a test, and that test exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tests|hil)/[\w/]+\.py)::(test_\w+)`", PAGE)))


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\(", source, re.MULTILINE)


def test_every_row_of_a_promise_names_one() -> None:
    tables = re.findall(r"\n\| fault \|.*?\n\n", PAGE, re.DOTALL)
    assert len(tables) == 5
    for row in (row for table in tables for row in table.strip().splitlines()[2:]):
        assert re.search(r"`(?:tests|hil)/[\w/]+\.py::test_\w+` \|$", row), row
