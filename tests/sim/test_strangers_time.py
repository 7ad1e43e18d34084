# SPDX-License-Identifier: MIT
"""What strangers send takes no simulated time; what the firmware has taken in does."""

from collections import deque

import pytest

from hil.sim.clock.clock import SimClock
from hil.sim.runtime import NO_DEADLINE, Runtime

TOOK = 24_000


class Firmware:
    """A processor whose firmware drops as foreign what begins with a zero."""

    elapsed = 0
    foreign = 0
    staged = b""

    def write(self, _address: int, data: bytes) -> None:
        self.staged = data

    def call(self, export: str, *_arguments: int) -> int:
        if export == "foreign":
            self.elapsed = 7
            return self.foreign
        self.elapsed = TOOK
        self.foreign += export == "on_receive" and self.staged[:1] == b"\0"
        return NO_DEADLINE


def runtime_of(clock: SimClock, firmware: Firmware, *, counts: bool) -> Runtime:
    """Return a runtime as it is once the firmware has booted."""
    runtime = Runtime.__new__(Runtime)
    vars(runtime).update(
        clock=clock,
        _machine=firmware,
        _staging=0,
        _halted=False,
        _booted_at=0,
        _busy_until=0,
        _called_at=0,
        _charged=0,
        _foreign=0,
        _counts_foreign=counts,
        _waiting=deque(),
        _timer=None,
        _spins=0,
    )
    return runtime


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
    runtime = runtime_of(SimClock(), Firmware(), counts=counts)
    for _ in range(2):
        runtime.run(export, len(data), staged=data)
        runtime._waiting.clear()
    assert runtime._busy_until == took
