# SPDX-License-Identifier: MIT
"""pyserial's ``rfc2217://``, waiting for events instead of for time.

pyserial finds this module by its name (``hil.serialport.install``). Of pyserial's options behind a
URL it knows ``?ign_set_control``, which esptool's own server needs: that answers no SET_CONTROL. A
URL with other options is left to pyserial's own client, whose options they are.
"""

import contextlib
import socket
import struct
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from serial.rfc2217 import RFC2217_PARITY_MAP, RFC2217_STOPBIT_MAP
from serial.rfc2217 import Serial as StockSerial
from serial.serialutil import (
    PortNotOpenError,
    SerialBase,
    SerialException,
    SerialTimeoutException,
)

from hil.serialport.telnet import (
    ANSWER,
    ComPort,
    Control,
    Event,
    Negotiation,
    Option,
    Purge,
    Subnegotiation,
    TelnetDecoder,
    Verb,
    com_port,
    escape,
    negotiation,
)

_UNANSWERED = "ign_set_control"
_PATIENCE = 3.0  # seconds for the server to answer a request, as in pyserial


def serial_class_for_url(url: str) -> tuple[str, type]:
    """Choose the class for a URL; pyserial calls this."""
    return url, Serial if urlsplit(url).query in ("", _UNANSWERED) else StockSerial


class Serial(SerialBase):  # type: ignore[misc]
    """A serial port behind an RFC 2217 server, with the interface of ``serial.Serial``.

    ``read`` and ``write`` may be called from different threads. All methods raise
    ``SerialException`` when the server has closed the connection or does not answer in time.
    """

    is_open: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._socket: socket.socket | None = None
        self._changed = threading.Condition()
        self._sending = threading.Lock()
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
        parts = urlsplit(self._port)
        try:
            address = (parts.hostname or "", parts.port or 0)
            self._socket = socket.create_connection(address, timeout=_PATIENCE)
        except OSError as error:
            text = f"could not open port {self._port}: {error}"
            raise SerialException(error.errno, text) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._answers: dict[int, bytes] = {}
        self._heard: set[Negotiation] = set()
        self._modem_state = 0
        self._applied: tuple[Any, ...] = ()
        self._closed_by: str | None = None
        self._reader = threading.Thread(target=self._read_socket, args=(self._socket,), daemon=True)
        self._reader.start()
        self.is_open = True
        try:
            for option in (Option.COM_PORT, Option.BINARY):
                self._transmit(negotiation(Verb.WILL, option) + negotiation(Verb.DO, option))
            self._wait_for(self._negotiated, "the RFC 2217 negotiation")
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
        connection, self._socket = self._socket, None
        if connection is None:
            return
        with contextlib.suppress(OSError):  # the server was first
            connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        connection.close()

    @property
    def in_waiting(self) -> int:
        """Number of bytes that ``read`` returns without waiting."""
        self._require_open()
        return len(self._received)

    def read(self, size: int = 1) -> bytes:
        """Return ``size`` bytes, or fewer when ``timeout`` has passed.

        Raises:
            SerialException: the connection is closed and nothing is left to read.
        """
        self._require_open()
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._received) >= size or self._closed_by, self._timeout
            )
            if self._closed_by and size and not self._received:
                raise SerialException(self._closed_by)
            data = bytes(self._received[:size])
            del self._received[:size]
            return data

    def write(self, data: bytes) -> int:
        """Send all of ``data`` and return its length.

        Raises:
            SerialTimeoutException: ``write_timeout`` has passed.
        """
        self._require_open()
        self._transmit(escape(bytes(data)))
        return len(data)

    def flush(self) -> None:
        """Do nothing: ``write`` does not buffer."""
        self._require_open()

    def reset_input_buffer(self) -> None:
        """Discard what has been received, here and in the server."""
        self._require_open()
        self._request(ComPort.PURGE_DATA, bytes([Purge.RECEIVE]))
        with self._changed:
            self._received.clear()

    def reset_output_buffer(self) -> None:
        """Discard what the server has not sent yet."""
        self._require_open()
        self._request(ComPort.PURGE_DATA, bytes([Purge.TRANSMIT]))

    @property
    def cts(self) -> bool:
        """Clear To Send, as the server last reported it."""
        return bool(self._modem_state & 0x10)

    @property
    def dsr(self) -> bool:
        """Data Set Ready, as the server last reported it."""
        return bool(self._modem_state & 0x20)

    @property
    def ri(self) -> bool:
        """Ring Indicator, as the server last reported it."""
        return bool(self._modem_state & 0x40)

    @property
    def cd(self) -> bool:
        """Carrier Detect, as the server last reported it."""
        return bool(self._modem_state & 0x80)

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
        """Send a COM-PORT-OPTION request and wait until the server has agreed."""
        answer = command + ANSWER
        self._answers.pop(answer, None)
        self._transmit(com_port(command, value))
        if command == ComPort.SET_CONTROL and urlsplit(self._port).query == _UNANSWERED:
            return
        self._wait_for(lambda: answer in self._answers, f"an answer to {command.name}")
        if not self._answers[answer].startswith(value):
            raise SerialException(
                f"{self._port} answers {command.name} {value.hex()} with "
                f"{self._answers[answer].hex()}: the server does not support this setting"
            )

    def _wait_for(self, condition: Any, what: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._closed_by, _PATIENCE)
            if condition():
                return  # although the server may have closed the connection right behind it
            if self._closed_by:
                raise SerialException(self._closed_by)
            raise SerialException(
                f"{self._port} did not complete {what} within {_PATIENCE:g} s: "
                f"is it an RFC 2217 server? (esptool's needs ?{_UNANSWERED} behind its URL)"
            )

    def _transmit(self, data: bytes) -> None:
        """Send Telnet bytes; every wait for the server is bounded."""
        connection = self._socket
        if connection is None:
            raise PortNotOpenError()
        patience = _PATIENCE if self._write_timeout is None else self._write_timeout
        with self._sending:
            view = memoryview(data)
            deadline = time.monotonic() + patience
            while view:
                try:
                    view = view[connection.send(view) :]
                except TimeoutError as error:
                    if time.monotonic() >= deadline:
                        raise SerialTimeoutException("Write timeout") from error
                except OSError as error:
                    raise SerialException(
                        f"{self._port} was closed by the server ({error})"
                    ) from error
                else:
                    if self._write_timeout is None:
                        deadline = time.monotonic() + patience

    def _negotiated(self) -> bool:
        """Whether the server does RFC 2217 and has said if it does binary; not all do."""
        binary = {Negotiation(Verb.DO, Option.BINARY), Negotiation(Verb.DONT, Option.BINARY)}
        return Negotiation(Verb.DO, Option.COM_PORT) in self._heard and bool(binary & self._heard)

    def _require_open(self) -> None:
        if not self.is_open:
            raise PortNotOpenError()

    def _read_socket(self, connection: socket.socket) -> None:
        """Run in the reader thread until the connection ends."""
        telnet = TelnetDecoder()
        reason = f"{self._port} was closed by the server"
        try:
            while stream := self._receive(connection):
                with self._changed:
                    for event in telnet.feed(stream):
                        self._take(event)
                    self._changed.notify_all()
        except OSError as error:
            reason = f"{reason} ({error})"
        with self._changed:
            self._closed_by = reason
            self._changed.notify_all()

    @staticmethod
    def _receive(connection: socket.socket) -> bytes:
        """Return the next bytes, or none at the end of the connection."""
        while True:
            try:
                return connection.recv(65536)
            except TimeoutError:  # the socket's timeout is there to bound sending
                continue

    def _take(self, event: Event) -> None:
        if isinstance(event, bytes):
            self._received += event
        elif isinstance(event, Negotiation):
            self._negotiate(event)
        else:
            self._note(event)

    def _negotiate(self, event: Negotiation) -> None:
        """Note what the server agrees to, and agree to what does no harm."""
        if event in self._heard:
            return
        self._heard.add(event)
        if event.option in (Option.COM_PORT, Option.BINARY):
            return  # these were asked for from this end
        harmless = event.option in (Option.ECHO, Option.SUPPRESS_GO_AHEAD)
        if event.verb == Verb.WILL:
            self._transmit(negotiation(Verb.DO if harmless else Verb.DONT, event.option))
        elif event.verb == Verb.DO:
            agree = event.option == Option.SUPPRESS_GO_AHEAD
            self._transmit(negotiation(Verb.WILL if agree else Verb.WONT, event.option))

    def _note(self, event: Subnegotiation) -> None:
        if event.payload[0] != Option.COM_PORT or len(event.payload) < 3:
            return
        command, value = event.payload[1], event.payload[2:]
        if command == ComPort.NOTIFY_MODEMSTATE + ANSWER:
            self._modem_state = value[0]
        else:
            self._answers[command] = value
