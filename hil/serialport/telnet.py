# SPDX-License-Identifier: MIT
"""Telnet framing (RFC 854) and the names of RFC 2217, for either end of a connection."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

IAC = b"\xff"


class Verb(IntEnum):
    """Telnet commands that matter here."""

    SE = 240
    SB = 250
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254


class Option(IntEnum):
    """Telnet options."""

    BINARY = 0
    ECHO = 1
    SUPPRESS_GO_AHEAD = 3
    COM_PORT = 44


class ComPort(IntEnum):
    """RFC 2217 commands from the client; the server answers with the code plus 100."""

    SET_BAUDRATE = 1
    SET_DATASIZE = 2
    SET_PARITY = 3
    SET_STOPSIZE = 4
    SET_CONTROL = 5
    NOTIFY_LINESTATE = 6
    NOTIFY_MODEMSTATE = 7
    SET_LINESTATE_MASK = 10
    SET_MODEMSTATE_MASK = 11
    PURGE_DATA = 12


ANSWER = 100


class Control(IntEnum):
    """Values of SET_CONTROL."""

    NO_FLOW_CONTROL = 1
    XON_XOFF = 2
    HARDWARE = 3
    BREAK_ON = 5
    BREAK_OFF = 6
    REQUEST_DTR = 7
    DTR_ON = 8
    DTR_OFF = 9
    REQUEST_RTS = 10
    RTS_ON = 11
    RTS_OFF = 12


class Purge(IntEnum):
    """Values of PURGE_DATA."""

    RECEIVE = 1
    TRANSMIT = 2
    BOTH = 3


@dataclass(frozen=True)
class Negotiation:
    """WILL, WONT, DO or DONT, and the option it is about."""

    verb: int
    option: int


@dataclass(frozen=True)
class Subnegotiation:
    """What stood between SB and SE, unescaped: the option's code first."""

    payload: bytes


Event = bytes | Negotiation | Subnegotiation

_DATA = re.compile(rb"(?:[^\xff]+|\xff\xff)*")
"""Data up to the next command; it may be empty. A white image is half made of doubled IACs."""

MAX_SUBNEGOTIATION = 1024
"""More than any RFC 2217 request needs: what is beyond it is dropped."""


def escape(data: bytes) -> bytes:
    """Return ``data`` with every IAC doubled."""
    return data.replace(IAC, IAC + IAC)


def negotiation(verb: Verb, option: int) -> bytes:
    """Return the three bytes of a negotiation."""
    return IAC + bytes([verb, option])


def com_port(command: int, value: bytes) -> bytes:
    """Return a COM-PORT-OPTION subnegotiation."""
    payload = escape(bytes([Option.COM_PORT, command]) + value)
    return IAC + bytes([Verb.SB]) + payload + IAC + bytes([Verb.SE])


class TelnetDecoder:
    """Splits a Telnet stream, cut anywhere, into data and commands, in order.

    Only whole runs of data are copied: the loader's 16 KiB blocks pass without a byte loop.
    """

    def __init__(self) -> None:
        self._after_iac = False
        self._verb: int | None = None
        self._sub: bytearray | None = None

    def feed(self, stream: bytes) -> Iterator[Event]:
        """Take more of the stream and yield what it contains.

        Yields:
            Data as ``bytes`` (never empty, not necessarily joined), or a command. Commands other
            than negotiations and subnegotiations are skipped.
        """
        position = 0
        while position < len(stream):
            if self._verb is not None:
                verb, self._verb = self._verb, None
                yield Negotiation(verb, stream[position])
                position += 1
            elif self._after_iac:
                self._after_iac = False
                yield from self._command(stream[position])
                position += 1
            else:
                match = _DATA.match(stream, position)
                assert match is not None
                end = match.end()
                if end > position:
                    yield from self._data(match.group().replace(IAC + IAC, IAC))
                self._after_iac = end < len(stream)
                position = end + 1

    def _data(self, run: bytes) -> Iterator[Event]:
        if self._sub is None:
            yield run
        else:
            self._sub += run[: MAX_SUBNEGOTIATION - len(self._sub)]

    def _command(self, code: int) -> Iterator[Event]:
        if code == IAC[0]:
            yield from self._data(IAC)
        elif code == Verb.SB:
            self._sub = bytearray()
        elif code == Verb.SE:
            sub, self._sub = self._sub, None
            if sub:
                yield Subnegotiation(bytes(sub))
        elif code >= Verb.WILL:
            self._verb = code
