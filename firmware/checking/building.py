# SPDX-License-Identifier: MIT
"""Runs a build program: its output into a file, its progress on the screen."""

import re
import subprocess
import time
from pathlib import Path

_STEP = re.compile(r"\[(\d+)/(\d+)\]")
_EVERY_S = 15.0


def run(command: list[str], log: Path, environment: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Run `command`, and return its exit status and all that it said, which is in `log` too.

    While it says how far it is (``[3/120] ...``), a line says so every 15 s.
    """
    said: list[str] = []
    shown = time.monotonic()
    with (
        log.open("w", encoding="utf-8", buffering=1) as file,  # by lines, to be followed
        subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            said.append(line)
            step = _STEP.match(line)
            if step and time.monotonic() - shown > _EVERY_S:
                shown = time.monotonic()
                done = 20 * int(step[1]) // max(int(step[2]), 1)
                print(f"[{'#' * done:<20}] {step[1]}/{step[2]}", flush=True)
    return process.returncode, "".join(said)


def reason(said: str) -> str:
    """Return CMake's first error as a sentence, or else the linker's or the last line."""
    error = re.search(r"CMake Error[^\n]*\n((?:[ \t]+[^\n]*\n|\n)+)", said)
    if error:
        first, *others = error[1].strip().split("\n\n")
        if first.endswith(":"):
            first += " ".join(others[:1])
        return " ".join(first.split())
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    linkers = [line for line in lines if re.match(r"\S*ld(?:\.\w+)?: ", line)]
    return (linkers or lines or ["it says nothing"])[-1]
