# SPDX-License-Identifier: MIT
"""The board's radios: joining the lab's access point, and one radio for each kind of link."""

from collections.abc import Callable

from hil.protocol import ErrorCode
from hil.sim.ble.radio import BleRadio
from hil.sim.chip.machine import Handler
from hil.sim.chip.nvs import Nvs
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.espnow.espnow import EspNowRadio
from hil.sim.ip.tcp import TcpRadio
from hil.sim.ip.udp import UdpRadio
from hil.sim.radio.air import Air
from hil.sim.radio.antenna import Antenna, Identity
from hil.sim.radio.coverage import Coverage
from hil.sim.radio.peripheral import LINK_DOWN, OK, Processor, Radio
from hil.sim.radio.wifi import JOIN_US, LAB_ACCESS_POINT, NO_ACCESS_POINT, REFUSE_US

_LOST = "the access point was lost and is looked for"

# `sn_via` of splitnode/port.h.
RADIOS: dict[int, Callable[[Antenna], Radio]] = {
    1: TcpRadio,
    2: UdpRadio,
    3: EspNowRadio,
    4: BleRadio,
}


class Station:
    """The radios of one boot.

    Args:
        processor: whom they serve.
        air: what all boards of the lab share.
        board: which board this is.
        nvs: where the access point that was joined last is kept.
    """

    def __init__(self, processor: Processor, air: Air, board: Identity, nvs: Nvs) -> None:
        self._nvs = nvs
        self._air = air
        self._processor = processor
        self._board = board
        self._joined: tuple[str, str] | None = None
        self._sought: tuple[str, str] | None = None
        self._radios = {
            via: radio(Antenna(via, processor, air, board, lambda: self._joined is not None))
            for via, radio in RADIOS.items()
        }
        self._coverage = air.shared(Coverage)
        self._coverage.enter(self)

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {
            "wifi_join": self._join,
            "link_open": self._open,
            "link_close": self._close,
            "link_send": self._send,
            "link_frame_limit": self._frame_limit,
        }

    def close(self) -> None:
        """Drop all links without a word to the firmware."""
        self._coverage.leave(self)
        for radio in self._radios.values():
            radio.close()

    def lost(self) -> None:
        """Tell the firmware that the access point is gone, and look for it as long as it takes."""
        if self._joined is not None:
            self._sought, self._joined = self._joined, None
            self._decided(ErrorCode.WIFI, _LOST)
            for radio in self._radios.values():
                if isinstance(radio, TcpRadio):
                    radio.fade()

    def found(self) -> None:
        """Join it again, if it has been lost."""
        if self._sought is not None:
            credentials = self._sought
            clock = self._processor.clock

            def join_again() -> None:
                if self._coverage.is_on and self._sought == credentials:
                    self._decided(OK, self._board.ip, *credentials)

            clock.at(clock.now + JOIN_US * CYCLES_PER_US, join_again)

    # What faults do (:mod:`hil.sim.faults.blows`); called amid a call of the firmware.

    def switch_access_point_off(self, us: int) -> None:
        """Have the lab's access point off the air from now on, for so long."""
        clock, now = self._processor.clock, self._processor.now()
        clock.at(now, lambda: self._coverage.switch(False))
        clock.at(now + us * CYCLES_PER_US, lambda: self._coverage.switch(True))

    def leave_range(self, us: int) -> None:
        """Have the board out of everybody's range over BLE from now on, for so long."""
        self._air.mishaps["out-of-range"] += 1
        for radio in self._radios.values():
            if isinstance(radio, BleRadio):
                radio.leave_range(us)

    def change_channel(self) -> None:
        """Tune ESP-NOW to another channel, until its link is opened again."""
        self._air.mishaps["channel"] += 1
        for radio in self._radios.values():
            if isinstance(radio, EspNowRadio):
                radio.stray()

    def _join(self, ssid: int, ssid_length: int, password: int, password_length: int) -> int:
        processor = self._processor
        name = processor.read(ssid, ssid_length).decode(errors="replace")
        secret = processor.read(password, password_length).decode(errors="replace")
        if not name:
            name, secret = self._nvs.get("ssid") or "", self._nvs.get("password") or ""
            if not name:
                return ErrorCode.WIFI
        is_there = self._coverage.is_on
        refusal = LAB_ACCESS_POINT.join(name, secret) if is_there else NO_ACCESS_POINT.format(name)
        self._sought = None
        if self._joined == (name, secret):
            code, text, delay_us = OK, self._board.ip, 0
        else:
            self._joined = None
            code, text, delay_us = (
                (OK, self._board.ip, JOIN_US)
                if refusal is None
                else (ErrorCode.WIFI, refusal, REFUSE_US)
            )
        end = processor.now() + delay_us * CYCLES_PER_US
        processor.clock.at(end, lambda: self._decided(code, text, name, secret))
        return OK

    def _decided(self, code: int, text: str, ssid: str = "", password: str = "") -> None:
        self._joined = (ssid, password) if code == OK else None
        if code == OK:
            self._sought = None
            self._nvs.put(ssid=ssid, password=password)
        staged = text.encode()
        self._processor.run("on_wifi", code, len(staged), staged=staged)

    def _open(self, via: int, host: int, host_length: int, port: int) -> int:
        radio = self._radios.get(via)
        if radio is None:
            return ErrorCode.UNSUPPORTED
        return radio.open(self._processor.read(host, host_length).decode("ascii", "replace"), port)

    def _close(self, via: int) -> None:
        if via in self._radios:
            self._radios[via].close()

    def _send(self, via: int, to: int, address: int, length: int) -> int:
        if via not in self._radios:
            return LINK_DOWN
        data = self._processor.read(address, length)
        return self._radios[via].send(to, data, self._processor.now())

    def _frame_limit(self, via: int) -> int:
        return self._radios[via].frame_limit if via in self._radios else 0
