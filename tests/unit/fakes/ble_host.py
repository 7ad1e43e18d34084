# SPDX-License-Identifier: MIT
"""A BleLink over BlueZ, and what it tells."""

import queue

import pytest

from hil.errors import BluetoothError
from hil.transport.ble.link import BleLink

PATIENCE = 20.0


class Host:
    """A BleLink and what it has told."""

    def __init__(self):
        self.link = BleLink("hil-4c0001")
        self.frames = queue.Queue()
        self.losses = queue.Queue()
        self.link.start(lambda _, frame, __: self.frames.put(frame), self._lost)

    def _lost(self, _peer, why):
        self.losses.put(why)

    def wait(self):
        self.link.wait(PATIENCE)

    def loss(self):
        return self.losses.get(timeout=PATIENCE)

    def trouble(self, patience=0.0):
        with pytest.raises(BluetoothError) as caught:
            self.link.wait(patience)
        return str(caught.value)


def until(condition, host):
    """Wait until something is so: each change wakes the link's condition up."""
    with host.link._changed:
        assert host.link._changed.wait_for(condition, PATIENCE)
