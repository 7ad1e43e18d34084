# SPDX-License-Identifier: MIT
"""Whether a chip, by what it says of itself, can take and run the firmware."""

from hil.errors import WrongChipError

LEAST_FLASH = 8 << 20
"""The smallest flash for which there is a partition table; in bytes."""


def check_chip(name: str, *, secure_download: bool) -> None:
    """Check kind and mode of a chip.

    Args:
        name: as esptool names it.
        secure_download: whether it is in secure download mode.

    Raises:
        WrongChipError: it is no ESP32-S3, or cannot be flashed.
    """
    if name != "ESP32-S3":
        raise WrongChipError(
            f"The chip on this port is an {name}, not an ESP32-S3; connect an ESP32-S3."
        )
    if secure_download:
        raise WrongChipError(
            "The ESP32-S3 on this port is in secure download mode, in which its flash cannot be "
            "read or verified; use another board, or update this one's firmware by 'hil update'."
        )


def check_psram(*, has: bool) -> None:
    """Raise WrongChipError where a board has no PSRAM."""
    if not has:
        raise WrongChipError(
            "The ESP32-S3 on this port has no PSRAM, and the firmware needs it for the model's "
            "arena; use a module with PSRAM, such as an N16R8."
        )


def check_flash_size(size: int, layout: int) -> None:
    """Raise WrongChipError where a board's flash is too small for a firmware's layout, in bytes."""
    if layout <= size:
        return
    advice = (
        f"build it by 'hil firmware build --target esp32s3 --flash-size {size >> 20}MB'"
        if size >= LEAST_FLASH
        else f"use a board with at least {LEAST_FLASH >> 20}MB"
    )
    raise WrongChipError(
        f"The firmware is laid out for {layout >> 20}MB of flash, and this board has "
        f"{size >> 20}MB; {advice}."
    )
