# SPDX-License-Identifier: MIT
"""A virtual board's ESP-NOW: what the port of the firmware makes of the driver."""

import functools
import re
from collections.abc import Callable

from hil.errors import BadInputError
from hil.protocol import ErrorCode
from hil.sim.clock.clock import CYCLES_PER_US, Event
from hil.sim.espnow.driver import CHANNELS, DriverError, EspNowDriver, EspNowError
from hil.sim.espnow.medium import MAX_DATA, EspNowMedium
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.peripheral import LINK_DOWN, OK
from hil.sim.radio.stranger import refuses_stranger
from hil.sim.radio.wifi import LAB_ACCESS_POINT

OPEN_US = 2_000
"""For switching the radio's channel and the driver on; an estimate."""

_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


class EspNowRadio:
    """The link of kind espnow of one board: a peer that it has been told, or whoever comes."""

    frame_limit = MAX_DATA

    def __init__(self, antenna: Antenna) -> None:
        self._antenna = antenna
        self._tuned = CHANNELS[0]
        self._strayed = False
        self._driver = EspNowDriver(
            antenna.clock,
            antenna.air.shared(EspNowMedium),
            antenna.board.mac,
            self._channel,
            self._heard,
            self._sent,
        )
        self._peer: bytes | None = None
        self._blocked = False
        self._up = False
        self._telling: Event | None = None

    def open(self, host: str, port: int) -> int:
        """Talk with the MAC `host`, with anyone where it is empty, on the channel `port`."""
        self.close()
        self._strayed = False
        self._tell_at(
            self._antenna.now() + OPEN_US * CYCLES_PER_US, lambda: self._start(host, port)
        )
        return OK

    def close(self) -> None:
        """Switch the driver off."""
        if self._telling is not None:
            self._telling.cancel()
        self._driver.deinit()
        self._up = self._blocked = False

    def send(self, to: int, data: bytes, now: int) -> int:
        """Queue a frame for a MAC, or for the one peer; 0 while the driver's queue is full."""
        if not self._up:
            return LINK_DOWN
        mac = to.to_bytes(6, "big") if to else self._peer
        try:
            if mac is None:
                raise DriverError(EspNowError.ESP_ERR_ESPNOW_ARG, "no peer has been named")
            if mac not in self._driver.peers:
                self._add_peer(mac)
            if self._antenna.is_free or refuses_stranger(data):
                clock = self._antenna.clock
                clock.at(clock.now, functools.partial(self._driver.reply, mac, data))
            else:
                self._driver.send(mac, data, now)
        except DriverError as error:
            if error.code is EspNowError.ESP_ERR_ESPNOW_NO_MEM:
                self._blocked = True
                return 0
            text = f"an ESP-NOW frame was refused: {error}"
            self._up = False
            self._tell_at(now, lambda: self._fail(text))
            return LINK_DOWN
        return len(data)

    def stray(self) -> None:
        """Be on another channel than one is tuned to, until the link is opened again."""
        self._strayed = True

    def _channel(self) -> int:
        channel = LAB_ACCESS_POINT.channel if self._antenna.joined else self._tuned
        return channel % len(CHANNELS) + 1 if self._strayed else channel

    def _tell_at(self, time: int, call: Callable[[], None]) -> None:
        self._telling = self._antenna.clock.at(time, call)

    def _start(self, host: str, channel: int) -> None:
        try:
            if host and not _MAC.fullmatch(host):
                raise DriverError(EspNowError.ESP_ERR_ESPNOW_ARG, f"'{host}' is not a MAC address")
            if channel not in CHANNELS:
                raise DriverError(
                    EspNowError.ESP_ERR_ESPNOW_CHAN, f"there are channels 1 to 13, not {channel}"
                )
            self._tuned = channel
            if self._driver.channel != channel:
                raise DriverError(
                    EspNowError.ESP_ERR_ESPNOW_CHAN,
                    f"with Wi-Fi joined the radio is on the access point's channel "
                    f"{self._driver.channel}: name that one",
                )
            self._driver.init()
            self._peer = bytes.fromhex(host.replace(":", "")) if host else None
            if self._peer is not None:
                self._driver.add_peer(self._peer, channel)
        except (DriverError, BadInputError) as error:
            self._fail(f"ESP-NOW on channel {channel} was refused: {error}")
            return
        self._up = True
        self._antenna.link()

    def _fail(self, text: str) -> None:
        self.close()
        self._antenna.link(ErrorCode.RADIO, text)

    def _add_peer(self, mac: bytes) -> None:
        """Make a peer of whoever is to be answered, if need be in place of the oldest one."""
        try:
            self._driver.add_peer(mac, self._tuned)
        except DriverError as error:
            if error.code is not EspNowError.ESP_ERR_ESPNOW_FULL:
                raise
            self._driver.del_peer(self._driver.peers[0])
            self._driver.add_peer(mac, self._tuned)

    def _heard(self, source: bytes, data: bytes, rssi: int, free: bool) -> None:
        if self._up:
            self._antenna.receive(data, int.from_bytes(source, "big"), rssi, free=free)

    def _sent(self, mac: bytes, acknowledged: bool) -> None:
        if self._blocked:
            self._blocked = False
            self._antenna.writable()
