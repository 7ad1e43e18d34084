# SPDX-License-Identifier: MIT
"""What the partition table of a board has for the firmware."""

from esp_idf_defs import PartitionTable
from esp_idf_defs.partitions import PartitionDefinition

from hil.sim.chip.nor import NorFlash
from hil.sim.chip.otadata import OtaData

TYPE_APP, TYPE_DATA = 0, 1
SUBTYPE_FACTORY, SUBTYPE_OTA, SUBTYPE_TEST = 0x00, 0x10, 0x20
SUBTYPE_OTADATA, SUBTYPE_NVS = 0x00, 0x02
SUBTYPES_MODEL = (0x40, 0x41)


class Layout:
    """The partitions by purpose.

    Attributes:
        factory: the factory application's partition, if there is one.
        slots: OTA application partitions, in the order of their numbers.
        models: model partitions, likewise.
    """

    def __init__(self, table: PartitionTable) -> None:
        by_subtype = sorted(table, key=lambda p: int(p.subtype))
        apps = [p for p in by_subtype if p.type == TYPE_APP]
        self._data = [p for p in by_subtype if p.type == TYPE_DATA]
        self.factory = [p for p in apps if p.subtype == SUBTYPE_FACTORY]
        self.slots = [p for p in apps if SUBTYPE_OTA <= p.subtype < SUBTYPE_TEST]
        self.models = [p for p in self._data if p.subtype in SUBTYPES_MODEL]

    def otadata(self, flash: NorFlash) -> OtaData | None:
        """Return the otadata partition, if it and what it chooses from are there."""
        found = self._find(SUBTYPE_OTADATA)
        if found is None or not self.slots:
            return None
        return OtaData(flash, int(found.offset), len(self.slots))

    @property
    def otadata_size(self) -> int:
        """Bytes of the otadata partition; 0 without one."""
        found = self._find(SUBTYPE_OTADATA)
        return 0 if found is None else int(found.size)

    @property
    def nvs_offset(self) -> int | None:
        """Where the partition for settings begins."""
        found = self._find(SUBTYPE_NVS)
        return None if found is None else int(found.offset)

    def _find(self, subtype: int) -> PartitionDefinition | None:
        return next((p for p in self._data if p.subtype == subtype), None)
