# SPDX-License-Identifier: MIT
"""Bytes on their way to the board, in acknowledged chunks (docs/protocol.md, section 2.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from hil.console.console import REQUEST_PATIENCE_S, Console
from hil.console.contradiction import readable
from hil.console.incoming.input import BAUD
from hil.console.refusal import failure_text
from hil.console.upload_window import UploadWindow
from hil.errors import BoardRefused, BoardSilent
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.protocol.console.numbers import count

_AT_RAISED_RATE = ", or try a lower baud in hil.toml"

ATTEMPTS = 3
"""Line noise may cost a whole transfer; three in a row are a fault of the board or the rig."""

_FRAMING = 20
"""Bytes that a chunk takes on the line besides its data: type, offset, CRC, COBS, two zeros."""
_BITS_PER_BYTE = 10
_LARGEST_CHUNK, _WIDEST_WINDOW = 1024, 1024


@dataclass(frozen=True)
class Kind:
    """A verb that has something uploaded.

    Attributes:
        verb: of the request and of its events.
        chunk: type of the chunks.
        corrupt: code that says that what came is not what was announced.
        verdict_s: real seconds that the board may take to check all of it.
        dead_s: without progress for so many, and some windows on the line, it has stopped.
    """

    verb: str
    chunk: ChunkType
    corrupt: str
    verdict_s: float
    dead_s: float


class _Unconfirmed(BoardSilent):
    """All chunks are stored, but the word that all is well was lost."""


def upload(
    console: Console,
    kind: Kind,
    data: bytes,
    progress: Callable[[int], None] | None = None,
    **arguments: str | int,
) -> None:
    """Announce bytes to the board, send them, and wait for its word that they are right.

    Args:
        console: the board's.
        kind: what they are.
        data: the bytes.
        progress: called with how many have arrived.
        arguments: of the request.

    Raises:
        BoardRefused: the board does not take them, or not now, or could not store them.
        BoardSilent: it stopped acknowledging.
        BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    for attempt in range(ATTEMPTS):
        try:
            _once(console, kind, data, progress, arguments)
        except (BoardRefused, _Unconfirmed) as error:
            again = isinstance(error, _Unconfirmed) or error.code == kind.corrupt
            if not again or attempt == ATTEMPTS - 1:
                raise
            console.remark(f"what '{kind.verb}' sends was sent anew after: {error}")
        else:
            return


def _once(
    console: Console,
    kind: Kind,
    data: bytes,
    progress: Callable[[int], None] | None,
    arguments: dict[str, str | int],
) -> None:
    answer = console.request(kind.verb, timeout=REQUEST_PATIENCE_S, **arguments)
    console.forget(kind.verb)  # what was said before the answer is not about this
    with readable(f"answer to {kind.verb}"):
        size, ahead = count(answer["chunk"]), count(answer["window"])
    if not (0 < size <= _LARGEST_CHUNK and 0 < ahead <= _WIDEST_WINDOW):
        sentence = f"The board takes {ahead} chunks of {size} bytes ahead, which cannot be."
        raise BoardRefused("protocol", sentence)
    window = UploadWindow(
        len(data),
        size,
        ahead,
        dead_s=kind.dead_s,
        chunk_line_s=(size + _FRAMING) * _BITS_PER_BYTE / console.rate,
        now=monotonic(),
    )
    while not _step(console, kind, data, window):
        if progress is not None:
            progress(window.stored)
    if progress is not None:
        progress(len(data))


def _step(console: Console, kind: Kind, data: bytes, window: UploadWindow) -> bool:
    """Send what may go and take what is said next; tell whether all is right."""
    if due := window.due(monotonic()):
        console.send_chunks([Chunk(kind.chunk, at, data[at:end]) for at, end in due])
    try:
        patience_s = max(window.patience_s, kind.verdict_s if window.complete else 0.0)
        event: dict[str, str] | None = console.wait_event(kind.verb, patience_s)
    except BoardSilent as silence:
        _give_up_if_dead(window, silence)
        window.stalled(monotonic())
        return False
    while event is not None:
        if event.get("state") == "ok":
            return True
        if event.get("state") == "err":
            raise BoardRefused(event.get("code", "unknown"), failure_text(event))
        with readable(f"event {kind.verb}"):
            if "next" in event:
                window.acknowledged(count(event["next"]), monotonic())
        event = None if window.is_dead(monotonic()) else console.next_event(kind.verb)
    _give_up_if_dead(
        window,
        BoardSilent(
            f"The board has stored {window.stored} of {len(data)} bytes of {kind.verb} and does "
            f"not get on; look at its log{_AT_RAISED_RATE if console.rate != BAUD else ''}."
        ),
    )
    return False


def _give_up_if_dead(window: UploadWindow, silence: BoardSilent) -> None:
    """Raise once the board has stopped; before that, silence is only a reason to ask."""
    if not window.is_dead(monotonic()):
        return
    if window.complete:
        raise _Unconfirmed(str(silence)) from silence
    raise silence
