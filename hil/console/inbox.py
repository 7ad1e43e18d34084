# SPDX-License-Identifier: MIT
"""What has come over a console and nobody has taken yet."""

from collections import deque
from collections.abc import Callable

from hil.protocol.console.chunk import FROM_GATEWAY, Chunk
from hil.protocol.console.line import Answer, Event, Refusal

_KEPT_EVENTS = 1_000


class ConsoleInbox:
    """Answers, events and binary chunks, in order of arrival. Not locked: its console is."""

    def __init__(self) -> None:
        self._answers: dict[int, Answer | Refusal] = {}
        self._owed: set[int] = set()
        self._events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self._chunks: deque[Chunk] = deque()
        self._on_record: Callable[[Chunk], None] | None = None

    def expect(self, number: int) -> None:
        """Note that a request of this number is to be answered."""
        self._owed.add(number)

    def dismiss(self, number: int) -> None:
        """Take no answer to this request any more."""
        self._owed.discard(number)
        self._answers.pop(number, None)

    def put_answer(self, answer: Answer | Refusal) -> bool:
        """Keep an answer if it is expected; tell whether it is."""
        if answer.number is None or answer.number not in self._owed:
            return False
        self._answers[answer.number] = answer
        return True

    def take_answer(self, number: int) -> Answer | Refusal | None:
        """Return the answer to a request, if it is there."""
        return self._answers.pop(number, None)

    def put_event(self, event: Event) -> None:
        """Keep an event; of too many the oldest goes."""
        self._events.append(event)

    def take_event(self, name: str, wanted: dict[str, str]) -> Event | None:
        """Return the first event of this name whose values include ``wanted``, if it is there."""
        for event in self._events:
            if event.name == name and wanted.items() <= event.values.items():
                self._events.remove(event)
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
