# SPDX-License-Identifier: MIT
"""``python -m hil``: the same as the command ``hil``."""

from hil.cli import main

main()
