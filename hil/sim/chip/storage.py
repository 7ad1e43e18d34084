# SPDX-License-Identifier: MIT
"""The flash as the running firmware sees it: settings, and the model slot in use.

The rule for model slots is that of docs/protocol.md, section 2.7: the first that begins with the
magic is in use; one to be tried, which has none yet, is named by a setting that each boot removes.
"""

import hashlib

from esp_idf_defs.partitions import PartitionDefinition

from hil.protocol import ErrorCode
from hil.sim.chip.layout import Layout
from hil.sim.chip.machine import Handler
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.nvs import Nvs
from hil.sim.clock.cost import hash_cycles
from hil.sim.radio.peripheral import OK, Processor

MAGIC = (0x4D4C4948).to_bytes(4, "little")
_TRY = "try_model"


class Storage:
    """The storage of one boot.

    Args:
        processor: whom it serves.
        flash: the board's flash.
        layout: its partitions.
        by_software: whether the firmware itself has reset the chip: only then a model is tried.

    Attributes:
        nvs: the settings.
        model: the model partition in use, if there is any.
        model_on_trial: whether it is to be confirmed.
    """

    def __init__(
        self, processor: Processor, flash: NorFlash, layout: Layout, *, by_software: bool
    ) -> None:
        self._processor = processor
        self._flash = flash
        self._models = layout.models
        self.nvs = Nvs(flash, layout.nvs_offset)
        tried = self.nvs.get(_TRY)
        self.nvs.put(**{_TRY: None})
        to_try = [p for p in self._models if str(p.name) == tried] if by_software else []
        self.model_on_trial = bool(to_try)
        sound = [p for p in self._models if flash.read(p.offset, len(MAGIC)) == MAGIC]
        self.model = next(iter([*to_try, *sound, *self._models]), None)

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {
            "slot_size": lambda: self.model.size if self.model else 0,
            "slot_read": self._slot_read,
            "slot_sha256": self._slot_sha256,
        }

    def slot_bytes(self, offset: int, length: int) -> bytes | None:
        """Return a part of the model partition in use, None if it does not lie inside it."""
        if self.model is None or offset < 0 or length < 0 or offset + length > self.model.size:
            return None
        data = self._flash.read(self.model.offset + offset, length)
        if self.model_on_trial and offset < len(MAGIC):
            data = (MAGIC[offset:] + data[len(MAGIC) - offset :])[:length]
        return data

    @property
    def other_model(self) -> PartitionDefinition | None:
        """The model partition that is not in use."""
        return next((p for p in self._models if p is not self.model), None)

    def try_model(self, partition: PartitionDefinition | None) -> None:
        """Have the next boot try the model in `partition`; None: none."""
        self.nvs.put(**{_TRY: None if partition is None else str(partition.name)})

    def confirm_model(self) -> None:
        """Keep the model on trial; whatever happens in between, one of the two is in use."""
        assert self.model is not None
        self._flash.program(self.model.offset, MAGIC)
        if self.other_model is not None:
            self._flash.program(self.other_model.offset, bytes(len(MAGIC)))
        self.model_on_trial = False

    def _slot_read(self, offset: int, address: int, length: int) -> int:
        data = self.slot_bytes(offset, length)
        if data is None:
            return ErrorCode.SLOT_LENGTH
        self._processor.write(address, data)
        return OK

    def _slot_sha256(self, offset: int, length: int, address: int) -> int:
        data = self.slot_bytes(offset, length)
        if data is None:
            return ErrorCode.SLOT_LENGTH
        self._processor.charge(hash_cycles(length))
        self._processor.write(address, hashlib.sha256(data).digest())
        return OK
