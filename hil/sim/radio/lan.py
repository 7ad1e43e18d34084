# SPDX-License-Identifier: MIT
"""The lab's network: which board takes what is sent to an address of it.

Between two boards a packet crosses the link model once, in its sender's direction: an access
point's forwarding is not modelled.
"""

from typing import TypeVar

from hil.sim.radio.air import Air

NETWORK = "192.168.4."

Party = TypeVar("Party")


class Lan:
    """Who is bound to which address of the network, for each class of parties by itself."""

    def __init__(self, air: Air) -> None:
        self._bound: dict[tuple[type, str, int], object] = {}

    @staticmethod
    def has(host: str) -> bool:
        """Tell whether an address lies in the lab's network; any other one is the host's affair."""
        return host.startswith(NETWORK)

    def bind(self, host: str, port: int, party: object) -> None:
        """Let `party` have what is sent to an address."""
        self._bound[type(party), host, port] = party

    def release(self, party: object) -> None:
        """Free every address that `party` has."""
        self._bound = {at: who for at, who in self._bound.items() if who is not party}

    def find(self, host: str, port: int, kind: type[Party]) -> Party | None:
        """Return the party of this class that is bound to an address."""
        found = self._bound.get((kind, host, port))
        return found if isinstance(found, kind) else None
