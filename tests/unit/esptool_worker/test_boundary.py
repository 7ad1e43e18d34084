# SPDX-License-Identifier: MIT
"""The licence boundary: what imports esptool is one package, started as processes of its own.

That nothing imports it, ``lint-imports`` checks (pyproject.toml).
"""

import re
from pathlib import Path

HIL = Path(__file__).parents[3] / "hil"
WORKER = HIL / "esptool_worker"


def test_only_its_entry_points_are_started() -> None:
    named = set()
    for path in HIL.rglob("*.py"):
        if path.parent != WORKER:
            named |= set(re.findall(r'"hil\.esptool_worker\.(\w+)"', path.read_text()))
    entries = {path.stem for path in WORKER.glob("*.py") if "__main__" in path.read_text()}
    assert named == entries == {"command", "flash", "probe"}


def test_each_of_its_files_carries_esptools_licence() -> None:
    for path in HIL.rglob("*.py"):
        first = path.read_text().partition("\n")[0]
        gpl = path.parent == WORKER
        assert first == f"# SPDX-License-Identifier: {'GPL-2.0-or-later' if gpl else 'MIT'}", path
