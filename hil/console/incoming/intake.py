# SPDX-License-Identifier: MIT
"""What comes in over a console: what each line and frame means for log, health and inbox."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from hil.console.health import Health
from hil.console.incoming.inbox import ConsoleInbox, Unmatched
from hil.console.incoming.reader import ConsoleReader
from hil.console.incoming.stream import Frame, TextLine
from hil.console.log import ConsoleLog, Kind, LogLine
from hil.protocol.console.chunk import Chunk
from hil.protocol.console.line import (
    Answer,
    Event,
    Log,
    Noise,
    Refusal,
    parse_behind_noise,
    parse_line,
)

_MENDED = (
    "an answer or event came behind noise or half a line, and others may have since; look at the "
    "cable, and at what else writes to the console"
)


class ConsoleIntake:
    """Takes what one board sends, and sorts it. Whoever waits is woken.

    Attributes:
        health: what the board's lines have shown.
        mended: answers and events that came behind noise, or half a line, and were whole.
        remarks: what did not go as usual, in sentences.
    """

    def __init__(self) -> None:
        self.health = Health()
        self.mended = 0
        self.remarks: list[str] = []
        self._log = ConsoleLog()
        self._fault_heard = 0.0
        self._changed = threading.Condition()
        self._heard = 0  # bytes, about

    def attach(self, port: Any, name: str) -> None:
        """Go on, after :meth:`close`, on a port that has been opened again.

        Log and listeners live on. The board is taken to have been reset meanwhile: what it said
        before is past, and nothing more of it is expected.
        """
        self._port = port
        self._name = name
        self._inbox = ConsoleInbox()
        self._unmatched = Unmatched()
        self._garbled = False
        self._ended: str | None = None
        self.expect_boot()
        self._reader = ConsoleReader(port, f"console {name}", self._take, self._end)

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
        """What has come and gone over the console, oldest first: so much of it as is kept."""
        return self._log.lines

    def note(self, text: str) -> None:
        """Put a remark of the harness into the log."""
        with self._changed:
            self._log.add(text, Kind.HARNESS)

    def remark(self, text: str) -> None:
        """Note something that nothing which comes after it may hide."""
        self.remarks.append(text)
        self.note(text)

    def expect_boot(self) -> None:
        """Tell the console that a reset of the board has been asked for by other means."""
        with self._changed:
            self.health.expect_boot()
            self._log.unmark()
            self._unmatched.forget()

    def note_up(self) -> None:
        """Tell the console that firmware runs which cannot be asked: it may not reset unasked."""
        with self._changed:
            self.health.answered()

    @property
    def port(self) -> Any:
        """The pyserial port, for what only that can tell."""
        return self._port

    @property
    def rate(self) -> int:
        """Line rate of the host's end, in baud."""
        return int(self._port.baudrate)

    @rate.setter
    def rate(self, rate: int) -> None:
        self._port.baudrate = rate

    @property
    def connected(self) -> bool:
        """Whether the port is open and has not failed."""
        return self._ended is None

    # Internals

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
            self._heard += len(item.encoded)
            self._inbox.put_chunk(Chunk.parse(item.encoded))
            return
        self._heard += len(item.text) + 1
        self._log.add(item.text)
        self._unmatched.put(item.text)
        line = parse_line(item.text)
        if isinstance(line, Noise | Log) and (found := parse_behind_noise(item.text)) is not None:
            line = found
            self.mended += 1
            if self.mended == 1:
                self.remark(_MENDED)
        if isinstance(line, (Answer, Refusal)):
            if self._inbox.put_answer(line):
                self.health.answered()
                self._garbled = False
        elif isinstance(line, Event):
            self._inbox.put_event(line)
        else:
            if self.health.observe(item.text):
                self._log.mark()
            if not (isinstance(line, Log) and line.level in "IDV"):  # another task's
                self._fault_heard = time.monotonic()
            self._garbled = self._garbled or "\ufffd" in item.text
            if not isinstance(line, Log):
                self._inbox.put_damaged(item.text)
