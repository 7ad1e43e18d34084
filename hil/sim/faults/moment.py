# SPDX-License-Identifier: MIT
"""What may befall a board at a named point, and how one says so: ``panic@invoke``. Pure.

docs/faults.md says what each of them is.
"""

from dataclasses import dataclass
from enum import Enum

from hil.errors import BadInputError

EVERY = 0
"""In place of a number: each time that the point is reached."""

MOST = 1 << 32


class Point(Enum):
    """Where a fault may strike: of an inference, of a start, and of flashing."""

    BOOT = "boot"
    IMAGE = "image"
    LOAD = "load"
    INVOKE = "invoke"
    SEND = "send"
    WAIT = "wait"
    RESULT = "result"
    CONNECT = "connect"
    ERASE = "erase"
    WRITE = "write"
    VERIFY = "verify"


class Blow(Enum):
    """What strikes."""

    PANIC = "panic"
    HANG = "hang"
    FREEZE = "freeze"
    RESET = "reset"
    BROWNOUT = "brownout"
    UNPLUG = "unplug"
    NOISE = "noise"
    HALF_LINE = "half-line"
    LONG_LINE = "long-line"
    BAD_UTF8 = "bad-utf8"
    WIFI_OFF = "wifi-off"
    OUT_OF_RANGE = "out-of-range"
    CHANNEL = "channel"


FLASHING = (Point.CONNECT, Point.ERASE, Point.WRITE, Point.VERIFY)
"""Points of the loader, which is no firmware: it neither panics nor has a radio."""

OF_FIRMWARE = (Blow.PANIC, Blow.HANG, Blow.WIFI_OFF, Blow.OUT_OF_RANGE, Blow.CHANNEL)

KNOWN = (
    f"{', '.join(blow.value for blow in Blow)}, each as in {Blow.PANIC.value}@{Point.INVOKE.value} "
    f"at one of the points {', '.join(point.value for point in Point)}"
)
"""What may be said, for the end of a sentence."""


@dataclass(frozen=True)
class Moment:
    """What strikes, and when.

    Attributes:
        blow: what.
        point: where.
        number: the how-manieth time that the point is reached since the fault was set; of
            ``write`` the byte; :data:`EVERY` for each time.
    """

    blow: Blow
    point: Point
    number: int = 1

    def __str__(self) -> str:
        number = "" if self.number == 1 else f"={self.number or 'every'}"
        return f"{self.blow.value}@{self.point.value}{number}"


def parse_moment(text: str) -> Moment:
    """Return what ``BLOW@POINT[=N|=every]`` says.

    Raises:
        BadInputError: there is no such fault or no such point, or the one cannot be at the other.
    """
    what, _, where = text.partition("@")
    place, equals, count = where.partition("=")
    try:
        blow, point = Blow(what), Point(place)
    except ValueError:
        raise BadInputError(f"There is no fault {text!r}; known are {KNOWN}.") from None
    if point in FLASHING and blow in OF_FIRMWARE:
        raise BadInputError(
            f"The fault {text!r} cannot be: while a board is flashed no firmware runs; take one of "
            f"{', '.join(each.value for each in Blow if each not in OF_FIRMWARE)}."
        )
    return Moment(blow, point, _number(text, count, point) if equals else 1)


def _number(text: str, count: str, point: Point) -> int:
    if count == "every" and point is not Point.WRITE:
        return EVERY
    if not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MOST):
        raise BadInputError(
            f"The fault {text!r} needs a sensible number as in {text.partition('=')[0]}=2 behind "
            "its point, or 'every' where that is not write."
        )
    return int(count)
