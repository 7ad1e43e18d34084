# SPDX-License-Identifier: MIT
"""Cuts what arrives on a console into lines and binary frames (docs/protocol.md, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass

MAX_FRAME = 1100
"""Bytes between two zero bytes that can still be a frame: 1,033 of content, and COBS' overhead."""

MAX_LINE = 4096
"""A longer line is cut: a board that sends no line end must not fill the host's memory."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line, without its end; bytes that are not UTF-8 are replaced by U+FFFD."""

    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between two zero bytes, still COBS-encoded."""

    encoded: bytes


class ConsoleStream:
    """A push parser: give it bytes in any pieces, get lines and frames in order.

    A zero byte opens and closes a frame. One that line noise or a reset made would swallow the
    text behind it, so what does not begin like a frame, grows too long, is not sound, or is still
    open when the line falls silent (:meth:`settle`) turns out to have been text.

    Args:
        is_sound: whether the bytes between two zero bytes decode to a frame with a right CRC.
        may_begin: whether a frame may begin with these two bytes.
    """

    def __init__(
        self,
        is_sound: Callable[[bytes], bool],
        may_begin: Callable[[bytes], bool] = lambda start: True,
    ) -> None:
        self._is_sound = is_sound
        self._may_begin = may_begin
        self._text = bytearray()
        self._frame: bytearray | None = None

    @property
    def in_frame(self) -> bool:
        """Whether a frame is open."""
        return self._frame is not None

    def feed(self, data: bytes) -> list[TextLine | Frame]:
        """Return the lines and frames that ``data`` completes."""
        items: list[TextLine | Frame] = []
        for index, piece in enumerate(data.split(b"\0")):
            if index:
                items += self._zero()
            if self._frame is None:
                items += self._lines(piece)
            else:
                self._frame += piece
                start = bytes(self._frame[:2])
                strange = len(start) == 2 and not self._may_begin(start)
                if strange or len(self._frame) > MAX_FRAME:
                    items += self.settle()
        return items

    def settle(self) -> list[TextLine | Frame]:
        """Take an open frame for text, since nothing follows it; return the lines in it."""
        if self._frame is None:
            return []
        swallowed, self._frame = self._frame, None
        return self._lines(bytes(swallowed))

    def finish(self) -> list[TextLine | Frame]:
        """Return the line that has begun when nothing more will come; an open frame is lost."""
        return self._end_line() if self._frame is None else []

    def _zero(self) -> list[TextLine | Frame]:
        if self._frame is None:
            self._frame = bytearray()
            return self._end_line()
        encoded = bytes(self._frame)
        if encoded and self._is_sound(encoded):
            self._frame = None
            return [Frame(encoded)]
        items = self.settle() + self._end_line()
        self._frame = bytearray()
        return items

    def _lines(self, data: bytes) -> list[TextLine | Frame]:
        items: list[TextLine | Frame] = []
        pieces = data.replace(b"\r", b"\n").split(b"\n")
        for piece in pieces[:-1]:
            self._text += piece
            items += self._end_line()
        self._text += pieces[-1]
        while len(self._text) > MAX_LINE:
            items.append(TextLine(self._text[:MAX_LINE].decode("utf-8", "replace")))
            del self._text[:MAX_LINE]
        return items

    def _end_line(self) -> list[TextLine | Frame]:
        text = self._text.decode("utf-8", "replace")
        self._text.clear()
        return [TextLine(text)] if text else []
