# SPDX-License-Identifier: MIT
"""The board's Wi-Fi station: joining the lab's access point, and TCP to the host."""

from hil.protocol import ErrorCode
from hil.sim.clock import CYCLES_PER_US
from hil.sim.link import WIFI_TCP
from hil.sim.machine import Handler
from hil.sim.peripheral import Processor
from hil.sim.tcp import TcpConnection, TcpEvents
from hil.sim.wifi import JOIN_US, LAB_ACCESS_POINT, LAB_ADDRESS, REFUSE_US

OK = 0
VIA_TCP = 1
LINK_DOWN = -1


class Station:
    """The radio of one boot.

    Args:
        processor: whom it serves.
        host_work_us: simulated time that the host takes for the tail of an inference.
    """

    def __init__(self, processor: Processor, host_work_us: int) -> None:
        self._processor = processor
        self._host_work_us = host_work_us
        self._joined = False
        self._tcp: TcpConnection | None = None

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {
            "wifi_join": self._join,
            "link_open": self._open,
            "link_close": lambda via: self.close(),
            "link_send": self._send,
            "link_frame_limit": lambda via: 0,  # TCP is a stream
        }

    def close(self) -> None:
        """Drop the connection without a word to the firmware."""
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None

    def _join(self, ssid: int, ssid_length: int, password: int, password_length: int) -> int:
        processor = self._processor
        refusal = LAB_ACCESS_POINT.join(
            processor.read(ssid, ssid_length).decode(errors="replace"),
            processor.read(password, password_length).decode(errors="replace"),
        )
        self._joined = refusal is None
        code, text, delay_us = (
            (OK, LAB_ADDRESS, JOIN_US) if refusal is None else (ErrorCode.WIFI, refusal, REFUSE_US)
        )
        staged = text.encode()
        end = processor.now() + delay_us * CYCLES_PER_US
        processor.post(end, "on_wifi", code, len(staged), staged=staged)
        return OK

    def _open(self, via: int, host: int, host_length: int, port: int) -> int:
        if via != VIA_TCP:
            return ErrorCode.UNSUPPORTED
        if not self._joined:
            return ErrorCode.WIFI
        self.close()
        processor = self._processor
        self._tcp = TcpConnection(
            processor.clock,
            WIFI_TCP,
            self._host_work_us,
            (processor.read(host, host_length).decode("ascii", "replace"), port),
            TcpEvents(
                up=lambda: self._tell(OK, ""),
                failed=lambda text: self._tell(ErrorCode.EDGE_UNREACHABLE, text),
                lost=lambda text: self._tell(ErrorCode.EDGE_LOST, text),
                received=self._received,
                writable=lambda: processor.run("on_writable", VIA_TCP),
            ),
        )
        return OK

    def _tell(self, code: int, text: str) -> None:
        staged = text.encode()
        self._processor.run("on_link", VIA_TCP, code, len(staged), staged=staged)

    def _received(self, data: bytes) -> None:
        step = self._processor.staging_capacity
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            self._processor.run("on_receive", VIA_TCP, len(piece), staged=piece)

    def _send(self, via: int, address: int, length: int) -> int:
        if via != VIA_TCP or self._tcp is None:
            return LINK_DOWN
        return self._tcp.send(self._processor.read(address, length), self._processor.now())
