# SPDX-License-Identifier: MIT
"""What is to be done to the frames of a link, and how often."""

from dataclasses import dataclass
from typing import Literal, get_args

from hil.errors import BadInputError

Point = Literal["request", "answer", "idle"]
"""Where in an exchange a connection is dropped; see :class:`Plan`."""

Ways = Literal["both", "rx", "tx"]
"""``rx``: from the board to the tail's side; ``tx``: back to the board."""

Other = Literal["session", "message", "model"]
"""What a foreign frame belongs to another one of."""

RATES = ("loss", "duplicate", "reorder", "corrupt", "delay", "replay", "foreign")

MOST_DELAY = 1000
"""Frames; so that what is held back stays bounded."""


@dataclass(frozen=True)
class Plan:
    """How frames are impaired; each of :data:`RATES` is a probability for every single frame.

    Attributes:
        loss: that it goes no further.
        duplicate: that it comes twice.
        reorder: that one to three frames of its way overtake it.
        corrupt: that a bit behind its header is flipped.
        delay: that it is held back until `delay_frames` more have come from the board.
        replay: that a frame of an earlier message comes once more in front of it.
        foreign: that a frame comes in front of it that differs from it in `foreign_in`.
        delay_frames: see `delay`.
        foreign_in: the session, an earlier message's number, or the model; in turns, by chance. A
            frame of another *model* has the exchange's own session and number and takes the place
            of the right one, so that the exchange has to be refused.
        drop_connection: drop a connection; ``request`` and ``answer``: once, that of the first
            board to get there, while a request or its answer is on the way; ``idle``: all, at once.
            None: never.
        ways: to which way's frames all this is done.
        seed: of everything random.

    Raises:
        BadInputError: one of them makes no sense.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    delay: float = 0.0
    replay: float = 0.0
    foreign: float = 0.0
    delay_frames: int = 8
    foreign_in: tuple[Other, ...] = ("session", "message")
    drop_connection: Point | None = None
    ways: Ways = "both"
    seed: int = 1

    def __post_init__(self) -> None:
        """Check."""
        for name in RATES:
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= 1:
                raise BadInputError(
                    f"impair() takes {name} as a probability from 0 to 1, not {value!r}."
                )
        if not _is_whole(self.delay_frames) or not 1 <= self.delay_frames <= MOST_DELAY:
            raise BadInputError(
                f"impair() holds frames back for 1 to {MOST_DELAY} others, "
                f"not for delay_frames={self.delay_frames!r}."
            )
        if not _is_whole(self.seed):
            raise BadInputError(f"impair() takes a whole number as seed, not {self.seed!r}.")
        _check_one_of("ways", self.ways, get_args(Ways))
        if self.drop_connection is not None:
            _check_one_of("drop_connection", self.drop_connection, get_args(Point))
        if not isinstance(self.foreign_in, tuple) or not self.foreign_in:
            raise BadInputError(
                "impair() takes foreign_in as a tuple of at least one of "
                f"{', '.join(get_args(Other))}, not {self.foreign_in!r}."
            )
        for each in self.foreign_in:
            _check_one_of("foreign_in", each, get_args(Other))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or isinstance(value, float)


def _check_one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInputError(f"impair() knows {name} {', '.join(known)}, not {value!r}.")
