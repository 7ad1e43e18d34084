# SPDX-License-Identifier: MIT
"""Measure which lines and branches of the core its unit tests reach; fail below the least.

It needs gcc and gcov (Debian's gcc). ``--missing`` tells what is not reached.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
COMPONENT = ROOT / "components" / "splitnode"
TESTS = ROOT / "test"
VECTORS = ROOT.parent / "tests" / "vectors"
LEAST_LINES, LEAST_BRANCHES = 95.0, 90.0
"""Percent of the core."""

_INCLUDES = [f"-I{path}" for path in (COMPONENT / "include", COMPONENT / "src", TESTS)]
_OPTIONS = ["-std=c11", "-g1", "-O0", "-DSN_TEST_BUILD", *_INCLUDES]


class Reached(NamedTuple):
    """What of one file is reached, and what there is; and the lines of what is not."""

    name: str
    lines: tuple[int, int]
    branches: tuple[int, int]
    missing: list[int]


def main() -> int:
    """Print the coverage of each file and of all; return the exit status."""
    with tempfile.TemporaryDirectory() as place:
        files = measure(Path(place))
    for file in files:
        print(f"{file.name:30} lines {_share(file.lines)} branches {_share(file.branches)}")
        if "--missing" in sys.argv[1:] and file.missing:
            print(f"    {' '.join(map(str, file.missing))}")
    lines, branches = (
        (sum(one[index][0] for one in files), sum(one[index][1] for one in files))
        for index in (1, 2)
    )
    print(f"{'all':30} lines {_share(lines)} branches {_share(branches)}")
    enough = _percent(lines) >= LEAST_LINES and _percent(branches) >= LEAST_BRANCHES
    if not enough:
        print(f"At least {LEAST_LINES} % of lines and {LEAST_BRANCHES} % of branches are wanted.")
    return 0 if enough else 1


def measure(directory: Path) -> list[Reached]:
    """Compile core and tests, run every suite, and return what was reached of each file."""
    core = sorted((COMPONENT / "src").rglob("*.c"))
    compiler = os.environ.get("CC", "gcc")

    def compile_one(source: Path) -> Path:
        output = directory / f"{source.parent.name}-{source.stem}.o"
        counted = ["--coverage"] if source in core else []
        _run([compiler, *_OPTIONS, *counted, "-c", source, "-o", output], directory)
        return output

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        objects = list(pool.map(compile_one, [*core, *sorted(TESTS.glob("*.c"))]))
    _run([compiler, "--coverage", *objects, "-o", directory / "tests"], directory)
    for suite in _suites():
        _run([directory / "tests", VECTORS, suite], directory)
    return sorted(_read(data, directory) for data in directory.glob("*.gcda"))


def _suites() -> list[str]:
    text = "\n".join(file.read_text() for file in sorted(TESTS.glob("test_*.c")))
    return re.findall(r"^SUITE\((\w+),", text, re.MULTILINE)


def _run(command: list[str | Path], directory: Path) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _read(data: Path, directory: Path) -> Reached:
    gcov = os.environ.get("GCOV", "gcov")
    said = _run([gcov, "--json-format", "--stdout", "--branch-probabilities", data], directory)
    room, _, stem = data.stem.partition("-")
    (file,) = (
        each for each in json.loads(said)["files"] if each["file"].endswith(f"/{room}/{stem}.c")
    )
    lines = file["lines"]
    branches = [each["count"] for line in lines for each in line["branches"]]
    missing = {
        line["line_number"]
        for line in lines
        if not line["count"] or not all(each["count"] for each in line["branches"])
    }
    return Reached(
        f"{room}/{stem}.c",
        (sum(line["count"] > 0 for line in lines), len(lines)),
        (sum(count > 0 for count in branches), len(branches)),
        sorted(missing),
    )


def _percent(part: tuple[int, int]) -> float:
    return 100 * part[0] / part[1] if part[1] else 100.0


def _share(part: tuple[int, int]) -> str:
    return f"{part[0]:4} of {part[1]:4} ({_percent(part):5.1f} %)"


if __name__ == "__main__":
    sys.exit(main())
