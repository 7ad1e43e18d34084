# SPDX-License-Identifier: MIT
"""Values that are shown nowhere: a traceback may print every local variable of every frame.

Whatever is made of one is an ordinary value again, so it is given to no name on its way: the
expression that makes it is the argument of what takes it, or made one of these.
"""

from typing import SupportsIndex

_SHOWN = "'...'"


class Secret(str):
    """A password; equal to its text, and read as that, but not shown by ``repr``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _SHOWN

    def __str__(self) -> str:
        return self


class Unseen(bytes):
    """Bytes on their way to a board, which may hold one, or the rest of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"b{_SHOWN}"

    def __getitem__(self, key: SupportsIndex | slice) -> "int | Unseen":  # type: ignore[override]
        found = super().__getitem__(key)
        return found if isinstance(found, int) else Unseen(found)
