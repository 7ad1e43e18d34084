# SPDX-License-Identifier: MIT
"""Facts about an ESP32-S3 that the host and the lab share."""

NAME = "esp32s3"
"""As ESP-IDF and the firmware spell it."""

VIRTUAL_MARK = b"hil-virtual"
"""Content of eFuse BLOCK_USR_DATA by which a flasher tells a virtual ESP32-S3 from a real one."""

USER_DATA = 0x6000_707C
"""Address of eFuse BLOCK_USR_DATA (32 bytes), readable over the ROM protocol: EFUSE_BASE and
RD_USR_DATA0 of esptool 5.6's ``targets/esp32s3.py`` and of the technical reference manual."""


def mac_text(mac: bytes) -> str:
    """Return ``02:48:49:4c:00:01`` for six bytes."""
    return mac.hex(":")
