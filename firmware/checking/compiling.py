# SPDX-License-Identifier: MIT
"""The compiler's commands for the firmware's files, and running them side by side."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from checking import names

_PATIENCE_S = 300


@dataclass(frozen=True)
class Job:
    """A file to compile.

    Attributes:
        name: what it is called on the screen.
        component: that it belongs to.
        file: itself.
        command: without the output.
    """

    name: str
    component: str
    file: Path
    command: list[str]


@dataclass(frozen=True)
class Result:
    """What came of a job: what the compiler said (empty if nothing), and the globals it made."""

    job: Job
    said: str
    owned: set[str]


def run(jobs: list[Job], scratch: Path) -> Iterator[Result]:
    """Compile, and yield the results in order."""

    def compile_one(numbered: tuple[int, Job]) -> Result:
        number, job = numbered
        out = scratch / f"{number}.s"
        done = subprocess.run(
            [*job.command, "-o", str(out)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        if done.returncode:
            return Result(job, done.stderr.rstrip() or "wrong", set())
        return Result(job, done.stderr.rstrip(), names.from_assembly(out.read_text()))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(compile_one, enumerate(jobs))
