# SPDX-License-Identifier: MIT
"""Tests that no worker has been given, and those that go to one together. Pure."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any


class Left:
    """Indices of tests of the second pass, and of those that a worker has given back.

    Attributes:
        moved: what may be run beside others.
        apart: all tests of the second pass, whether they are left or not.
    """

    def __init__(self) -> None:
        self.moved: list[int] = []
        self.apart: set[int] = set()
        self._alone: list[tuple[Any, list[int]]] = []

    def __bool__(self) -> bool:
        return bool(self.moved or self._alone)

    def set_apart(self, indices: Iterable[int], nodes: Sequence[Any]) -> None:
        """Keep tests for the second pass.

        Args:
            indices: of them.
            nodes: workers each of which is to run all; None for whichever.
        """
        self.apart.update(indices)
        if self.apart:
            self._alone = [(node, sorted(self.apart)) for node in nodes]

    @property
    def judging(self) -> list[Any]:
        """The workers that are to run what is left of the second pass; None for whichever."""
        return [node for node, _ in self._alone]

    def put_back(self, index: int) -> None:
        """Have a test run by another worker, or once more; one of the second pass still alone."""
        if index in self.apart:
            self._alone.insert(0, (None, [index]))
        else:
            self.moved.append(index)

    def take_alone(self) -> tuple[Any, list[int]] | None:
        """Take the next tests of the second pass, and the worker that is to run them, if any."""
        if not self._alone:
            return None
        node = self._alone[0][0]
        indices = [index for whose, those in self._alone if whose is node for index in those]
        self._alone = [(whose, those) for whose, those in self._alone if whose is not node]
        return node, indices


def grouped(
    ids: Sequence[str], apart: Collection[int], together: Iterable[Sequence[int]]
) -> list[list[int]]:
    """Return the tests of the first pass, those in one list that one worker is to run in a row.

    Args:
        ids: of all tests.
        apart: indices of those of the second pass.
        together: those that belong together; all others stand alone.
    """
    groups = {index: [index] for index in range(len(ids)) if index not in apart}
    for those in together:
        known = [index for index in those if index in groups]
        for index in known[1:]:
            groups[known[0]] += groups.pop(index)
    return list(groups.values())
