# SPDX-License-Identifier: MIT
"""The otadata partition on the board: which application boots, on trial or for good.

What ESP-IDF does with it, function by function: the bootloader with
CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE (``bootloader_utility.c``, ``bootloader_common_loader.c``) and
the running application (``esp_ota_ops.c``). Two sectors hold one ``esp_ota_select_entry_t`` each.
"""

import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum

from hil.sim.chip.nor import SECTOR, NorFlash

_ENTRY = struct.Struct("<I20sII")
_EMPTY = 0xFFFFFFFF


class State(IntEnum):
    """``esp_ota_img_states_t``."""

    NEW = 0
    PENDING_VERIFY = 1
    VALID = 2
    INVALID = 3
    ABORTED = 4
    UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """One of the two entries. ``crc`` covers the sequence number alone."""

    sequence: int
    state: int
    crc: int

    @property
    def is_damaged(self) -> bool:
        """Whether it is erased, or its CRC is wrong."""
        crc = binascii.crc32(struct.pack("<I", self.sequence), 0xFFFFFFFF)
        return self.sequence == _EMPTY or self.crc != crc

    @property
    def is_passed_over(self) -> bool:
        """``bootloader_common_ota_select_invalid``."""
        return self.sequence == _EMPTY or self.state in (State.INVALID, State.ABORTED)


class OtaData:
    """The partition's content.

    Args:
        flash: the board's flash.
        offset: of the partition.
        slots: number of OTA application slots in the partition table, at least 1.
    """

    def __init__(self, flash: NorFlash, offset: int, slots: int) -> None:
        self._flash = flash
        self._offset = offset
        self._slots = slots

    @property
    def entries(self) -> tuple[Entry, Entry]:
        """Both entries, as they are in the flash."""
        first, second = (self._read(index) for index in range(2))
        return first, second

    def pass_on(self) -> None:
        """Mark what was on trial and has not been confirmed: what every boot begins with."""
        for index, entry in enumerate(self.entries):
            if entry.state == State.PENDING_VERIFY:
                self._write(index, entry.sequence, State.ABORTED)

    def selected(self) -> int | None:
        """Return the slot to boot, ``None`` if no entry names one; a new one is on trial then."""
        index = self._active()
        if index is None:
            return None
        entry = self.entries[index]
        if entry.state == State.NEW:
            self._write(index, entry.sequence, State.PENDING_VERIFY)
        return (entry.sequence - 1) % self._slots

    def settle(self, slot: int) -> None:
        """Name `slot`, which the bootloader has loaded, where no entry named any."""
        self._write(0, slot + 1, State.VALID)

    def is_on_trial(self, slot: int) -> bool:
        """Tell whether the application in `slot` has yet to be confirmed."""
        return any(
            entry.state == State.PENDING_VERIFY and (entry.sequence - 1) % self._slots == slot
            for entry in self.entries
            if not entry.is_damaged
        )

    def try_next(self, slot: int) -> None:
        """Have the next boot try `slot` (``esp_ota_set_boot_partition``)."""
        active = self._active()
        if active is None:
            self._write(0, slot + 1, State.NEW)
            return
        sequence = (slot + 1) % self._slots
        while sequence < self.entries[active].sequence:
            sequence += self._slots
        self._write(1 - active, sequence, State.NEW)

    def forget(self, slot: int) -> None:
        """Erase what names `slot`, which is about to be written (``esp_ota_begin`` of 5.5)."""
        for index, entry in enumerate(self.entries):
            if not entry.is_damaged and (entry.sequence - 1) % self._slots == slot:
                self._flash.erase(self._offset + index * SECTOR, SECTOR)

    def confirm(self) -> None:
        """Keep what runs (``esp_ota_mark_app_valid_cancel_rollback``)."""
        active = self._active()
        if active is not None:
            self._write(active, self.entries[active].sequence, State.VALID)

    def _active(self) -> int | None:
        sound = [
            (entry.sequence, -index)
            for index, entry in enumerate(self.entries)
            if not entry.is_passed_over and not entry.is_damaged
        ]
        return -max(sound)[1] if sound else None

    def _read(self, index: int) -> Entry:
        raw = self._flash.read(self._offset + index * SECTOR, _ENTRY.size)
        sequence, _, state, crc = _ENTRY.unpack(raw)
        return Entry(sequence, state, crc)

    def _write(self, index: int, sequence: int, state: State) -> None:
        crc = binascii.crc32(struct.pack("<I", sequence), 0xFFFFFFFF)
        at = self._offset + index * SECTOR
        self._flash.erase(at, SECTOR)
        self._flash.program(at, _ENTRY.pack(sequence, b"\xff" * 20, state, crc))
