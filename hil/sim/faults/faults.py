# SPDX-License-Identifier: MIT
"""What may be wrong with a virtual board, and how one says so: ``hil sim --fault``. Pure.

docs/faults.md says what each fault does, and where real boards were seen to do it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hil.errors import BadInputError
from hil.sim.faults.moment import KNOWN as KNOWN_MOMENTS
from hil.sim.faults.moment import Moment, parse_moment

MIB = 1 << 20
LONGEST_S = 60.0


@dataclass(frozen=True)
class Faults:
    """What is wrong with one board; by default nothing.

    Attributes:
        vanish_s: real seconds that the serial port is gone after each reset.
        dead_console: an application that a reset by DTR and RTS has started leaves the port mute.
        wrong_boot_modes: how many resets into download mode boot from flash instead.
        stuck_download: every reset by DTR and RTS ends in download mode.
        drop_above_baud: line rate above which bytes get lost; a wrong rate garbles them.
        slow_boot_s: real seconds between a reset and the first output after the ROM's.
        chip: ``esp32s3``, or another one.
        psram: whether there is any.
        flash_size: in bytes.
        foreign: the flash comes with another vendor's application.
        secure_download: the ROM loader is in secure download mode.
        stuck_bit: where in the flash the lowest bit of a byte reads 0, whatever is written there.
        moments: what strikes at which points.
    """

    vanish_s: float = 0.0
    dead_console: bool = False
    wrong_boot_modes: int = 0
    stuck_download: bool = False
    drop_above_baud: int | None = None
    slow_boot_s: float = 0.0
    chip: str = "esp32s3"
    psram: bool = True
    flash_size: int = 16 * MIB
    foreign: bool = False
    secure_download: bool = False
    stuck_bit: int | None = None
    moments: tuple[Moment, ...] = ()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= LONGEST_S:
        raise ValueError
    return seconds


def _count(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError
        return number

    return parse


def _address(text: str) -> int:
    number = int(text, 0)
    if not 0 <= number < max(_SIZES.values()):
        raise ValueError
    return number


def _one_of(values: dict[str, Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if text not in values:
            raise ValueError
        return values[text]

    return parse


@dataclass(frozen=True)
class _Kind:
    field: str
    placeholder: str = ""  # of the value; empty: the fault takes none
    parse: Callable[[str], Any] | None = None
    meaning: Any = True  # of a fault that takes no value


_SIZES = {f"{mib}MB": mib * MIB for mib in (4, 8, 16, 32)}
_CHIPS = {chip: chip for chip in ("esp32", "esp32c3")}
_KINDS = {
    "vanish": _Kind("vanish_s", "SECONDS", _seconds),
    "dead-console": _Kind("dead_console"),
    "wrong-boot-mode": _Kind("wrong_boot_modes", "N", _count(1, 1_000_000)),
    "stuck-download": _Kind("stuck_download"),
    "drop": _Kind("drop_above_baud", "BAUD", _count(300, 5_000_000)),
    "slow-boot": _Kind("slow_boot_s", "SECONDS", _seconds),
    "chip": _Kind("chip", "|".join(_CHIPS), _one_of(_CHIPS)),
    "no-psram": _Kind("psram", meaning=False),
    "flash": _Kind("flash_size", "|".join(_SIZES), _one_of(_SIZES)),
    "foreign": _Kind("foreign"),
    "secure-download": _Kind("secure_download"),
    "stuck-bit": _Kind("stuck_bit", "ADDRESS", _address),
}

KNOWN = ", ".join(f"{name}={k.placeholder}" if k.parse else name for name, k in _KINDS.items())
"""The faults there are of a whole board, as they are written."""


def parse_faults(texts: Sequence[str], boards: int, chip: str = "esp32s3") -> tuple[Faults, ...]:
    """Return what is wrong with each board.

    Args:
        texts: ``NAME[=VALUE]`` for every board, ``2:NAME[=VALUE]`` for the second; a later one
            overrides an earlier one of the same name. ``BLOW@POINT[=N]`` strikes at a point
            (:mod:`hil.sim.faults.moment`), beside others.
        boards: how many boards there are.
        chip: of boards without the fault ``chip``.

    Raises:
        BadInputError: no such fault, a value that it does not take, or no such board.
    """
    faults = [Faults(chip=chip)] * boards
    for text in texts:
        before, colon, fault = text.rpartition(":")
        whose = [_board(text, before, boards)] if colon else range(boards)
        if "@" in fault:
            moment = parse_moment(fault)
            for index in whose:
                faults[index] = replace(faults[index], moments=(*faults[index].moments, moment))
            continue
        change = _change(text, fault)
        for index in whose:
            faults[index] = replace(faults[index], **change)
    return tuple(faults)


def _change(text: str, fault: str) -> dict[str, Any]:
    name, equals, value = fault.partition("=")
    kind = _KINDS.get(name)
    if kind is None:
        raise BadInputError(f"There is no fault {text!r}; known are {KNOWN}, and {KNOWN_MOMENTS}.")
    if kind.parse is None:
        if equals:
            raise BadInputError(f"The fault {text!r} takes no value; known are {KNOWN}.")
        return {kind.field: kind.meaning}
    try:
        return {kind.field: kind.parse(value)}
    except ValueError:
        raise BadInputError(
            f"The fault {text!r} needs a sensible value as in {name}={kind.placeholder}; "
            f"known are {KNOWN}."
        ) from None


def _board(text: str, number: str, boards: int) -> int:
    if not (number.isdecimal() and 1 <= int(number) <= boards):
        advice = f"name one of 1 to {boards}" if boards > 1 else "there is only board 1"
        raise BadInputError(f"The fault {text!r} is for a board that is not there; {advice}.")
    return int(number) - 1
