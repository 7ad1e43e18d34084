# SPDX-License-Identifier: MIT
"""The air between ESP-NOW radios: one frame at a time on each channel, and who hears it.

Unicast is acknowledged by the receiver's MAC layer and tried again if it is not. Loss, doubling,
reordering and jitter are those of the link's parameters for each pair of boards; a lost frame is
one that none of the MAC's attempts has brought over. What the radios of one board have to share
(Wi-Fi, BLE), and channels that overlap, are not modelled.
"""

from typing import Protocol

from hil.errors import BadInputError
from hil.esp32s3 import mac_text
from hil.sim.radio.air import Air
from hil.sim.radio.link import LinkDirection

LINK = "espnow"
BROADCAST = b"\xff" * 6

MAX_DATA = 250
"""ESP_NOW_MAX_DATA_LEN."""

ATTEMPTS = 7
"""dot11ShortRetryLimit's default (IEEE 802.11-2020, annex C); Espressif states none of its own. All
take the same time: the growth of the back-off is not modelled."""

RSSI_DBM = -40
"""Two boards on one desk; an estimate, and the same for all."""


class Receiver(Protocol):
    """A radio that is on."""

    @property
    def mac(self) -> bytes:
        """Its address, six bytes."""

    @property
    def channel(self) -> int:
        """The channel that it is on at the moment."""

    def heard(self, source: bytes, data: bytes, rssi: int, *, free: bool = False) -> None:
        """Take a frame that has come over the air; of a stranger's doing it takes no time."""


class EspNowMedium:
    """All ESP-NOW radios of a lab that are on."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._radios: dict[bytes, Receiver] = {}
        self._free_at: dict[int, int] = {}
        self._directions: dict[tuple[bytes, bytes], LinkDirection] = {}

    def attach(self, radio: Receiver) -> None:
        """Switch a radio on.

        Raises:
            BadInputError: another one has its MAC.
        """
        if self._radios.setdefault(radio.mac, radio) is not radio:
            raise BadInputError(
                f"two boards of this lab have the MAC {mac_text(radio.mac)}: give each its own"
            )

    def detach(self, radio: Receiver) -> None:
        """Switch a radio off; off it may be already."""
        if self._radios.get(radio.mac) is radio:
            del self._radios[radio.mac]

    def transmit(self, source: Receiver, to: bytes, data: bytes) -> tuple[int, bool]:
        """Send a frame as soon as the channel is free; to be called when it is the sender's turn.

        Args:
            source: who sends.
            to: MAC of the receiver, or :data:`BROADCAST`.
            data: at most 250 bytes.

        Returns:
            When the sender is done with it (cycles), and whether it has been acknowledged, or
            was for everybody.
        """
        channel, airtime = source.channel, self._air.links[LINK].cycles(len(data))
        start = max(self._air.clock.now, self._free_at.get(channel, 0))
        brought = [self._carry(source, mac, data, start) for mac in self._in_range(source, to)]
        done = to == BROADCAST or any(brought)
        end = start + airtime * (1 if done else ATTEMPTS)
        self._free_at[channel] = end
        return end, done

    def reply(self, source: Receiver, to: bytes, data: bytes) -> None:
        """Let what is said to a stranger be heard now, and take no time of channel or boards."""
        for mac in self._in_range(source, to):
            self._radios[mac].heard(source.mac, data, RSSI_DBM, free=True)

    def _in_range(self, source: Receiver, to: bytes) -> list[bytes]:
        return [
            mac
            for mac, radio in self._radios.items()
            if to in (mac, BROADCAST) and radio is not source and radio.channel == source.channel
        ]

    def _carry(self, source: Receiver, to: bytes, data: bytes, start: int) -> bool:
        """Let a frame arrive at one radio as often as the link says; tell whether it does."""
        pair = (source.mac, to)
        if pair not in self._directions:
            self._directions[pair] = self._air.direction(LINK, *map(mac_text, pair))
        channel = source.channel
        way = " ".join((LINK, *map(mac_text, pair)))

        def arrive() -> None:
            radio = self._radios.get(to)
            if radio is not None and radio.channel == channel:
                for each in self._air.intrusions(way, data, MAX_DATA):
                    radio.heard(pair[0], each, RSSI_DBM, free=True)
                radio.heard(pair[0], data, RSSI_DBM)

        arrivals = self._directions[pair].datagram(start, len(data)).arrivals
        for arrival in arrivals:
            self._air.clock.at(arrival, arrive)
        return bool(arrivals)
