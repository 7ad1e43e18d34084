# SPDX-License-Identifier: MIT
"""What the plugin costs a project none of whose tests use it: ``python benchmarks/plugin_load.py``.

Three figures, each the median of several processes: importing the plugin after pytest, a whole
pytest run of one empty test with it, and the same run without it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
LIMIT_MS = 50.0

IMPORT = """
import pytest, time
start = time.perf_counter()
import hil.plugin
print((time.perf_counter() - start) * 1000)
"""


def environment() -> dict[str, str]:
    """Return an environment in which only the plugins named on the command line are loaded."""
    root = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def import_ms() -> float:
    """Return the milliseconds that importing the plugin takes in a fresh process."""
    command = [sys.executable, "-c", IMPORT]
    return float(subprocess.check_output(command, env=environment(), text=True))


def session_ms(directory: Path, *options: str) -> float:
    """Return the milliseconds of a pytest process that runs one empty test."""
    command = [sys.executable, "-m", "pytest", "-q", *options, str(directory)]
    start = time.perf_counter()
    subprocess.run(command, env=environment(), check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


def main() -> int:
    """Measure, print, and return 1 if the import takes longer than the limit."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        imports, bare, loaded = [], [], []
        import_ms(), session_ms(directory, "-p", "hil.plugin")
        for _ in range(ROUNDS):
            imports.append(import_ms())
            bare.append(session_ms(directory))
            loaded.append(session_ms(directory, "-p", "hil.plugin"))
    cost = statistics.median(imports)
    without, with_it = statistics.median(bare), statistics.median(loaded)
    print(f"import of hil.plugin   {cost:7.1f} ms (limit {LIMIT_MS:.0f} ms)")
    print(f"session without it     {without:7.1f} ms")
    print(f"session with it        {with_it:7.1f} ms, ratio {with_it / without:.3f}")
    return 0 if cost <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
