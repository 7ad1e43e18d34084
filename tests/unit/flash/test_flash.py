# SPDX-License-Identifier: MIT
"""The process that flashes always ends, and says why."""

import threading

import pytest

from hil.errors import BadInputError, FlashingError, PortMissingError
from hil.flash import flash as module
from hil.flash.flash import FlashFile, check_layout, flash

FILES = [FlashFile(0x0, bytes(100), "bootloader"), FlashFile(0x8000, bytes(100), "app")]


def test_a_worker_that_dies_is_a_flashing_error(monkeypatch):
    monkeypatch.setattr(module.child, "command", lambda *_: ["/bin/false"])
    with pytest.raises(FlashingError, match="flashing process died"):
        flash("/dev/null", FILES, simulated_image=True)


def test_a_worker_that_does_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(module, "_BASE_PATIENCE_S", 0.0)
    monkeypatch.setattr(module, "_SLOWEST_BYTES_PER_S", 1 << 30)
    before = threading.active_count()
    with pytest.raises(FlashingError, match="did not come to an end"):
        flash("/dev/null", FILES, simulated_image=True)
    assert threading.active_count() == before


def test_the_workers_errors_keep_their_kind():
    with pytest.raises(PortMissingError, match="/dev/ttyNoSuchPort"):
        flash("/dev/ttyNoSuchPort", FILES, simulated_image=True)


def test_files_that_overlap_are_refused():
    with pytest.raises(BadInputError, match="bootloader reaches into the app"):
        check_layout([FlashFile(0x0, bytes(0x8001), "bootloader"), FILES[1]])
    check_layout([FlashFile(0x0, bytes(0x8000), "bootloader"), FILES[1]])
