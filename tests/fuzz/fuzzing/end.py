# SPDX-License-Identifier: MIT
"""One end of a link in the C core, by ctypes."""

import ctypes
import struct
from pathlib import Path
from typing import Any, NamedTuple

from hil.protocol import MessageType, Role

TCP, UDP, ESPNOW, BLE = 1, 2, 3, 4

_ROOM = 1 << 16
_LEAD = struct.Struct("<QQ")
_NEVER = (1 << 64) - 1
_COUNTS = (
    *("rx_bad_frame", "rx_bad_crc", "rx_duplicate", "resent", "polls"),
    *("rx_frames", "tx_frames", "rx_foreign"),
)


class Sent(NamedTuple):
    """A frame and whom it goes to; 0 is the peer."""

    to: int
    frame: bytes


class Core:
    """The library of firmware/test/fuzz/library.c."""

    def __init__(self, path: Path) -> None:
        self._library = library = ctypes.CDLL(str(path))
        pointer, u8, u32, u64 = ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64
        size, data = ctypes.c_size_t, ctypes.c_char_p
        for name, gives, takes in (
            ("core_new", pointer, (u8, u8, u32, data)),
            ("core_free", None, (pointer,)),
            ("core_time", None, (pointer, u64)),
            ("core_deadline", u64, (pointer,)),
            ("core_timer", None, (pointer,)),
            ("core_frame", None, (pointer, u64, data, size)),
            ("core_ask", u32, (pointer, u8, u8, data, u32)),
            ("core_answer", None, (pointer, u8, u32, data, u32)),
            ("core_sent", size, (pointer, data, size)),
            ("core_heard", data, (pointer,)),
            ("core_count", u32, (pointer, u8)),
            ("core_is_up", ctypes.c_bool, (pointer,)),
            ("core_is_in_use", ctypes.c_bool, (pointer,)),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = gives, takes

    def end(self, role: Role, via: int, frame_limit: int, key: bytes | None = None) -> "End":
        """Return an end whose link has just been opened."""
        return End(self._library, role, via, frame_limit, key)


class End:
    """An end; close it with :meth:`close`."""

    def __init__(
        self, library: Any, role: Role, via: int, frame_limit: int, key: bytes | None
    ) -> None:
        self._library = library
        self._end = library.core_new(role, via, frame_limit, key)
        self._room = ctypes.create_string_buffer(_ROOM)
        self._payload = b""

    def close(self) -> None:
        self._library.core_free(self._end)

    def set_time(self, now_us: int) -> None:
        self._library.core_time(self._end, now_us)

    def on_timer(self) -> None:
        self._library.core_timer(self._end)

    def receive(self, frame: bytes, address: int = 0) -> None:
        self._library.core_frame(self._end, address, frame, len(frame))

    def ask(self, kind: MessageType, flags: int, payload: bytes) -> int:
        self._payload = payload
        return int(self._library.core_ask(self._end, kind, flags, payload, len(payload)))

    def answer(self, kind: MessageType, identity: int, payload: bytes) -> None:
        self._payload = payload
        self._library.core_answer(self._end, kind, identity, payload, len(payload))

    @property
    def deadline(self) -> int | None:
        found = int(self._library.core_deadline(self._end))
        return None if found == _NEVER else found

    @property
    def is_up(self) -> bool:
        return bool(self._library.core_is_up(self._end))

    @property
    def is_in_use(self) -> bool:
        """Is there a connection, greeted or not?"""
        return bool(self._library.core_is_in_use(self._end))

    def stream(self) -> bytes:
        """Return what it has sent over TCP since the last look."""
        length = self._library.core_sent(self._end, self._room, _ROOM)
        return self._room.raw[:length]

    def sent(self) -> list[Sent]:
        """Return what it has sent in packets since the last look."""
        raw, at, found = self.stream(), 0, []
        while at < len(raw):
            to, size = _LEAD.unpack_from(raw, at)
            at += _LEAD.size
            found.append(Sent(to, raw[at : at + size]))
            at += size
        return found

    def heard(self) -> str:
        """Return what its owner has heard since the last look."""
        return str(self._library.core_heard(self._end).decode())

    def counts(self) -> dict[str, int]:
        return {
            name: int(self._library.core_count(self._end, which))
            for which, name in enumerate(_COUNTS)
        }
