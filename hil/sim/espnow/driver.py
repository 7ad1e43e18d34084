# SPDX-License-Identifier: MIT
"""ESP-NOW as ESP-IDF's driver offers it to an application (``esp_now.h`` of 5.3 to 5.5).

Of its errors the conditions that an application of this lab can bring about are modelled.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum

from hil.sim.clock.clock import Event, SimClock
from hil.sim.espnow.medium import BROADCAST, MAX_DATA, EspNowMedium

MAX_PEERS = 20
"""ESP_NOW_MAX_TOTAL_PEER_NUM."""

MAC_SIZE = 6
CHANNELS = range(1, 14)

TX_BUFFERS = 16
"""CONFIG_ESP_WIFI_STATIC_TX_BUFFER_NUM's default, which a chip with PSRAM has. A frame keeps its
buffer until its send callback."""


class EspNowError(IntEnum):
    """Errors of ``esp_now.h``: ESP_ERR_ESPNOW_BASE is ESP_ERR_WIFI_BASE (0x3000) + 100."""

    ESP_ERR_ESPNOW_NOT_INIT = 0x3065
    ESP_ERR_ESPNOW_ARG = 0x3066
    ESP_ERR_ESPNOW_NO_MEM = 0x3067
    ESP_ERR_ESPNOW_FULL = 0x3068
    ESP_ERR_ESPNOW_NOT_FOUND = 0x3069
    ESP_ERR_ESPNOW_INTERNAL = 0x306A
    ESP_ERR_ESPNOW_EXIST = 0x306B
    ESP_ERR_ESPNOW_IF = 0x306C
    ESP_ERR_ESPNOW_CHAN = 0x306D


class DriverError(Exception):
    """A call of the driver has failed.

    Attributes:
        code: what it returned.
    """

    def __init__(self, code: EspNowError, why: str) -> None:
        """Name the code as ESP-IDF does, and say what led to it."""
        super().__init__(f"{code.name} ({code:#x}): {why}")
        self.code = code


class EspNowDriver:
    """The driver of one board, from ``esp_now_init`` to ``esp_now_deinit``.

    Args:
        clock: simulated time.
        medium: the air.
        mac: of the board.
        channel: tells the channel that its radio is on.
        received: the receive callback: MAC of the sender, frame, RSSI in dBm, and whether it takes
            no time, being a stranger's doing.
        sent: the send callback: MAC of the receiver, whether its MAC layer has acknowledged the
            frame (always so for broadcast).
    """

    def __init__(
        self,
        clock: SimClock,
        medium: EspNowMedium,
        mac: bytes,
        channel: Callable[[], int],
        received: Callable[[bytes, bytes, int, bool], None],
        sent: Callable[[bytes, bool], None],
    ) -> None:
        self.mac = mac
        self._clock = clock
        self._medium = medium
        self._channel = channel
        self._received = received
        self._sent = sent
        self._on = False
        self._peers: dict[bytes, int] = {}
        self._queue: deque[tuple[bytes, bytes, int]] = deque()
        self._next: Event | None = None

    @property
    def channel(self) -> int:
        """The channel that the radio is on."""
        return self._channel()

    @property
    def peers(self) -> list[bytes]:
        """MACs of the peer list, the oldest first."""
        return list(self._peers)

    def init(self) -> None:
        """Switch on, with an empty peer list.

        Raises:
            BadInputError: another board of the lab has this MAC.
        """
        self._medium.attach(self)
        self._on = True

    def deinit(self) -> None:
        """Switch off; forget peers and what has not been sent."""
        self._on = False
        self._medium.detach(self)
        if self._next is not None:
            self._next.cancel()
        self._peers.clear()
        self._queue.clear()

    def add_peer(self, mac: bytes, channel: int = 0) -> None:
        """Add to the peer list; channel 0 is whatever channel the radio is on.

        Raises:
            DriverError: ..._NOT_INIT, ..._ARG, ..._EXIST, ..._FULL.
        """
        self._require_init()
        if len(mac) != MAC_SIZE or mac == self.mac or (channel and channel not in CHANNELS):
            raise DriverError(
                EspNowError.ESP_ERR_ESPNOW_ARG,
                "a peer has another board's MAC and a channel from 1 to 13",
            )
        if mac in self._peers:
            raise DriverError(EspNowError.ESP_ERR_ESPNOW_EXIST, "the peer is in the list already")
        if len(self._peers) == MAX_PEERS:
            raise DriverError(EspNowError.ESP_ERR_ESPNOW_FULL, f"there are {MAX_PEERS} peers")
        self._peers[mac] = channel

    def del_peer(self, mac: bytes) -> None:
        """Take off the peer list.

        Raises:
            DriverError: ..._NOT_INIT, ..._NOT_FOUND.
        """
        self._require_init()
        self._require_peer(mac)
        del self._peers[mac]

    def send(self, mac: bytes, data: bytes, now: int) -> None:
        """Queue a frame at simulated time `now` (cycles); the send callback follows.

        Raises:
            DriverError: ..._NOT_INIT, ..._ARG, ..._NOT_FOUND, ..._CHAN, ..._NO_MEM.
        """
        self._require_init()
        if not 0 < len(data) <= MAX_DATA:
            raise DriverError(
                EspNowError.ESP_ERR_ESPNOW_ARG,
                f"a frame has 1 to {MAX_DATA} bytes, not {len(data)}",
            )
        self._require_peer(mac)
        if self._peers[mac] not in (0, self.channel):
            raise DriverError(
                EspNowError.ESP_ERR_ESPNOW_CHAN,
                f"the peer is on channel {self._peers[mac]}, the radio on channel {self.channel}",
            )
        if len(self._queue) == TX_BUFFERS:
            raise DriverError(EspNowError.ESP_ERR_ESPNOW_NO_MEM, f"{TX_BUFFERS} frames are queued")
        self._queue.append((mac, data, now))
        if len(self._queue) == 1:
            self._next = self._clock.at(now, self._transmit)

    def reply(self, mac: bytes, data: bytes) -> None:
        """Say something to a stranger, which takes no time of the channel."""
        if self._on:
            self._medium.reply(self, mac, data)

    def heard(self, source: bytes, data: bytes, rssi: int, *, free: bool = False) -> None:
        """Take a frame that has come over the air."""
        self._received(source, data, rssi, free)

    def _transmit(self) -> None:
        mac, data, _ = self._queue[0]
        end, acknowledged = self._medium.transmit(self, mac, data)
        self._next = self._clock.at(end, lambda: self._done(mac, acknowledged))

    def _done(self, mac: bytes, acknowledged: bool) -> None:
        self._queue.popleft()
        if self._queue:
            self._next = self._clock.at(self._queue[0][2], self._transmit)
        self._sent(mac, acknowledged)

    def _require_init(self) -> None:
        if not self._on:
            raise DriverError(EspNowError.ESP_ERR_ESPNOW_NOT_INIT, "ESP-NOW is off")

    def _require_peer(self, mac: bytes) -> None:
        if mac not in self._peers:
            what = "broadcast" if mac == BROADCAST else mac.hex(":")
            raise DriverError(EspNowError.ESP_ERR_ESPNOW_NOT_FOUND, f"{what} is not in the list")
