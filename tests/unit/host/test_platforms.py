# SPDX-License-Identifier: MIT
"""What hil does without what Linux has: see tests/platform_check.py."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "platform_check.py"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_every_module_is_imported_and_what_needs_no_board_works(platform, tmp_path):
    done = subprocess.run(
        [sys.executable, str(CHECK), "--as", platform],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
