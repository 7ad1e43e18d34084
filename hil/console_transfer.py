# SPDX-License-Identifier: MIT
"""Binary data over the console: images to the board, tensors from it."""

import time
import zlib

from hil.console import Console
from hil.console_chunk import Chunk, ChunkType
from hil.errors import BoardRefused, BoardSilent

ATTEMPTS = 3
"""Line noise may cost a whole transfer; three in a row are a fault of the board or the rig."""

_STALL_S = 1.0
"""Without a word for so long, a chunk or its acknowledgement was lost: go on from the last one."""
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


def _upload(console: Console, image: bytes) -> None:
    console.forget("image")
    answer = console.request("image", size=len(image), crc=f"{zlib.crc32(image):08x}")
    size, window = int(answer["chunk"]), int(answer["window"])
    deadline = time.monotonic() + 10.0 + len(image) / _SLOWEST_BYTES_PER_S
    stored = sent = 0
    echoes = 0  # answers still to come to chunks that were on the way behind a lost one
    while True:
        end = min(len(image), stored + window * size)
        if sent < end:
            offsets = range(sent, end, size)
            console.send_chunks(
                [Chunk(ChunkType.IMAGE, at, image[at : at + size]) for at in offsets]
            )
            sent = end
        try:
            event = console.wait_event("image", _STALL_S)
        except BoardSilent as silence:
            if stored == len(image):
                raise _Unconfirmed(str(silence)) from silence
            if time.monotonic() > deadline:
                raise
            sent, echoes = stored, 0
            continue
        if event.get("state") == "ok":
            return
        if event.get("state") == "err":
            code = event.get("code", "image_crc")
            raise BoardRefused(code, event.get("msg") or f"The board refused the image ({code}).")
        progress = int(event["next"])
        if progress > stored:
            stored, echoes = progress, 0
        elif echoes:
            echoes -= 1
        else:
            echoes = -(-(sent - stored) // size) - 1
            sent = stored


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
