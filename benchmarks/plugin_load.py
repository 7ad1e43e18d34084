# SPDX-License-Identifier: MIT
"""What the plugin costs a project none of whose tests use it: ``python benchmarks/plugin_load.py``.

Medians of several processes: importing the plugin after pytest; a pytest run of one empty test
with it and without it. And of a run of tests that compute for some seconds together the least
processor time, with it and without it in turn, for what else a machine does can only add to that.
Exits with 1 if the import takes longer than 50 ms, or the longer session with the plugin more than
2 % longer than the one without. Everything is compiled before it is measured, as pip compiles what
it installs.
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
PAIRS = 7
LIMIT_RATIO = 1.02
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
WORK = """
import pytest

@pytest.mark.parametrize("number", range(500))
def test_something(number, tmp_path_factory):
    assert sum(range(400_000)) > number
"""

IMPORT = """
import pytest, time
start = time.perf_counter()
import hil.plugin
print((time.perf_counter() - start) * 1000)
"""


def environment(directory: Path) -> dict[str, str]:
    """Return an environment in which only the plugins named on the command line are loaded.

    Args:
        directory: where bytecode is kept, even if the environment asks for none.
    """
    kept = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    return {
        **kept,
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "PYTHONPYCACHEPREFIX": str(directory / "compiled"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def import_ms(directory: Path) -> float:
    """Return the milliseconds that importing the plugin takes in a fresh process."""
    command = [sys.executable, "-c", IMPORT]
    return float(subprocess.check_output(command, env=environment(directory), text=True))


def session_ms(directory: Path, *options: str) -> float:
    """Return the milliseconds of a pytest process that runs one empty test."""
    command = [sys.executable, "-m", "pytest", "-q", *options, str(directory)]
    start = time.perf_counter()
    subprocess.run(command, env=environment(directory), check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


def session_cpu_s(directory: Path, *options: str) -> float:
    """Return the seconds of processor time of a pytest process that runs tests that compute."""
    before = os.times()
    session_ms(directory, *options)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def session_ratio() -> tuple[float, float]:
    """Return the seconds of a session of some length, and how much longer it is with the plugin."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "test_work.py").write_text(WORK)
        session_ms(directory, "-p", "hil.plugin")
        bare, loaded = [], []
        for _ in range(PAIRS):
            bare.append(session_cpu_s(directory))
            loaded.append(session_cpu_s(directory, "-p", "hil.plugin"))
    return min(bare), min(loaded) / min(bare)


def main() -> int:
    """Measure, print, and return 1 if anything takes longer than its limit."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        imports, bare, loaded = [], [], []
        import_ms(directory), session_ms(directory, "-p", "hil.plugin")
        for _ in range(ROUNDS):
            imports.append(import_ms(directory))
            bare.append(session_ms(directory))
            loaded.append(session_ms(directory, "-p", "hil.plugin"))
    cost = statistics.median(imports)
    without, with_it = statistics.median(bare), statistics.median(loaded)
    print(f"import of hil.plugin   {cost:7.1f} ms (limit {LIMIT_MS:.0f} ms)")
    print(f"session without it     {without:7.1f} ms")
    print(f"session with it        {with_it:7.1f} ms, ratio {with_it / without:.3f}")
    seconds, ratio = session_ratio()
    print(f"session of {seconds:.1f} s with it: ratio {ratio:.3f} (limit {LIMIT_RATIO:.2f})")
    return 0 if cost <= LIMIT_MS and ratio <= LIMIT_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
