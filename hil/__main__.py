# SPDX-License-Identifier: MIT
"""``python -m hil``: the same as the command ``hil``."""

import sys
from pathlib import Path

# Python has put the working directory first, where a user's own secrets.py or serial.py may lie.
if not sys.flags.safe_path and Path(sys.path[0]).resolve() != Path(__file__).resolve().parents[1]:
    del sys.path[0]

from hil.cli import main

main()
