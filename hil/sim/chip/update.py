# SPDX-License-Identifier: MIT
"""Writing a new application or model into the partition that is not in use (protocol 2.7)."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from esp_idf_defs.app_description import AppDescription
from esp_idf_defs.partitions import PartitionDefinition

from hil.protocol import ErrorCode
from hil.sim.chip.boot import Booted
from hil.sim.chip.image import MAGIC as IMAGE_MAGIC
from hil.sim.chip.image import ImageError, module_of, parse_image
from hil.sim.chip.machine import Handler
from hil.sim.chip.nor import SECTOR, NorFlash
from hil.sim.chip.storage import MAGIC, Storage
from hil.sim.clock.cost import erase_cycles, program_cycles
from hil.sim.radio.peripheral import OK, Processor

if TYPE_CHECKING:
    from hashlib import _Hash

APP, MODEL = 0, 1
"""``sn_update`` of splitnode/port.h."""


@dataclass
class _Upload:
    what: int
    partition: PartitionDefinition
    done: int = 0
    digest: "_Hash" = field(default_factory=hashlib.sha256)


class Update:
    """The updates of one boot.

    Args:
        processor: whom it serves.
        flash: the board's flash.
        booted: what runs.
        storage: the model slots and settings.
    """

    def __init__(
        self, processor: Processor, flash: NorFlash, booted: Booted, storage: Storage
    ) -> None:
        self._processor = processor
        self._flash = flash
        self._storage = storage
        self._slots = booted.layout.slots
        self._otadata = booted.layout.otadata(flash)
        self._running = booted.partition
        self._upload: _Upload | None = None

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {
            "update_begin": self._begin,
            "update_write": self._write,
            "update_end": self._end,
            "update_confirm": self._confirm,
        }

    def _begin(self, what: int, size: int) -> int:
        self._upload = None
        partition = self._next_app() if what == APP else self._storage.other_model
        if partition is None:
            return ErrorCode.UNSUPPORTED
        if size & 0xFFFFFFFF > partition.size:
            return ErrorCode.BAD_ARGUMENT
        if what == MODEL:
            self._storage.try_model(None)
        elif self._otadata is not None:
            self._otadata.forget(self._slots.index(partition))
        self._upload = _Upload(what, partition)
        return OK

    def _next_app(self) -> PartitionDefinition | None:
        """Return where the next application goes (``esp_ota_get_next_update_partition``)."""
        if self._otadata is None:
            return None
        offsets = [p.offset for p in self._slots]
        running = self._running.offset
        number = offsets.index(running) + 1 if running in offsets else 0
        partition = self._slots[number % len(self._slots)]
        return None if partition.offset == running else partition

    def _write(self, address: int, length: int) -> int:
        upload = self._upload
        if upload is None or upload.done + length > upload.partition.size:
            return ErrorCode.STORAGE
        data = self._processor.read(address, length)
        upload.digest.update(data)
        if upload.what == APP and not upload.done and data[0] != IMAGE_MAGIC:
            return ErrorCode.UPDATE_INVALID
        if upload.what == MODEL:
            # Without its magic the slot stays out of use until the model is confirmed.
            hidden = max(0, len(MAGIC) - upload.done)
            data = (b"\xff" * hidden + data[hidden:])[:length]
        start = int(upload.partition.offset) + upload.done
        for sector in range(-(-start // SECTOR) * SECTOR, start + length, SECTOR):
            self._flash.erase(sector, SECTOR)
            self._processor.charge(erase_cycles())
        self._flash.program(start, data)
        self._processor.charge(program_cycles(length))
        upload.done += length
        return OK

    def _end(self, address: int) -> int:
        upload, self._upload = self._upload, None
        if upload is None:
            return ErrorCode.STORAGE
        if upload.digest.digest() != self._processor.read(address, 32):
            return ErrorCode.UPDATE_SHA256
        if upload.what == MODEL:
            self._storage.try_model(upload.partition)
            return OK
        content = self._flash.read(upload.partition.offset, upload.done)
        try:
            image = parse_image(content)
        except ImageError:
            return ErrorCode.UPDATE_INVALID
        # On a chip, code for another machine would crash on trial; here nothing can run it at all.
        description = AppDescription.from_bytes_or_none(image.first)
        if description is None or module_of(image) is None:
            return ErrorCode.UPDATE_INVALID
        assert self._otadata is not None
        self._otadata.try_next(self._slots.index(upload.partition))
        return OK

    def _confirm(self, what: int) -> int:
        if what == MODEL:
            self._storage.confirm_model()
        elif self._otadata is not None:
            self._otadata.confirm()
        return OK
