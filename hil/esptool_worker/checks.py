# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a board can take and run what is to be written: asked of its chip, through esptool."""

from collections.abc import Iterable
from typing import Any, Protocol

from esptool.cmds import detect_flash_size
from esptool.util import flash_size_bytes

from hil.errors import FlashingError, WrongChipError
from hil.esp32s3 import USER_DATA, VIRTUAL_MARK, mac_text
from hil.flash.chip_fit import check_chip, check_flash_size, check_psram


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
    check_chip(esp.CHIP_NAME, secure_download=esp.secure_download_mode)
    mac, needs = mac_text(bytes(esp.read_mac("BASE_MAC"))), plan["needs"]
    if needs["mac"] not in (None, mac):
        raise WrongChipError(
            f"The board on this port has the MAC address {mac}, not {needs['mac']}; plug the "
            "other one in, or mend hil.toml."
        )
    virtual = is_virtual(esp)
    if plan["simulated_image"] and not virtual:
        raise WrongChipError(
            "This image holds WebAssembly for a virtual board and cannot run on a real ESP32-S3; "
            "build the firmware with ESP-IDF and name its build directory."
        )
    brings_app = any(region["role"] == "app" for region in plan["regions"])
    if virtual and brings_app and not plan["simulated_image"]:
        raise WrongChipError(
            "This firmware is for a real ESP32-S3, and the board on this port is a virtual one; "
            "name the real board (--board, pytest: --hil-board), or no firmware."
        )
    if needs["psram"]:
        check_psram(has=bool(esp.get_psram_cap()))
    return virtual


def is_virtual(esp: Any) -> bool:
    """Whether a virtual board answers: a register of an ESP32-S3, which it must be, says so."""
    words = range(0, -(-len(VIRTUAL_MARK) // 4) * 4, 4)
    mark = b"".join(esp.read_reg(USER_DATA + word).to_bytes(4, "little") for word in words)
    return mark.rstrip(b"\0") == VIRTUAL_MARK


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
    check_flash_size(size, plan["needs"]["flash_size"])
    for region in regions:
        end = region.offset + len(region.data)
        if end > size:
            raise WrongChipError(
                f"The {region.role} would end at 0x{end:x}, beyond the {name} of flash on this "
                "board; use the partition table for that size."
            )
    return size
