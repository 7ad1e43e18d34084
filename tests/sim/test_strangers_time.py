# SPDX-License-Identifier: MIT
"""What strangers send takes no simulated time; what the firmware has taken in does."""

import pytest

from hil.sim.chip.machine import Trap
from hil.sim.clock.clock import SimClock
from hil.sim.processor import NO_DEADLINE, Processor

TOOK = 24_000


class Firmware:
    """A processor whose firmware drops as foreign what begins with a zero."""

    elapsed = 0
    foreign = 0
    staged = b""

    def __init__(self, *, counts: bool) -> None:
        self._counts = counts

    def has(self, export: str) -> bool:
        return export == "foreign" and self._counts

    def write(self, _address: int, data: bytes) -> None:
        self.staged = data

    def call(self, export: str, *_arguments: int) -> int:
        if export == "foreign":
            self.elapsed = 7
            return self.foreign
        self.elapsed = TOOK
        self.foreign += export == "on_receive" and self.staged[:1] == b"\0"
        return NO_DEADLINE


class Chip(Processor):
    """A processor whose firmware never fails."""

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(SimClock())
        self._load(firmware)

    def _entering(self, *_call: object) -> None:
        pass

    def _left(self) -> None:
        pass

    def _die(self, trap: Trap) -> None:
        raise trap

    def _starve_idle(self) -> None:
        raise AssertionError("The firmware never slept.")


@pytest.mark.parametrize(
    ("export", "data", "counts", "took"),
    [
        ("on_receive", b"\0stranger", True, 0),
        ("on_receive", b"peer", True, TOOK),
        ("on_receive", b"\0stranger", False, TOOK),  # firmware that counts nothing of the kind
        ("on_console", b"\0", True, TOOK),
    ],
)
def test_only_what_was_foreign_takes_no_time(
    export: str, data: bytes, *, counts: bool, took: int
) -> None:
    chip = Chip(Firmware(counts=counts))
    for _ in range(2):
        chip.run(export, len(data), staged=data)
        chip._waiting.clear()
    assert chip._busy_until == took
