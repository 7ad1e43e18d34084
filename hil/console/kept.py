# SPDX-License-Identifier: MIT
"""The last of what a board has said, so many items and so much memory of them at most. Pure."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Items in order of arrival; the oldest go where there are too many, or they are too large.

    Args:
        count: most items.
        size: most of all their sizes together; a single item may be larger.
        size_of: an item's size, which does not change.

    Attributes:
        items: oldest first.
        dropped: how many have gone since :meth:`clear`.
    """

    def __init__(self, count: int, size: int, size_of: Callable[[T], int]) -> None:
        self.items: deque[T] = deque()
        self.dropped = 0
        self._count = count
        self._most = size
        self._size_of = size_of
        self._size = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def add(self, item: T) -> None:
        """Keep an item."""
        self.items.append(item)
        self._size += self._size_of(item)
        while len(self.items) > self._count or (self._size > self._most and len(self.items) > 1):
            self.pop_first()
            self.dropped += 1

    def pop_first(self) -> T:
        """Return the oldest item, which is kept no longer."""
        item = self.items.popleft()
        self._size -= self._size_of(item)
        return item

    def remove(self, item: T) -> None:
        """Keep an item no longer."""
        self.items.remove(item)
        self._size -= self._size_of(item)

    def clear(self) -> None:
        """Keep nothing."""
        self.items.clear()
        self._size = self.dropped = 0
