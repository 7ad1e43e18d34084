# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a board can take and run what is to be written: asked of its chip, through esptool."""

from collections.abc import Iterable
from typing import Any, Protocol

from esptool.cmds import detect_flash_size
from esptool.util import flash_size_bytes

from hil.errors import FlashingError, WrongChipError
from hil.sim.chip import ESP32S3_USER_DATA, VIRTUAL_MARK, mac_text

LEAST_FLASH = 8 << 20
"""The smallest flash for which there is a partition table."""


class Region(Protocol):
    """Bytes that belong at an offset of the flash."""

    offset: int
    role: str
    data: bytes


def check_board(esp: Any, plan: dict[str, Any]) -> bool:
    """Return whether the board is virtual.

    Raises:
        WrongChipError: it cannot take or run what is to be written.
    """
    if esp.CHIP_NAME != "ESP32-S3":
        raise WrongChipError(
            f"The chip on this port is an {esp.CHIP_NAME}, not an ESP32-S3; connect an ESP32-S3."
        )
    if esp.secure_download_mode:
        raise WrongChipError(
            "The ESP32-S3 on this port is in secure download mode, in which its flash cannot be "
            "read or verified; use another board, or update this one's firmware by 'hil update'."
        )
    mac, needs = mac_text(bytes(esp.read_mac("BASE_MAC"))), plan["needs"]
    if needs["mac"] not in (None, mac):
        raise WrongChipError(
            f"The board on this port has the MAC address {mac}, not {needs['mac']}; plug the "
            "other one in, or mend hil.toml."
        )
    words = range(0, -(-len(VIRTUAL_MARK) // 4) * 4, 4)
    mark = b"".join(esp.read_reg(ESP32S3_USER_DATA + word).to_bytes(4, "little") for word in words)
    virtual = mark.rstrip(b"\0") == VIRTUAL_MARK
    if plan["simulated_image"] and not virtual:
        raise WrongChipError(
            "This image holds WebAssembly for a virtual board and cannot run on a real ESP32-S3; "
            "build the firmware with ESP-IDF and name its build directory."
        )
    if needs["psram"] and not esp.get_psram_cap():
        raise WrongChipError(
            "The ESP32-S3 on this port has no PSRAM, by its eFuses, and the firmware needs it for "
            "the model's arena; use a module with PSRAM, such as an N16R8."
        )
    return virtual


def check_flash(esp: Any, plan: dict[str, Any], regions: Iterable[Region]) -> int:
    """Return the size of the flash in bytes.

    Raises:
        WrongChipError: it is too small.
        FlashingError: it does not tell.
    """
    name = detect_flash_size(esp)
    if name is None:
        raise FlashingError("The flash chip of the board does not tell its size; power it anew.")
    size = int(flash_size_bytes(name))
    layout = plan["needs"]["flash_size"]
    if layout > size:
        advice = (
            f"build it by 'hil firmware build --flash-size {name}'"
            if size >= LEAST_FLASH
            else f"use a board with at least {LEAST_FLASH >> 20}MB"
        )
        raise WrongChipError(
            f"The firmware is laid out for {layout >> 20}MB of flash, and this board has {name}; "
            f"{advice}."
        )
    for region in regions:
        end = region.offset + len(region.data)
        if end > size:
            raise WrongChipError(
                f"The {region.role} would end at 0x{end:x}, beyond the {name} of flash on this "
                "board; use the partition table for that size."
            )
    return size
