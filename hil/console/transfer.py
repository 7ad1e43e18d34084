# SPDX-License-Identifier: MIT
"""Binary data over the console: images and updates to the board, tensors from it."""

import hashlib
import zlib
from collections.abc import Callable
from time import monotonic

from hil.console.console import Console
from hil.console.contradiction import readable
from hil.console.incoming.inbox import LARGEST_BLOB
from hil.console.upload import ATTEMPTS, Kind, upload
from hil.errors import BoardSilent
from hil.protocol.console.chunk import ChunkType
from hil.protocol.console.numbers import count, u32_hex
from hil.symptoms import Misbehaviour, expect

_IMAGE = Kind("image", ChunkType.IMAGE, "image_crc", verdict_s=0.0, dead_s=15.0)
"""Memory takes no time."""

_UPDATE = Kind("update", ChunkType.UPDATE, "update_sha256", verdict_s=10.0, dead_s=30.0)
"""A chip reads all of an application again to check it; erasing the flash's largest block takes
seconds as well."""

_STALL_S = 1.0
_SLOWEST_BYTES_PER_S = 4_000
"""A third of what 115,200 baud carries."""

_WHOLE = 10
"""Times what one wait for a chunk may take: all of them, however many are of no use."""
_BITS_PER_BYTE = 10

_CHUNKS, _SMALLEST_CHUNK = 64, 64
"""Chunks that a tensor may come in: a few, or one for so many bytes."""


def write_image(console: Console, image: bytes) -> None:
    """Store the model's input on the board, in acknowledged chunks.

    Raises:
        BoardRefused: the board does not take an image of this size, or not now.
        BoardSilent: it stopped acknowledging.
        BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    upload(console, _IMAGE, image, size=len(image), crc=f"{zlib.crc32(image):08x}")


def write_update(
    console: Console, what: str, data: bytes, progress: Callable[[int], None] | None = None
) -> None:
    """Have the board write a new application or model, to be tried at its next start.

    Args:
        console: the board's.
        what: ``app`` or ``model``.
        data: application image, or a model slot's content.
        progress: called with the number of bytes written.

    Raises:
        BoardRefused: the board cannot take it, or not now; the code says why.
        BoardSilent: it stopped acknowledging.
        BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    digest = hashlib.sha256(data).hexdigest()
    upload(console, _UPDATE, data, progress, what=what, size=len(data), sha256=digest)


def read_blob(console: Console, what: str) -> bytes:
    """Read the last ``output`` or ``activation`` from the board, checked by its CRC-32.

    Raises:
        BoardRefused: the board has no such thing.
        BoardSilent: it did not arrive whole, three times in a row.
        Misbehaviour: it did, but with another CRC-32, or is of an impossible size.
        BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _download(console, what)
        except (BoardSilent, Misbehaviour):
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _download(console: Console, what: str) -> bytes:
    console.forget_chunks()
    answer = console.request("read", what=what)
    with readable("answer to read"):
        size, crc = count(answer["size"]), u32_hex(answer["crc"])
    stage = f"console, read {what}"
    expect(
        size <= LARGEST_BLOB,
        "readout-damaged",
        stage=stage,
        expected=f"at most {LARGEST_BLOB} bytes",
        got=size,
    )
    blob = bytearray(size)
    missing = size
    seen: set[int] = set()
    stall_s = _STALL_S + size / _SLOWEST_BYTES_PER_S
    deadline = monotonic() + _WHOLE * (stall_s + size * _BITS_PER_BYTE / console.rate)
    while missing:
        left_s = deadline - monotonic()
        if left_s <= 0 or len(seen) > _CHUNKS + size // _SMALLEST_CHUNK:
            raise BoardSilent(
                f"The board has sent {size - missing} of {size} bytes of {what} and does not get "
                "on; look at its log."
            )
        chunk = console.take_chunk(min(stall_s, left_s))
        end = chunk.offset + len(chunk.data)
        if chunk.type is ChunkType.READ and end <= size and chunk.offset not in seen:
            blob[chunk.offset : end] = chunk.data
            seen.add(chunk.offset)
            missing -= len(chunk.data)
    found = zlib.crc32(blob)
    expect(
        found == crc,
        "readout-damaged",
        stage=stage,
        expected=f"{size} bytes with CRC-32 {crc:08x}",
        got=f"{found:08x}",
    )
    return bytes(blob)
