# SPDX-License-Identifier: MIT
"""The threat model: what it says is shown is shown by a test that there is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`((?:tests|hil/suite)/[\w/]+\.py)::(\w+)`")
NAMED = sorted(set(_TEST.findall(PAGE)))


def claims(page: str) -> Iterator[tuple[str, str]]:
    """Yield each row of the tables whose last column is "shown by": the row, that column."""
    claiming = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            claiming = False
        elif cells[-1] == "shown by":
            claiming = True
        elif claiming and set(line) - set("|-"):
            yield cells[0], cells[-1]


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_it_names_is_there(path: str, name: str) -> None:
    code = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^ *(async )?def {name}\(", code, re.MULTILINE)


def test_what_is_claimed_names_its_test_or_says_that_there_is_none() -> None:
    found = dict(claims(PAGE))
    assert len(found) > 30
    odd = {row: shown for row, shown in found.items() if shown and not _TEST.search(shown)}
    assert {row: shown for row, shown in odd.items() if shown != "not shown yet"} == {}


def test_whoever_may_be_a_stranger_has_a_section() -> None:
    for title in (
        *("On the network", "On the air", "At the USB port", "On the same machine"),
        *("In the files", "In a pull request from a fork", "What is not protected"),
    ):
        assert f"\n## {title}\n" in PAGE
