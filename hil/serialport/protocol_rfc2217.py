# SPDX-License-Identifier: MIT
"""pyserial's ``rfc2217://``, waiting for events instead of for time.

pyserial finds this module by its name (``hil.serialport.install``). Of pyserial's options behind a
URL it knows ``?ign_set_control``, which esptool's own server needs: that answers no SET_CONTROL. A
URL with other options is left to pyserial's own client, whose options they are.
"""

import struct
from typing import Any
from urllib.parse import urlsplit

from serial.rfc2217 import RFC2217_PARITY_MAP, RFC2217_STOPBIT_MAP
from serial.rfc2217 import Serial as StockSerial
from serial.serialutil import PortNotOpenError, SerialBase, SerialException

from hil.host.secret import Unseen
from hil.serialport.rfc2217_connection import UNANSWERED, ServerConnection
from hil.serialport.telnet import ComPort, Control, Purge, escape


def serial_class_for_url(url: str) -> tuple[str, type]:
    """Choose the class for a URL; pyserial calls this."""
    return url, Serial if urlsplit(url).query in ("", UNANSWERED) else StockSerial


class Serial(SerialBase):  # type: ignore[misc]
    """A serial port behind an RFC 2217 server, with the interface of ``serial.Serial``.

    ``read`` and ``write`` may be called from different threads. All methods raise
    ``SerialException`` when the server has closed the connection or does not answer in time.
    """

    is_open: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._connection: ServerConnection | None = None
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Connect, negotiate, and apply the settings.

        Raises:
            SerialException: there is no port, it is open already, or the server refuses.
        """
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        self._connection = ServerConnection(self._port)
        self._applied: tuple[Any, ...] = ()
        self.is_open = True
        try:
            self._connection.negotiate()
            self._reconfigure_port()
            # DTR and RTS stay as they are: esptool's server takes a change for a reset's beginning.
            self.reset_input_buffer()
            self.reset_output_buffer()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect; harmless on a port that is not open."""
        self.is_open = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @property
    def round_trip_s(self) -> float:
        """The quickest of the server's answers so far, in seconds; 0 before the first."""
        return self._connection.round_trip_s if self._connection is not None else 0.0

    @property
    def in_waiting(self) -> int:
        """Number of bytes that ``read`` returns without waiting."""
        return self._connected().waiting

    def read(self, size: int = 1) -> bytes:
        """Return ``size`` bytes, or fewer when ``timeout`` has passed.

        Raises:
            SerialException: the connection is closed and nothing is left to read.
        """
        return self._connected().read(size, self._timeout)

    def write(self, data: bytes) -> int:
        """Send all of ``data`` and return its length.

        Raises:
            SerialTimeoutException: ``write_timeout`` has passed.
        """
        self._connected().transmit(Unseen(escape(bytes(data))), self._write_timeout)
        return len(data)

    def flush(self) -> None:
        """Do nothing: ``write`` does not buffer."""
        self._connected()

    def reset_input_buffer(self) -> None:
        """Discard what has been received, here and in the server."""
        self._request(ComPort.PURGE_DATA, bytes([Purge.RECEIVE]))
        self._connected().forget()

    def reset_output_buffer(self) -> None:
        """Discard what the server has not sent yet."""
        self._request(ComPort.PURGE_DATA, bytes([Purge.TRANSMIT]))

    @property
    def cts(self) -> bool:
        """Clear To Send, as the server last reported it."""
        return bool(self._modem_state() & 0x10)

    @property
    def dsr(self) -> bool:
        """Data Set Ready, as the server last reported it."""
        return bool(self._modem_state() & 0x20)

    @property
    def ri(self) -> bool:
        """Ring Indicator, as the server last reported it."""
        return bool(self._modem_state() & 0x40)

    @property
    def cd(self) -> bool:
        """Carrier Detect, as the server last reported it."""
        return bool(self._modem_state() & 0x80)

    def _modem_state(self) -> int:
        return self._connection.modem_state if self._connection is not None else 0

    def _update_dtr_state(self) -> None:
        self._set_control(Control.DTR_ON if self._dtr_state else Control.DTR_OFF)

    def _update_rts_state(self) -> None:
        self._set_control(Control.RTS_ON if self._rts_state else Control.RTS_OFF)

    def _update_break_state(self) -> None:
        self._set_control(Control.BREAK_ON if self._break_state else Control.BREAK_OFF)

    def _set_control(self, value: Control) -> None:
        self._request(ComPort.SET_CONTROL, bytes([value]))

    def _reconfigure_port(self) -> None:
        """Tell the server what has changed; a timeout is no business of its."""
        settings = (
            (ComPort.SET_BAUDRATE, struct.pack(">I", self._baudrate)),
            (ComPort.SET_DATASIZE, bytes([self._bytesize])),
            (ComPort.SET_PARITY, bytes([RFC2217_PARITY_MAP[self._parity]])),
            (ComPort.SET_STOPSIZE, bytes([RFC2217_STOPBIT_MAP[self._stopbits]])),
            (ComPort.SET_CONTROL, bytes([self._flow_control()])),
        )
        for setting in settings:
            if setting not in self._applied:
                self._request(*setting)
        self._applied = settings

    def _flow_control(self) -> Control:
        if self._rtscts and self._xonxoff:
            raise ValueError("xonxoff and rtscts together are not supported")
        if self._rtscts:
            return Control.HARDWARE
        return Control.XON_XOFF if self._xonxoff else Control.NO_FLOW_CONTROL

    def _request(self, command: ComPort, value: bytes) -> None:
        self._connected().request(command, value, self._write_timeout)

    def _connected(self) -> ServerConnection:
        if self._connection is None:
            raise PortNotOpenError()
        return self._connection
