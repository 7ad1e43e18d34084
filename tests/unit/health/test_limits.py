# SPDX-License-Identifier: MIT
"""The limits that ``[health]`` of hil.toml sets, and those that make no sense."""

from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.health.limits import HealthLimits
from hil.rig.file import RigFile


def read(tmp_path: Path, text: str) -> HealthLimits:
    path = tmp_path / "hil.toml"
    path.write_text(text)
    return RigFile.read(path).health


def test_what_is_not_said_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path, "") == HealthLimits()
    assert read(tmp_path, "[health]\nbad = 1\n") == HealthLimits(bad=1)
    assert not read(tmp_path, "[health]\nenabled = false\n").enabled


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("window = 0", "window in [health] is 0; give a number from 1 to 50."),
        ("window = 51", "window in [health] is 51; give a number from 1 to 50."),
        ("bad = 6", "bad in [health] is 6; give a number from 1 to 5."),
        ("losses = 101", "losses in [health] is 101; give a number from 0 to 100."),
        ("retries = -1", "retries in [health] is -1; give a number from 0 or more."),
        ("deviation = 0", "deviation in [health] is 0; give a number from 1 or more."),
        ("resets = 'x'", "resets in [health] must be a whole number."),
        ("enabled = 1", "enabled in [health] must be true or false."),
        ("panics = 1", "[health] has the unknown key 'panics'"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_with_its_line(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, f"[health]\n{line}\n")
    assert told in str(caught.value)
    assert "hil.toml:2: " in str(caught.value)
