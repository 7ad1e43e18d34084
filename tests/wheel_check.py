# SPDX-License-Identifier: MIT
"""Run the README's first test, and some of the suite, in an empty directory, with the package.

Usage: python tests/wheel_check.py README.md
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PYTEST = (sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider")
SUITE = (sys.executable, "-m", "hil", "test", "-k", "identity or classes")


def main() -> int:
    """Write the README's first Python block to a file and return the first bad exit status."""
    readme = Path(sys.argv[1])
    block = re.search(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    if block is None:
        sys.exit(f"{readme} has no Python block")
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "test_split.py").write_text(block.group(1), encoding="utf-8")
        statuses = (
            subprocess.run(command, cwd=directory, check=False).returncode
            for command in (PYTEST, SUITE)
        )
        return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(main())
