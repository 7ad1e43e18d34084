# SPDX-License-Identifier: MIT
"""What a board says of its memory in the answer to ``stats`` (docs/protocol.md, section 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from hil.errors import BoardRefused
from hil.protocol.console.numbers import count


@dataclass(frozen=True)
class Region:
    """One kind of memory, in bytes.

    Attributes:
        free: what is free.
        least: the least that was free since boot.
        block: the largest block that is free in one piece; None where the board does not say.
    """

    free: int
    least: int
    block: int | None = None


@dataclass(frozen=True)
class BoardMemory:
    """The figures of memory that a board reports; those of memory it does not have are absent.

    Attributes:
        heap: internal memory; None on a board that has no such heap (the virtual one).
        dma: the part of it that DMA reaches, likewise.
        psram: PSRAM; None on a board without.
        stacks: for each task, the bytes at the end of its stack that it has never used.
    """

    heap: Region | None
    dma: Region | None
    psram: Region | None
    stacks: Mapping[str, int]

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Self:
        """Read the values of the answer.

        Raises:
            BoardRefused: with code ``protocol``: a value is no number or out of range, or lacks its
                companion.
        """
        try:
            heap, dma, psram = (_region(values, name) for name in ("heap", "dma", "psram"))
            return cls(heap, dma, psram, _stacks(values.get("stacks", "")))
        except (KeyError, ValueError) as error:
            raise BoardRefused(
                "protocol", f"The board's answer to stats cannot be read ({error}); flash it again."
            ) from error


def _region(values: Mapping[str, str], name: str) -> Region | None:
    if f"{name}_free" not in values:
        return None
    block = values.get(f"{name}_block")
    return Region(
        free=count(values[f"{name}_free"]),
        least=count(values[f"{name}_least"]),
        block=None if block is None else count(block),
    )


def _stacks(value: str) -> dict[str, int]:
    pairs = (each.partition(":") for each in value.split(",") if each)
    return {task: count(reserve) for task, _, reserve in pairs}
