# SPDX-License-Identifier: MIT
"""The shipped suite on one build: ``pytest -m hil --hil-firmware=BUILD``, in its own process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hil.resources import PACKAGE
from hil.selftest.mutant import Mutant

LIMIT_S = 120.0
"""A mutant must have failed the suite by then, or the suite must have passed."""

_KEPT = ("HIL_LOCK_DIR",)
_INI = "[pytest]\naddopts = --strict-markers --import-mode=importlib -p no:cacheprovider\n"


@dataclass(frozen=True)
class Failure:
    """A test that failed: by what name, whose fault, and the first line that it said."""

    test: str
    symptom: str
    kind: str
    message: str


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        status: pytest's exit status; None if the run was ended at the limit of its time.
        failures: in their order.
        seconds: that it took, by the host's clock.
        output: the file with what pytest printed.
    """

    status: int | None
    failures: tuple[Failure, ...]
    seconds: float
    output: Path

    @property
    def last_line(self) -> str:
        """What pytest printed last."""
        lines = self.output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def run_suite(
    build: Path,
    directory: Path,
    lifeline: int,
    *,
    mutant: Mutant | None = None,
    limit_s: float = LIMIT_S,
    arguments: Sequence[str] = (),
) -> Run:
    """Run the suite on a virtual board with the firmware of a build.

    Nothing of the caller's has a say: no hil.toml, no pytest.ini, no ``HIL_*``.

    Args:
        build: the build directory.
        directory: for the report and what pytest prints; exists.
        lifeline: as :func:`hil.host.lifeline.lifeline` yields it.
        mutant: that the build has: the run stops at its symptom.
        limit_s: seconds after which the run is ended.
        arguments: more of pytest's arguments.
    """
    suite, failures = PACKAGE / "suite", directory / "failures.jsonl"
    (directory / "pytest.ini").write_text(_INI, encoding="utf-8")
    failures.touch()
    command = [
        *(sys.executable, "-P", "-m", "pytest", "-p", "hil.selftest.watch"),
        *(str(suite), "-m", "hil"),
        *("-c", str(directory / "pytest.ini"), f"--rootdir={PACKAGE.parent}"),
        *(f"--confcutdir={suite}", "--hil-board=virtual", f"--hil-firmware={build}"),
        f"--hil-log-dir={directory / 'report'}",
        f"--hil-selftest-failures={failures}",
        f"--hil-selftest-lifeline={lifeline}",
        *(_of_mutant(mutant) if mutant is not None else ()),
        *arguments,
    ]
    begun = time.monotonic()
    output = directory / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            pass_fds=(lifeline,),
        )
        try:
            status: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            process.kill()
            process.wait()
    lines = failures.read_text(encoding="utf-8").splitlines()
    found = tuple(Failure(**json.loads(line)) for line in lines)
    return Run(status, found, time.monotonic() - begun, output)


def _of_mutant(mutant: Mutant) -> Iterator[str]:
    yield f"--hil-selftest-symptom={mutant.symptom}"
    yield f"--hil-selftest-family={mutant.family}"


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("HIL_", "PYTEST_", "GITHUB_"))
    }
    return {**kept, "HIL_CONFIG": ""}
