# SPDX-License-Identifier: MIT
"""How often frames of one way were impaired."""

from dataclasses import dataclass, fields


@dataclass
class Counts:
    """Frames of one way so far.

    Attributes:
        frames: that came to be decided on.
        dropped: that went no further.
        duplicated: that were sent on twice.
        reordered: that were held back for others to overtake them.
        corrupted: in which a bit was flipped.
        delayed: that were held back until more had come from the board.
        replayed: of earlier messages, that were put in.
        foreign: of others, that were put in.
        withheld: that were held back when the impairment ended, and were dropped.
    """

    frames: int = 0
    dropped: int = 0
    duplicated: int = 0
    reordered: int = 0
    corrupted: int = 0
    delayed: int = 0
    replayed: int = 0
    foreign: int = 0
    withheld: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __str__(self) -> str:
        counted = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ", ".join(f"{number} {name}" for name, number in counted if number) or "0 frames"
