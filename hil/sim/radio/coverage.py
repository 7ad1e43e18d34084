# SPDX-License-Identifier: MIT
"""Whether the lab's access point is on the air, and which stations that concerns."""

from typing import Protocol

from hil.sim.radio.air import Air


class Station(Protocol):
    """A board's station, joined or not; every call comes at its simulated time."""

    def lost(self) -> None:
        """The access point is off."""

    def found(self) -> None:
        """It is back."""


class Coverage:
    """The access point's power switch. It is on when the lab starts.

    Args:
        air: what the boards share.

    Attributes:
        is_on: whether a station finds it.
    """

    def __init__(self, air: Air) -> None:
        self.is_on = True
        self._air = air
        self._stations: list[Station] = []

    def enter(self, station: Station) -> None:
        """Tell a station from now on."""
        self._stations.append(station)

    def leave(self, station: Station) -> None:
        """Tell it nothing more."""
        self._stations.remove(station)

    def switch(self, on: bool) -> None:
        """Turn the access point on or off, at the present simulated time."""
        if on == self.is_on:
            return
        self.is_on = on
        if not on:
            self._air.mishaps["wifi-off"] += 1
        for station in list(self._stations):
            if on:
                station.found()
            else:
                station.lost()
