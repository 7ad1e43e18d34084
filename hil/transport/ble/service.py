# SPDX-License-Identifier: MIT
"""The GATT service of a board (docs/protocol.md, section 1.6)."""

SERVICE_UUID = "4e530001-6869-6c21-8000-00805f9b34fb"

WRITE_UUID = "4e530002-6869-6c21-8000-00805f9b34fb"
"""Where the central writes frames, without response."""

NOTIFY_UUID = "4e530003-6869-6c21-8000-00805f9b34fb"
"""Where the peripheral notifies it of frames."""

LARGEST_FRAME = 512
"""Bytes of the longest attribute value (Bluetooth Core Specification 5.4, vol. 3 part F, 3.2.9)."""

SMALLEST_FRAME = 128
"""What both sides must be able to take (docs/protocol.md, section 1.4)."""


def board_name(mac: str) -> str:
    """Return the name that the board of this base MAC address advertises."""
    return "hil-" + mac.replace(":", "").lower()[-6:]
