# SPDX-License-Identifier: MIT
"""What has come over a console and nobody has taken yet."""

import re
from collections import deque
from collections.abc import Callable

from hil.protocol.console.chunk import FROM_GATEWAY, Chunk
from hil.protocol.console.line import Answer, Event, Refusal, uncoloured

_KEPT_EVENTS = 1_000
_KEPT_LINES = 20_000

_MISHEARD = ("crc", "syntax")
"""Codes of an answer to a request that came damaged: its number means nothing."""

_DAMAGED = re.compile(r"#([0-9]{1,10}) (?:ok|err)\b")


class ConsoleInbox:
    """Answers, events and binary chunks, in order of arrival. Not locked: its console is.

    Attributes:
        losses: how often the board has said that its access point is gone.
    """

    def __init__(self) -> None:
        self._answers: dict[int, Answer | Refusal] = {}
        self._owed: set[int] = set()
        self._late: set[int] = set()
        self._stray: Answer | Refusal | None = None
        self._damaged: dict[int, str] = {}
        self._typed = False
        self._unruly = False
        self._events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self.losses = 0
        self._chunks: deque[Chunk] = deque()
        self._on_record: Callable[[Chunk], None] | None = None

    def expect(self, number: int) -> None:
        """Note that a request of this number is to be answered."""
        self._owed.add(number)
        self._stray = None
        self._damaged.clear()

    def typed(self) -> None:
        """Note that a line without a number was sent, whose answer has none either."""
        self._typed = True

    def unruly(self) -> None:
        """Note that bytes were sent that may be any requests: until the next is answered."""
        self._unruly = True

    def dismiss(self, number: int) -> None:
        """Take no answer to this request any more."""
        if number in self._owed:
            self._owed.remove(number)
            self._late.add(number)
        self._answers.pop(number, None)

    def put_answer(self, answer: Answer | Refusal) -> bool:
        """Keep an answer if it is expected; tell whether it is."""
        number = answer.number
        if number is None or number not in self._owed:
            if number in self._late:
                self._late.discard(number)
            elif not self._is_explained(answer):
                self._stray = answer
            return False
        self._owed.remove(number)
        self._answers[number] = answer
        self._unruly = False
        return True

    def put_damaged(self, text: str) -> None:
        """Keep a line whose CRC is wrong or missing, if it may be an answer."""
        if found := _DAMAGED.match(text):
            self._damaged[int(found[1])] = text

    def take_answer(self, number: int) -> Answer | Refusal | None:
        """Return the answer to a request, if it is there."""
        return self._answers.pop(number, None)

    @property
    def stray(self) -> Answer | Refusal | None:
        """An answer to a request that nobody has made, since the one that is owed was."""
        return self._stray

    def damaged(self, number: int) -> str | None:
        """Return the line that was to be the answer to a request, its CRC being wrong."""
        return self._damaged.get(number)

    def _is_explained(self, answer: Answer | Refusal) -> bool:
        """Whether a board may send this though no request of this number is owed an answer."""
        if self._unruly or (isinstance(answer, Refusal) and answer.code in _MISHEARD):
            return True
        return answer.number is None and self._typed

    def put_event(self, event: Event) -> None:
        """Keep an event; of too many the oldest goes."""
        self._events.append(event)
        if event.name == "wifi" and event.values.get("state") == "down":
            self.losses += 1

    def take_event(self, name: str, wanted: dict[str, str]) -> Event | None:
        """Return the first event of this name whose values include ``wanted``, if it is there."""
        for event in self._events:
            if event.name == name and wanted.items() <= event.values.items():
                self._events.remove(event)
                return event
        return None

    def other_event(self, name: str, wanted: dict[str, str]) -> Event | None:
        """Return an event of this name that bears another id than ``wanted`` has."""
        number = wanted.get("id")
        for event in self._events:
            if event.name == name and number is not None and event.values.get("id") != number:
                return event
        return None

    def forget_events(self, name: str) -> None:
        """Drop the events of this name."""
        kept = [each for each in self._events if each.name != name]
        self._events = deque(kept, maxlen=_KEPT_EVENTS)

    def put_chunk(self, chunk: Chunk) -> None:
        """Keep a chunk; a gateway's record goes to its listener, and nowhere without one."""
        if chunk.type not in FROM_GATEWAY:
            self._chunks.append(chunk)
        elif self._on_record is not None:
            self._on_record(chunk)

    def take_chunk(self) -> Chunk | None:
        """Return the next chunk, if it is there."""
        return self._chunks.popleft() if self._chunks else None

    def forget_chunks(self) -> None:
        """Drop the chunks."""
        self._chunks.clear()

    def on_record(self, listener: Callable[[Chunk], None] | None) -> None:
        """Have a gateway's records given to ``listener``, or dropped."""
        self._on_record = listener


class Unmatched:
    """A board's lines that nobody has looked for a pattern in: what ``Console.expect`` searches.

    They are in the order in which they came, the last 20,000. Not locked: its console is.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def put(self, line: str) -> None:
        """Take a line of the board; its colours do not count."""
        self._lines.append(uncoloured(line))

    def forget(self) -> None:
        """Drop what has come."""
        self._lines.clear()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Drop lines up to and with the first in which the pattern is found; return the match.

        Where it is found in none, none is dropped.
        """
        for index, line in enumerate(self._lines):
            if (match := pattern.search(line)) is not None:
                for _ in range(index + 1):
                    self._lines.popleft()
                return match
        return None
