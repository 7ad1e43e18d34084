# SPDX-License-Identifier: MIT
"""The console of a board: requests, events and binary data over a serial port."""

import itertools
import re
import threading
from collections.abc import Callable
from typing import Any

import serial

from hil.console import contradiction
from hil.console.incoming.input import BAUD
from hil.console.lines import ConsoleLines
from hil.console.log import Kind
from hil.errors import BadInputError, BoardRefused, BoardSilent, HilError
from hil.host.secret import Secret, Unseen
from hil.protocol.console.chunk import Chunk
from hil.protocol.console.line import Answer, Event, Refusal, format_request, sent
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.open import open_port
from hil.serialport.reset import ResetStrategy, UartReset

FAST_BAUD = 921_600
"""For images: a photo of 77 KB takes 0.9 s instead of 7."""

_BITS_PER_BYTE = 10

REQUEST_NUMBERS = range(100, 1000)  # a board takes equally long to read any of them

REQUEST_PATIENCE_S = 5.0
"""Far beyond the few milliseconds that a request needs on a chip."""

_UART_RESET = UartReset()
_SECRET = re.compile(r'(\bpassword=|\bkey\b.*?\bvalue=)("(?:[^"\\]|\\.)*"?|\S+)')


class Console(ConsoleLines):
    """Talks to one board. Every wait has an end, and a panic ends all of them at once.

    Args:
        port: an open pyserial port; the console closes it.
        name: the port's name, for messages.
        explain: raises the real reason when the connection is gone (the lab has died, say).

    Attributes:
        health: what the board's lines have shown.
    """

    def __init__(self, port: Any, name: str, explain: Callable[[], None] | None = None) -> None:
        super().__init__(explain)
        self._sending = threading.Lock()
        self.attach(port, name)

    @classmethod
    def open(
        cls, port: str, *, baud: int = BAUD, explain: Callable[[], None] | None = None
    ) -> "Console":
        """Open a device or URL; it does not reset the board.

        Raises:
            PortMissingError: there is no such port.
            PortBusyError: another program holds it.
        """
        return cls(open_port(port, baud), port, explain)

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def attach(self, port: Any, name: str) -> None:
        """Go on on another port, see :meth:`hil.console.incoming.input.ConsoleInput.attach`."""
        self._numbers = itertools.cycle(REQUEST_NUMBERS)
        super().attach(port, name)

    # Requests

    def request(
        self, verb: str, *, timeout: float = REQUEST_PATIENCE_S, **arguments: str | int
    ) -> dict[str, str]:
        """Send a request and return the values of its answer.

        Args:
            verb: see docs/protocol.md, section 2.3.
            timeout: seconds of real time.
            arguments: as the verb takes them.

        Raises:
            BadInputError: an argument cannot be sent on a line, or the firmware is plain.
            BoardRefused: the board answered with an error.
            BoardSilent: it did not answer, on a connection that is up.
            Misbehaviour: what it answered contradicts docs/protocol.md.
            BoardPanic, BootFailure: it crashed, reset itself, or does not boot.
            ConsoleError: the connection broke.
        """
        self.health.require_protocol(f"the request '{verb}'")
        self.require_sound()  # who comes back after a fault answers at once
        self._require_asked()
        with self._changed:
            number = next(self._numbers)
            self._inbox.expect(number)
        arguments = {k: Secret(v) if _is_secret(verb, k) else v for k, v in arguments.items()}
        shown = {k: "..." if _is_secret(verb, k) else v for k, v in arguments.items()}
        try:
            self._send(
                _request(number, verb, arguments), note=format_request(number, verb, **shown)
            )
            answer = self._wait(
                lambda: self._inbox.take_answer(number),
                timeout,
                f"an answer to '{verb}'",
                lambda: self._denied(number, verb),
            )
        finally:
            with self._changed:
                self._inbox.dismiss(number)
        if isinstance(answer, Refusal):
            raise BoardRefused(answer.code, answer.message or f"The board refused '{verb}'.")
        assert isinstance(answer, Answer)
        return answer.values

    def restart_numbers(self) -> None:
        """Number requests anew: how often a board was asked must not show in simulated time."""
        self._numbers = itertools.cycle(REQUEST_NUMBERS)

    def wait_event(self, event: str, timeout: float, **match: str | int) -> dict[str, str]:
        """Return the values of the next event of this name whose values include ``match``.

        Events that came before count, unless :meth:`forget` dropped them.

        Raises:
            BoardSilent: none came in time.
            Misbehaviour: one came that bears another id.
            BoardPanic, BootFailure, ConsoleError: as for :meth:`request`.
        """
        wanted = {key: str(value) for key, value in match.items()}

        def take() -> Event | None:
            return self._inbox.take_event(event, wanted)

        def denied() -> HilError | None:
            other = self._inbox.other_event(event, wanted)
            return self._faults.quoting(contradiction.event(other, wanted)) if other else None

        return self._wait(take, timeout, f"the event '{event}'", denied).values

    @property
    def losses(self) -> int:
        """How often the board has said that its access point is gone, since the port was opened."""
        return self._inbox.losses

    def next_event(self, event: str) -> dict[str, str] | None:
        """Return the values of the next event of this name, if it is there already."""
        with self._changed:
            found = self._inbox.take_event(event, {})
        return found.values if found else None

    def forget(self, event: str) -> None:
        """Drop the events of this name that nobody has waited for."""
        with self._changed:
            self._inbox.forget_events(event)

    def take_chunk(self, timeout: float) -> Chunk:
        """Return the next binary chunk from the board; raises as :meth:`wait_event`."""
        return self._wait(self._inbox.take_chunk, timeout, "binary data", lambda: None)

    def forget_chunks(self) -> None:
        """Drop binary chunks that nobody has taken."""
        with self._changed:
            self._inbox.forget_chunks()

    def send_chunks(self, chunks: list[Chunk]) -> None:
        """Send binary chunks back to back; raises BoardSilent or ConsoleError.

        As many at a time as the line carries in a second, since the patience for writing is that
        for one write: 16 take 17 s at 9,600 baud.
        """
        waiting = bytearray()
        for packed in (chunk.pack() for chunk in chunks):
            if waiting and (len(waiting) + len(packed)) * _BITS_PER_BYTE > self.rate:
                self._send(bytes(waiting))
                waiting.clear()
            waiting += packed
        if waiting:
            self._send(bytes(waiting))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, which need be no request; nothing of them goes into the log.

        What the board says to them is for who listens to its lines; until the next request is
        answered, nothing of it counts as a contradiction. Raises BoardSilent or ConsoleError.
        """
        with self._changed:
            self._inbox.unruly()
        self._send(data)

    def on_record(self, listener: Callable[[Chunk], None] | None) -> None:
        """Have ``listener`` called, from the reader's thread, with each record of a gateway.

        Without one they are dropped. It must return at once and ask this console nothing.
        """
        with self._changed:
            self._inbox.on_record(listener)

    def type_line(self, text: str) -> None:
        """Send a line as a person types it: its answer is only logged. Raises ConsoleError."""
        text = Secret(text)  # there may be one in it
        with self._changed:
            self._inbox.typed()
        self._send(Unseen(text.encode() + b"\r\n"), note=_SECRET.sub(r"\1...", text))

    # Resets and line rate

    def reset(self, how: ResetStrategy = _UART_RESET) -> None:
        """Reset the board, which then boots.

        Raises:
            ConsoleError: the connection broke, which a reset may do.
        """
        self.note("reset")
        try:
            how.hold(self._port)
            self._port.baudrate = BAUD
            self.expect_boot()  # while the chip stands still: what it said before is past
            how.release(self._port)
        except PORT_FAILURES as error:
            raise self._broken(str(error)) from error

    def set_baud(self, rate: int) -> None:
        """Change both ends to ``rate``, untried; raises as :meth:`request`."""
        self.request("baud", rate=rate)
        self.rate = rate

    # Internals

    def _require_asked(self) -> None:
        """Raise where the board has said too much that nobody has asked for."""
        with self._changed:
            events, chunks = self._inbox.take_unasked()
            if events or chunks:
                raise self._faults.quoting(contradiction.unasked(events, chunks))

    def _denied(self, number: int, verb: str) -> HilError | None:
        """Return what it means that something else has come than the answer to a request."""
        if (stray := self._inbox.stray) is not None:
            return self._faults.quoting(contradiction.answer(number, verb, stray))
        if (line := self._inbox.damaged(number)) is not None:
            return self._faults.quoting(contradiction.damaged(number, verb, line))
        return None

    def _send(self, data: bytes, note: str | None = None) -> None:
        self.check()
        if note is not None:
            self._log.add(note, Kind.HOST)
        try:
            with self._sending:
                self._port.write(data)
        except serial.SerialTimeoutException as error:
            sentence = f"The board on {self._name} takes nothing that is sent to it; reset it."
            raise self._faults.quoting(BoardSilent(sentence)) from error
        except PORT_FAILURES as error:
            raise self._broken(str(error)) from error


def _is_secret(verb: str, argument: str) -> bool:
    return argument == "password" or (verb, argument) == ("key", "value")


def _request(number: int, verb: str, arguments: dict[str, str | int]) -> Unseen:
    """Return a request's bytes; an error shows no more of the values than its sentence says."""
    try:
        return Unseen(sent(format_request(number, verb, **arguments)))
    except BadInputError as error:
        raise error.with_traceback(None) from None
