# SPDX-License-Identifier: MIT
"""Flash, boot and reset virtual boards that misbehave, over and over; prints what came of it.

Each cycle opens the next board of a lab in which every board has another fault (docs/faults.md),
writes firmware and model, waits until the board runs them, resets it, and lets go of it. Firmware
and model alternate, so there is always something to write. A fault that hil is to survive must not
be noticed; any other must be reported as the right class of error, with exit code 10. At the end no
process, thread, file descriptor or board lock may be left over. Exits with 1 otherwise.

Usage: python benchmarks/flash_cycles.py [--cycles 200] [--json]
"""

import argparse
import contextlib
import fcntl
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hil.cli.shared.progress import status_line
from hil.device.flashable import Flashable
from hil.errors import FlashingError, HilError, InfrastructureError, ResetError, WrongChipError
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.host.activity import doing
from hil.model.model import Model
from hil.resources import resource
from hil.rig.lock import DIRECTORY_VARIABLE
from hil.rig.rig import BoardSpec
from hil.sim.process import Lab, VirtualPort

HANG_S = 180.0
"""No cycle may take longer; the slowest bounded wait of all is the flasher's."""

HUNG = f"no end after {HANG_S:g} s"

MARK = "HIL_FLASH_CYCLES"
"""Environment variable by which descendants are known, whoever their parent is by now."""


@dataclass(frozen=True)
class Case:
    """A board's fault and what is to come of it.

    Attributes:
        fault: as for ``hil sim --fault``; empty for none.
        error: what is to be reported; ``None`` where the cycle is to succeed.
        says: what the error's sentence must name.
        switched: whether the rig can power-cycle the board.
    """

    fault: str
    error: type[InfrastructureError] | None = None
    says: str = ""
    switched: bool = False

    @property
    def name(self) -> str:
        """What figures are listed under."""
        return (self.fault or "none") + (" + power switch" if self.switched else "")


CASES = (
    Case(""),
    Case("stuck-download", switched=True),
    Case("chip=esp32", WrongChipError, "ESP32"),
    Case("foreign"),
    Case("drop=460800"),
    Case("stuck-download", ResetError, "download"),
    Case("flash=8MB", WrongChipError, "8MB"),
    Case("vanish=0.3"),
    Case("no-psram", WrongChipError, "PSRAM"),
    Case("wrong-boot-mode=5"),
    Case("secure-download", WrongChipError, "secure download"),
    Case("slow-boot=1"),
    Case("dead-console", ResetError, "power_cycle"),
    Case("dead-console", switched=True),
    Case("chip=esp32c3", WrongChipError, "ESP32-C3"),
    Case("wrong-boot-mode=1000000", FlashingError, "download mode"),
)


@dataclass
class Record:
    """What has happened."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    hangs: int = 0

    def note(self, case: Case, seconds: float, wrong: str | None) -> None:
        """Add a cycle."""
        self.seconds[case.name].append(seconds)
        if wrong:
            self.failures.append(f"{case.name}: {wrong}")
            self.hangs += wrong == HUNG


@dataclass(frozen=True)
class Load:
    """What a cycle writes."""

    build: FirmwareBuild
    model: Model
    cut: str


class Hang(BaseException):
    """A cycle did not come to an end."""


def loads() -> tuple[Load, Load]:
    """Return two that differ in firmware and model."""
    model = Model.load(resource("models/tiny"))
    other = FirmwareBuild.load(resource("firmware").with_name("prebuilt-test"))
    return (
        Load(default_firmware(), model, model.cuts[0].short_name),
        Load(other, model, model.cuts[-1].short_name),
    )


def cycle(case: Case, board: VirtualPort, load: Load) -> None:
    """Flash, boot, reset; raises what hil reports, and AssertionError where it is wrong to."""
    power = board.power_cycle if case.switched else None
    with Flashable.open(BoardSpec(board.url, power_cycle=power)) as device:
        report = device.flash(load.build, load.model, load.cut)
        assert report.written, "nothing was written"
        device.reset()
        device.raise_baud()
        info = device.refresh()
        assert info.slot == "ok", f"the slot is {info.slot}"
        assert info.cut == load.cut, f"the board runs cut {info.cut}"


def complaint(case: Case, board: VirtualPort, load: Load) -> str | None:
    """Run one cycle and return what is wrong with what came of it."""
    try:
        cycle(case, board, load)
    except HilError as error:
        as_wanted = type(error) is case.error and error.exit_code == 10
        if as_wanted and case.says.lower() in str(error).lower():
            return None
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not what hil reports
        return f"{type(error).__name__}: {error}"
    return None if case.error is None else f"no {case.error.__name__} was reported"


@contextlib.contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Raise Hang in the main thread when the time is up."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def timed(case: Case, board: VirtualPort, load: Load) -> tuple[float, str | None]:
    """Run one cycle, within bounds; return its seconds and what is wrong."""
    started = time.monotonic()
    try:
        with no_longer_than(HANG_S):
            wrong = complaint(case, board, load)
    except Hang:
        wrong = HUNG
    return time.monotonic() - started, wrong


def run(cycles: int, done: Callable[[], None]) -> Record:
    """Run that many cycles, in as many labs as it takes."""
    record, variants = Record(), loads()
    while left := cycles - sum(map(len, record.seconds.values())):
        cases = CASES[:left]
        faults = [f"{number}:{case.fault}" for number, case in enumerate(cases, 1) if case.fault]
        with Lab.start(boards=len(cases), faults=faults) as lab:
            for load in variants:
                for case, board in zip(cases[:left], lab.boards, strict=False):
                    record.note(case, *timed(case, board, load))
                    replug(lab, board)
                    done()
                left -= min(left, len(cases))
    return record


def replug(lab: Lab, board: VirtualPort) -> None:
    """Do what a rig's owner does between two runs, so that all cycles of a board are alike."""
    lab.check()
    subprocess.run(shlex.split(board.power_cycle), check=True, timeout=HANG_S)


def census(locks: Path) -> dict[str, set[str]]:
    """Return what this process and its descendants hold."""
    return {
        "processes": set(descendants()),
        "threads": {thread.name for thread in threading.enumerate()},
        "descriptors": set(descriptors()),
        "locks": {path.name for path in locks.iterdir() if is_held(path)},
    }


def descendants() -> Iterator[str]:
    """Yield the processes that have inherited the mark, the dead that nobody has waited for too."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    own = str(os.getpid())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or is not ours
            status = (process / "stat").read_text().rpartition(")")[2].split()
            zombie = status[0] == "Z" and status[1] == own
            if process.name != own and (zombie or mark in (process / "environ").read_bytes()):
                yield f"{process.name} {(process / 'comm').read_text().strip()}"


def descriptors() -> Iterator[str]:
    """Yield this process's open files, but for the one that lists them."""
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield f"{link.name} {link.readlink()}"


def is_held(path: Path) -> bool:
    """Return whether somebody has locked the file."""
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def main() -> int:
    """Run the cycles and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    os.environ[MARK] = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as directory:
        os.environ[DIRECTORY_VARIABLE] = directory
        loads()  # what libraries open once and for all is no leak
        before = census(Path(directory))
        started = time.monotonic()
        with status_line(), doing("cycles", options.cycles) as step:
            record = run(options.cycles, step.advance)
        seconds = time.monotonic() - started
        after = census(Path(directory))
    leaked = {what: sorted(held - before[what]) for what, held in after.items()}
    result = {
        "cycles": sum(map(len, record.seconds.values())),
        "seconds": round(seconds, 1),
        "hangs": record.hangs,
        "failures": record.failures,
        "leaked": leaked,
        "median_s": {
            name: round(statistics.median(each), 2) for name, each in record.seconds.items()
        },
    }
    show(result, as_json=options.json)
    return int(bool(record.failures or any(leaked.values())))


def show(result: dict[str, object], *, as_json: bool) -> None:
    """Print the result as JSON, or for a person to read."""
    if as_json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key}: {json.dumps(value, indent=2)}")


if __name__ == "__main__":
    sys.exit(main())
