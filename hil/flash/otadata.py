# SPDX-License-Identifier: MIT
"""Which application slot the second-stage bootloader takes: the ``otadata`` partition.

Layout: ESP-IDF's ``esp_ota_select_entry_t``. Two flash sectors hold one entry each; the valid one
with the higher sequence number counts, and (number - 1) modulo the number of OTA slots is the slot.
"""

import binascii
import struct

SECTOR = 0x1000
SIZE = 2 * SECTOR

_ENTRY = struct.Struct("<I20sII")
_INVALID, _ABORTED = 3, 4  # esp_ota_img_states_t: entries that the bootloader passes over
_VALID = 2


def selected_slot(otadata: bytes, slots: int) -> int | None:
    """Return the selected OTA slot, or ``None`` where no entry is valid (factory, else slot 0).

    Args:
        otadata: content of the partition, 8,192 bytes.
        slots: number of OTA application slots in the partition table, at least 1.
    """
    numbers = [
        sequence
        for offset in (0, SECTOR)
        if (sequence := _sequence(otadata[offset : offset + _ENTRY.size])) is not None
    ]
    return (max(numbers) - 1) % slots if numbers else None


def selecting(slot: int) -> bytes:
    """Return content of the partition that selects OTA slot ``slot``."""
    sequence = slot + 1
    entry = _ENTRY.pack(sequence, b"\xff" * 20, _VALID, _crc(sequence))
    return entry.ljust(SIZE, b"\xff")


def _crc(sequence: int) -> int:
    return binascii.crc32(struct.pack("<I", sequence), 0xFFFFFFFF)


def _sequence(entry: bytes) -> int | None:
    sequence, _, state, crc = _ENTRY.unpack(entry)
    if sequence in (0, 0xFFFFFFFF) or crc != _crc(sequence) or state in (_INVALID, _ABORTED):
        return None
    return int(sequence)
