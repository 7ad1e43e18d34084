# SPDX-License-Identifier: MIT
"""The examples of docs/migrating.md run on firmware that knows nothing of hil."""

import re
from pathlib import Path

import pytest
from plain_build import make_plain

DOCUMENT = Path(__file__).parents[2] / "docs" / "migrating.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_each_example_of_ours_passes(pytester: pytest.Pytester) -> None:
    blocks = _BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    ours = [block for block in blocks if "dut" not in block]
    assert len(ours) == 8
    pytester.makepyfile("\n".join(ours))
    build = make_plain(pytester.path / "firmware")
    result = pytester.runpytest_subprocess(f"--hil-firmware={build}")
    result.assert_outcomes(passed=len(ours))
