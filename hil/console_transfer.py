# SPDX-License-Identifier: MIT
"""Binary data over the console: images to the board, tensors from it."""

import time
import zlib

from hil.completion import failure_text
from hil.console import Console
from hil.console_chunk import Chunk, ChunkType
from hil.errors import BoardRefused, BoardSilent

ATTEMPTS = 3
"""Line noise may cost a whole transfer; three in a row are a fault of the board or the rig."""

_STALL_S = 1.0
"""Without a word for so long, a chunk or its acknowledgement was lost: go on from the last one."""
_PATIENCE_S = 10.0
_SLOWEST_BYTES_PER_S = 4_000
"""A third of what 115,200 baud carries."""


def write_image(console: Console, image: bytes) -> None:
    """Store the model's input on the board, in acknowledged chunks.

    Raises:
        BoardRefused: the board does not take an image of this size, or not now.
        BoardSilent: it stopped acknowledging.
        BoardPanic, ConsoleError: as :meth:`hil.console.Console.request`.
    """
    for attempt in range(ATTEMPTS):
        try:
            _upload(console, image)
        except (BoardRefused, _Unconfirmed) as error:
            again = isinstance(error, _Unconfirmed) or error.code == "image_crc"
            if not again or attempt == ATTEMPTS - 1:
                raise
        else:
            return


class _Unconfirmed(BoardSilent):
    """All chunks are stored, but the word that the image is whole was lost."""


class _Upload:
    """What is on the way to the board, and what has arrived there.

    Args:
        image: all of it.
        size: bytes of a chunk.
        window: chunks that may be on the way.
    """

    def __init__(self, image: bytes, size: int, window: int) -> None:
        self._image = image
        self._size = size
        self._window = window
        self._stored = self._sent = 0
        # Answers still to come to chunks that were on the way behind a lost one.
        self._echoes = 0

    @property
    def stored(self) -> bool:
        """Whether all chunks have arrived."""
        return self._stored == len(self._image)

    def due(self) -> list[Chunk]:
        """Return the chunks that may go now, and count them as sent."""
        end = min(len(self._image), self._stored + self._window * self._size)
        offsets = range(self._sent, end, self._size)
        self._sent = max(self._sent, end)
        return [Chunk(ChunkType.IMAGE, at, self._image[at : at + self._size]) for at in offsets]

    def acknowledged(self, stored: int) -> None:
        """Take ``! image next=``; where it does not grow, a chunk was lost and all behind it."""
        if stored > self._stored:
            self._stored, self._echoes = stored, 0
        elif self._echoes:
            self._echoes -= 1
        else:
            self._echoes = -(-(self._sent - self._stored) // self._size) - 1
            self._sent = self._stored

    def stalled(self) -> None:
        """Start again behind what has arrived."""
        self._sent, self._echoes = self._stored, 0


def _upload(console: Console, image: bytes) -> None:
    console.forget("image")
    answer = console.request("image", size=len(image), crc=f"{zlib.crc32(image):08x}")
    upload = _Upload(image, int(answer["chunk"]), int(answer["window"]))
    deadline = time.monotonic() + _PATIENCE_S + len(image) / _SLOWEST_BYTES_PER_S
    while True:
        if chunks := upload.due():
            console.send_chunks(chunks)
        try:
            event: dict[str, str] | None = console.wait_event("image", _STALL_S)
        except BoardSilent as silence:
            if upload.stored:
                raise _Unconfirmed(str(silence)) from silence
            if time.monotonic() > deadline:
                raise
            upload.stalled()
            continue
        while event is not None:
            if event.get("state") == "ok":
                return
            if event.get("state") == "err":
                raise BoardRefused(event.get("code", "unknown"), failure_text(event))
            upload.acknowledged(int(event["next"]))
            event = console.next_event("image")


def read_blob(console: Console, what: str) -> bytes:
    """Read the last ``output`` or ``activation`` from the board, checked by its CRC-32.

    Raises:
        BoardRefused: the board has no such thing.
        BoardSilent: it did not arrive whole, three times in a row.
        BoardPanic, ConsoleError: as :meth:`hil.console.Console.request`.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _download(console, what)
        except BoardSilent:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _download(console: Console, what: str) -> bytes:
    console.forget_chunks()
    answer = console.request("read", what=what)
    size, crc = int(answer["size"]), int(answer["crc"], 16)
    blob = bytearray(size)
    missing = size
    seen: set[int] = set()
    while missing:
        chunk = console.take_chunk(_STALL_S + size / _SLOWEST_BYTES_PER_S)
        end = chunk.offset + len(chunk.data)
        if chunk.type is ChunkType.READ and end <= size and chunk.offset not in seen:
            blob[chunk.offset : end] = chunk.data
            seen.add(chunk.offset)
            missing -= len(chunk.data)
    if zlib.crc32(blob) != crc:
        raise BoardSilent(f"The board's {what} arrived with a wrong CRC-32.")
    return bytes(blob)
