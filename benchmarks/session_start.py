# SPDX-License-Identifier: MIT
"""Time what a session spends on flashing a virtual board; prints one JSON object.

First session: everything is written to an erased board. Against it stands the bare
``esptool write-flash`` of the same files over the same serial port handler (process start
included in both). Second session: everything is up to date, nothing is written. First test:
from the start of ``pytest -m hil`` to the first line of its first test, with such a board, which
has booted and is connected by then. Exits with 1 if the first session takes more than 1.5 times as
long as esptool, the second more than 2 s, or the first test begins after more than 3 s.

Usage: python benchmarks/session_start.py [rounds]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hil.firmware.build import default_firmware
from hil.flash.flash import FlashFile, FlashReport, flash
from hil.inference.part import ModelPart
from hil.model.model import Model
from hil.sim.process import Lab

ROOT = Path(__file__).parents[1]
FIRST_RATIO = 1.5
SECOND_S = 2.0
FIRST_TEST_S = 3.0
STOP_AT_FIRST_TEST = """
import os, time
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    with open(os.environ["FIRST_TEST"], "w") as file:
        file.write(str(time.monotonic()))
    pytest.exit("the first test has begun", returncode=0)
"""
ESPTOOL = "from hil.serialport import install; install(); import esptool; esptool._main()"


def esptool_write(port: str, files: list[FlashFile], directory: Path) -> float:
    """Write the files with the esptool command, and return its seconds."""
    arguments = []
    for file in files:
        path = directory / f"{file.offset:x}.bin"
        path.write_bytes(file.data)
        arguments += [hex(file.offset), str(path)]
    started = time.perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-c", ESPTOOL, "--port", port, "--baud", "921600"),
            *("write-flash", *arguments),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def first_test(port: str, directory: Path) -> float:
    """Start ``pytest -m hil`` in this checkout, and return the seconds to its first test."""
    (directory / "stop_at_first_test.py").write_text(STOP_AT_FIRST_TEST)
    began = directory / "began"
    paths = [str(directory), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    started = time.monotonic()
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-m", "hil", "-p", "stop_at_first_test"),
            *("--hil-board", port, f"--hil-log-dir={directory}"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "FIRST_TEST": str(began)},
        check=True,
        capture_output=True,
    )
    return float(began.read_text()) - started


def main() -> None:
    """Measure ``rounds`` times on fresh boards and judge the fastest of each."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    build = default_firmware()
    part = ModelPart.of(Model.load(ROOT / "models" / "dogs19"), None, "head")
    slot = build.model_slot()
    files = [*build.files, FlashFile(slot.offset, part.slot_file(slot.size), "model")]

    def hil_flash(port: str) -> FlashReport:
        return flash(port, files, simulated_image=True, ota=build.ota)

    bare, first, second, test = [], [], [], []
    for _ in range(rounds):
        with Lab.start(boards=2) as lab, tempfile.TemporaryDirectory() as directory:
            bare.append(esptool_write(lab.boards[0].url, files, Path(directory)))
            report = hil_flash(lab.boards[1].url)
            again = hil_flash(lab.boards[1].url)
            test.append(first_test(lab.boards[1].url, Path(directory)))
        assert len(report.written) == len(files)
        assert not again.written
        first.append(report.seconds)
        second.append(again.seconds)
    ratio = min(first) / min(bare)
    result = {
        "bytes": sum(len(file.data) for file in files),
        "rounds": rounds,
        "esptool_s": round(min(bare), 2),
        "first_s": round(min(first), 2),
        "first_to_esptool": round(ratio, 2),
        "second_s": round(min(second), 2),
        "first_test_s": round(min(test), 2),
    }
    print(json.dumps(result, indent=2))
    slow = ratio > FIRST_RATIO or min(second) > SECOND_S or min(test) > FIRST_TEST_S
    sys.exit(slow)


if __name__ == "__main__":
    main()
