# SPDX-License-Identifier: MIT
"""The access server's half of RFC 2217: Telnet negotiation and serial port control.

pyserial's ``PortManager`` does the same byte by byte, which would make the board slower than the
host that flashes it.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Protocol

from hil.serialport.telnet import (
    ANSWER,
    ComPort,
    Control,
    Negotiation,
    Option,
    Purge,
    Subnegotiation,
    TelnetDecoder,
    Verb,
    com_port,
    negotiation,
)

_SUPPORTED = (Option.BINARY, Option.SUPPRESS_GO_AHEAD, Option.COM_PORT)
_AGREE = {Verb.WILL: Verb.DO, Verb.DO: Verb.WILL}
_REFUSE = {Verb.WILL: Verb.DONT, Verb.DO: Verb.WONT}
_MODEM_STATE = 0xB0  # carrier detect, DSR and CTS on, no ring; no changes


class SerialLines(Protocol):
    """The serial port that the protocol controls."""

    @property
    def baud(self) -> int:
        """The line rate in baud."""

    @property
    def dtr(self) -> bool:
        """Whether DTR is asserted."""

    @property
    def rts(self) -> bool:
        """Whether RTS is asserted."""

    def set_baud(self, baud: int) -> None:
        """Change the line rate."""

    def set_lines(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Drive the modem control lines; ``None`` leaves one as it is."""


class Rfc2217Session:
    """One client's session.

    Args:
        lines: the port that the client controls.
        send: writes bytes to the client; they are Telnet already.
        listening: called, perhaps more than once, when the client has finished opening the port
            and hears what the board sends.
    """

    def __init__(
        self, lines: SerialLines, send: Callable[[bytes], None], listening: Callable[[], None]
    ) -> None:
        self._lines = lines
        self._send = send
        self._listening = listening
        self._telnet = TelnetDecoder()
        self._agreed: set[tuple[Verb, int]] = set()
        self._framing = {ComPort.SET_DATASIZE: 8, ComPort.SET_PARITY: 1, ComPort.SET_STOPSIZE: 1}
        for option in _SUPPORTED:
            self._offer(Verb.WILL, option)
            self._offer(Verb.DO, option)

    def feed(self, stream: bytes) -> Iterator[bytes]:
        """Take bytes from the client, obey its commands, and yield its data, in order."""
        for event in self._telnet.feed(stream):
            if isinstance(event, bytes):
                self._listening()  # for clients that never purge
                yield event
            elif isinstance(event, Negotiation):
                self._negotiate(event)
            elif event.payload[0] == Option.COM_PORT:
                self._control(event)

    def _offer(self, verb: Verb, option: int) -> None:
        """Say WILL or DO, once: an answer to it must not be answered again (RFC 854)."""
        if (verb, option) not in self._agreed:
            self._agreed.add((verb, option))
            self._send(negotiation(verb, option))

    def _negotiate(self, event: Negotiation) -> None:
        verb = Verb(event.verb)
        if verb not in _AGREE:
            return
        if event.option not in _SUPPORTED:
            self._send(negotiation(_REFUSE[verb], event.option))
            return
        self._offer(_AGREE[verb], event.option)
        if event.option == Option.COM_PORT and verb is Verb.WILL:
            self._answer(ComPort.NOTIFY_MODEMSTATE, bytes([_MODEM_STATE]))

    def _answer(self, command: int, value: bytes) -> None:
        self._send(com_port(command + ANSWER, value))

    def _control(self, event: Subnegotiation) -> None:
        command, value = event.payload[1:2], event.payload[2:]
        if not command or not value:
            return
        code = command[0]
        if code == ComPort.SET_BAUDRATE:
            self._set_baud(value)
        elif code in self._framing:
            # Zero asks; anything else is accepted: a simulated line has no framing.
            framing = ComPort(code)
            self._framing[framing] = value[0] or self._framing[framing]
            self._answer(code, bytes([self._framing[framing]]))
        elif code == ComPort.SET_CONTROL:
            self._answer(code, bytes([self._set_control(value[0])]))
        elif code == ComPort.NOTIFY_MODEMSTATE:
            self._answer(code, bytes([_MODEM_STATE]))
        elif code in (ComPort.SET_LINESTATE_MASK, ComPort.SET_MODEMSTATE_MASK):
            self._answer(code, value[:1])
        elif code == ComPort.PURGE_DATA:
            self._answer(code, value[:1])
            if value[0] in (Purge.TRANSMIT, Purge.BOTH):
                # The last step of opening a port with pyserial.
                self._listening()

    def _set_baud(self, value: bytes) -> None:
        if len(value) < 4:
            return
        (baud,) = struct.unpack_from(">I", value)
        if baud:
            self._lines.set_baud(baud)
        self._answer(ComPort.SET_BAUDRATE, struct.pack(">I", self._lines.baud))

    def _set_control(self, value: int) -> int:
        """Obey SET_CONTROL and return the value to answer with."""
        if value in (Control.DTR_ON, Control.DTR_OFF):
            self._lines.set_lines(dtr=value == Control.DTR_ON)
        elif value in (Control.RTS_ON, Control.RTS_OFF):
            self._lines.set_lines(rts=value == Control.RTS_ON)
        elif value == Control.REQUEST_DTR:
            return Control.DTR_ON if self._lines.dtr else Control.DTR_OFF
        elif value == Control.REQUEST_RTS:
            return Control.RTS_ON if self._lines.rts else Control.RTS_OFF
        return value
