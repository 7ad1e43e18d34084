# SPDX-License-Identifier: MIT
"""Telnet framing and the RFC 2217 server, without a socket."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hil.serialport.telnet import (
    MAX_SUBNEGOTIATION,
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
from hil.sim.serial.rfc2217 import Rfc2217Session

events = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=20),
        st.builds(
            Negotiation,
            st.sampled_from([Verb.WILL, Verb.WONT, Verb.DO, Verb.DONT]),
            st.integers(0, 255),
        ),
        st.builds(
            lambda command, value: Subnegotiation(bytes([Option.COM_PORT, command]) + value),
            st.integers(0, 255),
            st.binary(max_size=5),
        ),
    ),
    max_size=8,
)


def encoded(event: Event) -> bytes:
    if isinstance(event, bytes):
        return escape(event)
    if isinstance(event, Negotiation):
        return negotiation(Verb(event.verb), event.option)
    return com_port(event.payload[1], event.payload[2:])


def joined(parts: list[Event]) -> list[Event]:
    """Neighbouring runs of data are one run: where they are cut has no meaning."""
    result: list[Event] = []
    for part in parts:
        if isinstance(part, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += part
        else:
            result.append(part)
    return result


@given(events, st.lists(st.integers(min_value=0)))
def test_a_stream_means_the_same_however_it_is_cut(sent: list[Event], cuts: list[int]) -> None:
    stream = b"".join(encoded(event) for event in sent)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    decoder = TelnetDecoder()
    received: list[Event] = []
    for start, end in pairwise(edges):
        received += decoder.feed(stream[start:end])
    assert joined(received) == joined(sent)


@given(st.binary())
def test_no_stream_stops_the_server(stream: bytes) -> None:
    port = Port()
    list(port.session.feed(stream))


def test_a_subnegotiation_that_never_ends_does_not_fill_the_memory() -> None:
    decoder = TelnetDecoder()
    assert list(decoder.feed(b"\xff\xfa" + bytes(2 * MAX_SUBNEGOTIATION) + b"\xff\xf0")) == [
        Subnegotiation(bytes(MAX_SUBNEGOTIATION))
    ]


class Port:
    """A serial port that records what the session does to it."""

    def __init__(self) -> None:
        self.baud = 115_200
        self.dtr = self.rts = False
        self.steps: list[str] = []
        self.sent = b""
        self.session = Rfc2217Session(self, self._send, lambda: self.steps.append("listening"))

    def _send(self, data: bytes) -> None:
        self.sent += data

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def set_lines(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        self.dtr = self.dtr if dtr is None else dtr
        self.rts = self.rts if rts is None else rts
        self.steps.append(f"dtr={self.dtr:d} rts={self.rts:d}")

    def ask(self, *requests: bytes) -> list[Event]:
        """Return the answers to ``requests``."""
        self.sent = b""
        for request in requests:
            assert list(self.session.feed(request)) == []
        return list(TelnetDecoder().feed(self.sent))


def answer(command: int, value: bytes) -> Subnegotiation:
    return Subnegotiation(bytes([Option.COM_PORT, command + 100]) + value)


def test_the_client_drives_the_lines_in_order() -> None:
    port = Port()
    steps = [Control.DTR_ON, Control.RTS_ON, Control.DTR_OFF, Control.RTS_OFF]
    answers = port.ask(*(com_port(ComPort.SET_CONTROL, bytes([step])) for step in steps))
    assert answers == [answer(ComPort.SET_CONTROL, bytes([step])) for step in steps]
    assert port.steps == ["dtr=1 rts=0", "dtr=1 rts=1", "dtr=0 rts=1", "dtr=0 rts=0"]


def test_the_state_of_the_lines_can_be_asked_for() -> None:
    port = Port()
    port.dtr = True
    assert port.ask(
        com_port(ComPort.SET_CONTROL, bytes([Control.REQUEST_DTR])),
        com_port(ComPort.SET_CONTROL, bytes([Control.REQUEST_RTS])),
    ) == [
        answer(ComPort.SET_CONTROL, bytes([Control.DTR_ON])),
        answer(ComPort.SET_CONTROL, bytes([Control.RTS_OFF])),
    ]


def test_baud_zero_asks_and_any_other_sets() -> None:
    port = Port()
    rate = (921_600).to_bytes(4, "big")
    assert port.ask(
        com_port(ComPort.SET_BAUDRATE, bytes(4)), com_port(ComPort.SET_BAUDRATE, rate)
    ) == [
        answer(ComPort.SET_BAUDRATE, (115_200).to_bytes(4, "big")),
        answer(ComPort.SET_BAUDRATE, rate),
    ]
    assert port.baud == 921_600


def test_an_unknown_option_is_refused_and_a_known_one_not_answered_twice() -> None:
    port = Port()
    naws = 31
    assert port.ask(negotiation(Verb.DO, naws), negotiation(Verb.WILL, naws)) == [
        Negotiation(Verb.WONT, naws),
        Negotiation(Verb.DONT, naws),
    ]
    assert port.ask(negotiation(Verb.DO, Option.BINARY)) == []


def test_a_client_listens_once_it_has_purged_or_sent() -> None:
    port = Port()
    port.ask(com_port(ComPort.PURGE_DATA, bytes([Purge.RECEIVE])))
    assert port.steps == []
    port.ask(com_port(ComPort.PURGE_DATA, bytes([Purge.TRANSMIT])))
    assert port.steps == ["listening"]
    other = Port()
    assert list(other.session.feed(b"x")) == [b"x"]
    assert other.steps == ["listening"]
