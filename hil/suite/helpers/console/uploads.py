# SPDX-License-Identifier: MIT
"""Uploads whose every chunk a test decides on, and what the board says to each."""

import hashlib
import zlib
from collections.abc import Sequence

from hil.console.console import Console
from hil.protocol.console.chunk import CHUNK_SIZE, Chunk, ChunkType
from hil.suite.helpers.console.asking import asked, settle

WINDOW = 16
"""Chunks that may be on the way at once."""

Piece = tuple[int, bytes]
"""Where a chunk goes, and its data."""

_TYPES = {"image": ChunkType.IMAGE, "update": ChunkType.UPDATE}


def announce_image(console: Console, image: bytes) -> str:
    """Announce an image; return ``ok`` or the code of the refusal."""
    return asked(console, "image", size=len(image), crc=f"{zlib.crc32(image):08x}")


def announce_update(console: Console, what: str, content: bytes) -> str:
    """Announce an update; return ``ok`` or the code of the refusal."""
    digest = hashlib.sha256(content).hexdigest()
    return asked(console, "update", what=what, size=len(content), sha256=digest)


def pieces(content: bytes, size: int = CHUNK_SIZE) -> list[Piece]:
    """Cut a content into chunks of a size."""
    return [(at, content[at : at + size]) for at in range(0, len(content), size)]


def push(console: Console, verb: str, *chunks: Piece, flip: bool = False) -> list[str]:
    """Send chunks; return what the board says to them.

    Args:
        console: the board's.
        verb: ``image`` or ``update``.
        chunks: what to send.
        flip: whether a bit of each falls over on the way.

    Returns:
        in order: ``next=N``, ``ok``, or the code of a failure.
    """
    console.forget(verb)
    for at, data in chunks:
        console.send_chunks(
            [_Flipped(_TYPES[verb], at, data) if flip else Chunk(_TYPES[verb], at, data)]
        )
    settle(console)
    said = []
    while (event := console.next_event(verb)) is not None:
        said.append(f"next={event['next']}" if "next" in event else _verdict(event))
    return said


def push_all(console: Console, verb: str, chunks: Sequence[Piece]) -> str:
    """Send chunks, no more of them at once than the window; return the board's last word.

    It ends with the first that is anything but ``next=N``; empty if the board says nothing.
    """
    last = ""
    for at in range(0, len(chunks), WINDOW):
        for word in push(console, verb, *chunks[at : at + WINDOW]):
            last = word
            if not word.startswith("next="):
                return last
    return last


def updated(console: Console, what: str, content: bytes, size: int = CHUNK_SIZE) -> str:
    """Upload an update; return ``ok``, or the code of the refusal or failure."""
    code = announce_update(console, what, content)
    return push_all(console, "update", pieces(content, size)) if code == "ok" else code


def imaged(console: Console, image: bytes) -> str:
    """Upload an image; return ``ok``, or the code of the refusal or failure."""
    code = announce_image(console, image)
    return push_all(console, "image", pieces(image)) if code == "ok" else code


def _verdict(event: dict[str, str]) -> str:
    return event.get("code") or event.get("state", "")


class _Flipped(Chunk):
    """A chunk that does not come as it was sent."""

    __slots__ = ()

    def pack(self) -> bytes:
        sound = Chunk.pack(self)
        at = len(sound) // 2
        # Neither a zero, which would end it, nor the byte that was there.
        return sound[:at] + bytes([sound[at] ^ 1 or 2]) + sound[at + 1 :]
