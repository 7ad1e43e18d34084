# SPDX-License-Identifier: MIT
"""The console of a board: requests, events and binary data over a serial port."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import serial

from hil.console_chunk import Chunk
from hil.console_health import Health
from hil.console_inbox import ConsoleInbox
from hil.console_line import Answer, Event, Refusal, format_request, parse_line
from hil.console_log import ConsoleLog, LogLine
from hil.console_reader import ConsoleReader
from hil.console_stream import Frame, TextLine
from hil.errors import BoardPanic, BoardRefused, BoardSilent, ConsoleError, HilError
from hil.serialport.open import open_port

BAUD = 115_200
"""What every boot starts with."""

FAST_BAUD = 921_600
"""For images: a photo of 77 KB takes 0.9 s instead of 7."""

REQUEST_NUMBERS = range(100, 1000)  # a board takes equally long to read any of them

REQUEST_PATIENCE_S = 5.0
"""Far beyond the few milliseconds that a request needs on a chip."""

_RESET_PULSE_S = 0.1
"""How long EN is held low: esptool's HardReset."""

_FAULT_GRACE_S = 0.25
"""How long a wait that ended in a panic listens for the rest of it, for the report."""

T = TypeVar("T")


class Console:
    """Talks to one board. Every wait has an end, and a panic ends all of them at once.

    Args:
        port: an open pyserial port; the console closes it.
        name: the port's name, for messages.
        explain: raises the real reason when the connection is gone (the lab has died, say).

    Attributes:
        health: what the board's lines have shown.
    """

    def __init__(self, port: Any, name: str, explain: Callable[[], None] | None = None) -> None:
        self._log = ConsoleLog()
        self.health = Health()
        self._port = port
        self._name = name
        self._explain = explain
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._numbers = itertools.cycle(REQUEST_NUMBERS)
        self._inbox = ConsoleInbox()
        self._garbled = False
        self._ended: str | None = None
        self._reader = ConsoleReader(port, f"console {name}", self._take, self._end)

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

    def close(self) -> None:
        """Let go of the port. Calling it again changes nothing."""
        self._reader.close()

    def listen(
        self, listener: Callable[[LogLine], None], *, replay: bool = False
    ) -> Callable[[], None]:
        """Call ``listener`` (from the reader's thread) for each line; return what ends that.

        With ``replay`` it first gets what the log holds.
        """
        with self._changed:
            for line in self.log if replay else ():
                listener(line)
            return self._log.listen(listener)

    @property
    def log(self) -> deque[LogLine]:
        """What has come and gone over the console, bounded, oldest first."""
        return self._log.lines

    def continue_log(self, earlier: Iterable[LogLine]) -> None:
        """Put the lines of the console before this one in front of the log."""
        with self._changed:
            self._log.put_before(earlier)

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
            BadInputError: an argument cannot be sent on a line.
            BoardRefused: the board answered with an error.
            BoardSilent: it did not answer, on a connection that is up.
            BoardPanic, BootFailure: it crashed, reset itself, or does not boot.
            ConsoleError: the connection broke.
        """
        with self._changed:
            number = next(self._numbers)
            self._inbox.expect(number)
        line = format_request(number, verb, **arguments)
        shown = {k: "..." if k == "password" else v for k, v in arguments.items()}
        try:
            self._send(line.encode() + b"\r\n", note=f"> {format_request(number, verb, **shown)}")
            answer = self._wait(
                lambda: self._inbox.take_answer(number), timeout, f"an answer to '{verb}'"
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
            BoardPanic, BootFailure, ConsoleError: as for :meth:`request`.
        """
        wanted = {key: str(value) for key, value in match.items()}

        def take() -> Event | None:
            return self._inbox.take_event(event, wanted)

        return self._wait(take, timeout, f"the event '{event}'").values

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
        return self._wait(self._inbox.take_chunk, timeout, "binary data")

    def forget_chunks(self) -> None:
        """Drop binary chunks that nobody has taken."""
        with self._changed:
            self._inbox.forget_chunks()

    def send_chunks(self, chunks: list[Chunk]) -> None:
        """Send binary chunks back to back; raises BoardSilent or ConsoleError."""
        self._send(b"".join(chunk.pack() for chunk in chunks))

    def on_record(self, listener: Callable[[Chunk], None] | None) -> None:
        """Have ``listener`` called, from the reader's thread, with each record of a gateway.

        Without one they are dropped. It must return at once and ask this console nothing.
        """
        with self._changed:
            self._inbox.on_record(listener)

    def type_line(self, text: str) -> None:
        """Send a line as a person types it: its answer is only logged. Raises ConsoleError."""
        self._send(text.encode() + b"\r\n", note=f"> {text}")

    # Resets and line rate

    def reset(self) -> None:
        """Pulse EN by way of RTS; the board then boots.

        Raises:
            ConsoleError: the connection broke.
        """
        try:
            self._port.baudrate = BAUD
            self._port.dtr = False
            self._port.rts = True
            time.sleep(_RESET_PULSE_S)  # the pulse itself
            self.expect_boot()  # while the chip stands still: what it said before is past
            self._port.rts = False
        except (serial.SerialException, OSError) as error:
            raise self._broken(str(error)) from error

    def expect_boot(self) -> None:
        """Tell the console that a reset of the board has been asked for by other means."""
        with self._changed:
            self.health.expect_boot()
            self._log.unmark()

    def set_baud(self, rate: int) -> None:
        """Change both ends to ``rate``; raises as :meth:`request`."""
        self.request("baud", rate=rate)
        self._port.baudrate = rate

    def wait_line(self, accept: Callable[[str], bool], timeout: float) -> bool:
        """Wait until a line that has yet to come satisfies ``accept``; tell whether one did.

        Raises:
            BoardPanic, BootFailure, ConsoleError: as for :meth:`request`.
        """
        seen = threading.Event()

        def listener(line: LogLine) -> None:
            if accept(line.text):
                seen.set()

        stop = self.listen(listener)
        try:
            self._wait(lambda: seen.is_set() or None, timeout, "a line")
        except BoardSilent:
            return False
        finally:
            stop()
        return True

    def check(self) -> None:
        """Raise ConsoleError if the connection is gone."""
        if self._ended is not None:
            raise self._broken(self._ended)

    # Internals

    def _send(self, data: bytes, note: str | None = None) -> None:
        self.check()
        if note is not None:
            self._log.add(note)
        try:
            with self._sending:
                self._port.write(data)
        except serial.SerialTimeoutException as error:
            sentence = f"The board on {self._name} takes nothing that is sent to it; reset it."
            raise self._annotated(BoardSilent(sentence)) from error
        except (serial.SerialException, OSError) as error:
            raise self._broken(str(error)) from error

    def _wait(self, take: Callable[[], T | None], timeout: float, what: str) -> T:
        deadline = time.monotonic() + timeout
        with self._changed:
            while (result := take()) is None:
                if self.health.at_fault:
                    raise self._fault()
                if self._ended is not None:
                    raise self._broken(self._ended)
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise self._silent(timeout, what)
                self._changed.wait(remaining)
            return result

    def _fault(self) -> HilError:
        self._changed.wait_for(
            lambda: self.health.complete or self._ended is not None, _FAULT_GRACE_S
        )
        return self._annotated(self.health.error())

    def _silent(self, timeout: float, what: str) -> HilError:
        if self._garbled and self._port.baudrate != BAUD:
            return self._annotated(
                BoardPanic(
                    f"The board on {self._name} fell silent after garbled output at "
                    f"{self._port.baudrate} baud, as when it resets itself."
                )
            )
        booted = f", having started {self.health.boots} times" if self.health.boots > 1 else ""
        return self._annotated(
            BoardSilent(
                f"The board on {self._name} did not send {what} within {timeout:g} s{booted}; "
                "look at its log and reset it."
            )
        )

    def _broken(self, reason: str) -> HilError:
        if self._explain is not None:
            self._explain()
        return self._annotated(
            ConsoleError(f"The connection to {self._name} broke ({reason}); reconnect the board.")
        )

    def _annotated(self, error: HilError) -> HilError:
        self._log.annotate(error)
        return error

    def _take(self, items: list[TextLine | Frame]) -> None:
        with self._changed:
            for item in items:
                self._handle(item)
            self._changed.notify_all()

    def _end(self, reason: str) -> None:
        with self._changed:
            self._ended = reason
            self._changed.notify_all()

    def _handle(self, item: TextLine | Frame) -> None:
        if isinstance(item, Frame):
            self._inbox.put_chunk(Chunk.parse(item.encoded))
            return
        self._log.add(item.text)
        line = parse_line(item.text)
        if isinstance(line, (Answer, Refusal)):
            if self._inbox.put_answer(line):
                self.health.answered()
                self._garbled = False
        elif isinstance(line, Event):
            self._inbox.put_event(line)
        else:
            if self.health.observe(item.text):
                self._log.mark()
            self._garbled = self._garbled or "\ufffd" in item.text
