# SPDX-License-Identifier: MIT
r"""The board's settings in its nvs partition: they outlive resets and flashing.

Not ESP-IDF's format, which nothing outside of a chip reads or writes: the partition's first sector
holds the magic ``HILNVS\0\1``, u32 length of the text, u32 CRC-32 of it, and the text, a JSON
object. Anything else there counts as no settings.
"""

import binascii
import json
import struct

from hil.sim.chip.nor import SECTOR, NorFlash

_LEAD = struct.Struct("<8sII")
_MAGIC = b"HILNVS\0\1"


class Nvs:
    """Settings by name.

    Args:
        flash: the board's flash.
        offset: of the partition; ``None`` without one: nothing is kept.
    """

    def __init__(self, flash: NorFlash, offset: int | None) -> None:
        self._flash = flash
        self._offset = offset

    def get(self, key: str) -> str | None:
        """Return a setting, ``None`` if it is not stored."""
        return self._load().get(key)

    def put(self, **settings: str | None) -> None:
        """Store settings; ``None`` removes one. The flash is written only where that is news."""
        before = self._load()
        after = {key: value for key, value in (before | settings).items() if value is not None}
        if self._offset is None or after == before:
            return
        text = json.dumps(after, sort_keys=True).encode()
        self._flash.erase(self._offset, SECTOR)
        lead = _LEAD.pack(_MAGIC, len(text), binascii.crc32(text))
        self._flash.program(self._offset, lead + text)

    def _load(self) -> dict[str, str]:
        if self._offset is None:
            return {}
        raw = self._flash.read(self._offset, SECTOR)
        magic, length, crc = _LEAD.unpack_from(raw)
        text = raw[_LEAD.size : _LEAD.size + length]
        if magic != _MAGIC or len(text) != length or binascii.crc32(text) != crc:
            return {}
        settings = json.loads(text)
        assert isinstance(settings, dict)
        return settings
