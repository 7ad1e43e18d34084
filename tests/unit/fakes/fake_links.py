# SPDX-License-Identifier: MIT
"""An edge server and a radio of this host that note what is said to them."""

from collections import Counter

from hil.edge.hearing import Hearing
from hil.rig.rig import BoardSpec
from hil.rig.wifi import WifiCredentials

SPEC = BoardSpec("/dev/x", WifiCredentials("net", "secret"), "10.0.0.9")


class Edge:
    """Notes what is attached to it."""

    address = ("0.0.0.0", 4000)

    def __init__(self, said, model_id):
        self._said = said
        self.model_id = model_id
        self.hearing = Hearing()
        self.counters = Counter()
        self.takes_keyless = True
        self.alive = True
        self.keys = {}

    def give_key(self, owner, key):
        self.keys[owner] = key

    def take_key(self, owner):
        del self.keys[owner]

    def attach(self, transport):
        self._said.append(f"edge attach {transport}")

    def detach(self, transport):
        self._said.append(f"edge detach {transport}")

    def check(self):
        """It serves."""


class Radio:
    """This host's end of a BLE link."""

    def __init__(self, name, *, radio):
        self.name = f"{name} by {radio}"

    def __str__(self):
        return self.name

    def wait(self, timeout_s):
        """The board is there at once."""

    def check(self):
        """Bluetooth works."""
