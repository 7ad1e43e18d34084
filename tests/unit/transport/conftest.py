# SPDX-License-Identifier: MIT
"""Makes the helpers beside the tests, and those of others, importable."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for directory in (HERE, HERE.parent / "host", HERE.parent / "edge"):
    sys.path.insert(0, str(directory))
