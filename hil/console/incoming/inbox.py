# SPDX-License-Identifier: MIT
"""What has come over a console and nobody has taken yet."""

import re
import sys
from collections.abc import Callable
from itertools import islice

from hil.console.kept import Kept
from hil.protocol.console.chunk import FROM_GATEWAY, Chunk
from hil.protocol.console.line import Answer, Event, Refusal, uncoloured

LARGEST_BLOB = 8 << 20
"""Bytes; no board has a tensor of so many."""

_KEPT_EVENTS, _EVENT_BYTES = 1_000, 2 << 20
_KEPT_CHUNKS, _CHUNK_BYTES = 10_000, LARGEST_BLOB + (2 << 20)
_KEPT_LINES, _LINE_BYTES = 20_000, 4 << 20
"""Most items of each kind, and most memory for them."""

_PAIR_BYTES, _ITEM_BYTES = 100, 200
"""What Python needs for a value of an event, or for any item, besides its content."""

UNASKED = 10_000
"""Events, or chunks, beyond what is kept for whom they may concern."""

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
        self._events: Kept[Event] = Kept(_KEPT_EVENTS, _EVENT_BYTES, _event_size)
        self.losses = 0
        self._chunks: Kept[Chunk] = Kept(_KEPT_CHUNKS, _CHUNK_BYTES, _chunk_size)
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
        """Keep a line whose CRC is wrong or missing, if it may be an answer that is owed."""
        if (found := _DAMAGED.match(text)) and int(found[1]) in self._owed:
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
        """Keep an event; of too many the oldest go."""
        self._events.add(event)
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
        for event in [each for each in self._events if each.name == name]:
            self._events.remove(event)

    def put_chunk(self, chunk: Chunk) -> None:
        """Keep a chunk; a gateway's record goes to its listener, and nowhere without one."""
        if chunk.type not in FROM_GATEWAY:
            self._chunks.add(chunk)
        elif self._on_record is not None:
            self._on_record(chunk)

    def take_chunk(self) -> Chunk | None:
        """Return the next chunk, if it is there."""
        return self._chunks.pop_first() if self._chunks else None

    def forget_chunks(self) -> None:
        """Drop the chunks."""
        self._chunks.clear()

    def take_unasked(self) -> tuple[int, int]:
        """Return how many events and chunks nobody has waited for, once they are too many; else 0.

        They are counted anew then.
        """
        events, chunks = self._events.dropped, self._chunks.dropped
        if max(events, chunks) < UNASKED:
            return 0, 0
        self._events.dropped = self._chunks.dropped = 0
        return events, chunks

    def on_record(self, listener: Callable[[Chunk], None] | None) -> None:
        """Have a gateway's records given to ``listener``, or dropped."""
        self._on_record = listener


class Unmatched:
    """A board's lines that nobody has looked for a pattern in: what ``Console.expect`` searches.

    They are in the order in which they came: the last 20,000, or fewer that are long. Not locked:
    its console is.
    """

    def __init__(self) -> None:
        self._lines: Kept[str] = Kept(_KEPT_LINES, _LINE_BYTES, sys.getsizeof)
        self._count = 0  # of all lines that have come
        self._searched: tuple[re.Pattern[str] | None, int] = (None, 0)

    def put(self, line: str) -> None:
        """Take a line of the board; its colours do not count."""
        self._lines.add(uncoloured(line))
        self._count += 1

    def forget(self) -> None:
        """Drop what has come."""
        self._lines.clear()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Drop lines up to and with the first in which the pattern is found; return the match.

        Where it is found in none, none is dropped, and they are not searched for it again.
        """
        first = self._count - len(self._lines)
        known = max(self._searched[1] - first, 0) if self._searched[0] is pattern else 0
        for index, line in enumerate(islice(self._lines, known, None), known):
            if (match := pattern.search(line)) is not None:
                for _ in range(index + 1):
                    self._lines.pop_first()
                return match
        self._searched = pattern, self._count
        return None


def _event_size(event: Event) -> int:
    values = event.values
    return _ITEM_BYTES + _PAIR_BYTES * len(values) + sum(map(sys.getsizeof, values.values()))


def _chunk_size(chunk: Chunk) -> int:
    return _ITEM_BYTES + len(chunk.data)
