# SPDX-License-Identifier: MIT
"""NOR flash: programming only clears bits, erasing sets whole sectors back to ones."""

SECTOR = 4096
MIB = 1 << 20


class FlashRangeError(ValueError):
    """An access reaches past the end of the flash, or an erase does not cover whole sectors."""


class NorFlash:
    """A serial NOR flash of ``size`` bytes, delivered erased (every byte 0xFF).

    Args:
        size: in bytes.
        stuck: where the lowest bit of a byte is worn out: it reads 0 for good.

    The laws are those of a Winbond W25Q-JV: a program operation ANDs the new data into the old,
    and the smallest erasable unit is a 4 KiB sector.

    Attributes:
        size: in bytes.
        status: the three status registers, non-volatile; no bit of them protects anything here.

    Raises:
        ValueError: ``size`` is not a power of two of at least one sector, which a JEDEC
            identification could not express.
    """

    def __init__(self, size: int = 16 * MIB, stuck: int | None = None) -> None:
        if size < SECTOR or size & (size - 1):
            raise ValueError(f"a flash of {size} bytes cannot exist: use a power of two >= 4096")
        self.size = size
        self.status = bytearray(3)
        self._cells = bytearray(b"\xff") * size
        self._stuck = stuck if stuck is not None and stuck < size else None
        self._wear()

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``.

        Raises:
            FlashRangeError: the range is not inside the flash.
        """
        self._check(offset, length)
        return bytes(memoryview(self._cells)[offset : offset + length])

    def program(self, offset: int, data: bytes) -> None:
        """Clear every bit that is zero in ``data``; bits that are zero already stay zero.

        Raises:
            FlashRangeError: the range is not inside the flash; nothing has been changed.
        """
        self._check(offset, len(data))
        end = offset + len(data)
        old = self._cells[offset:end]
        if old.count(0xFF) != len(old):
            # One AND of two long integers: a byte loop would take a second per megabyte.
            both = int.from_bytes(old, "little") & int.from_bytes(data, "little")
            data = both.to_bytes(len(old), "little")
        self._cells[offset:end] = data
        self._wear()

    def erase(self, offset: int, length: int) -> None:
        """Set ``length`` bytes from ``offset``, both multiples of 4096, to 0xFF.

        Raises:
            FlashRangeError: the range is not inside the flash or not made of whole sectors.
        """
        self._check(offset, length)
        if offset % SECTOR or length % SECTOR:
            raise FlashRangeError(
                f"an erase of {length:#x} bytes at {offset:#x} does not cover whole 4 KiB sectors"
            )
        self._cells[offset : offset + length] = b"\xff" * length
        self._wear()

    def _wear(self) -> None:
        if self._stuck is not None:
            self._cells[self._stuck] &= 0xFE

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FlashRangeError(
                f"{length:#x} bytes at {offset:#x} are not inside a flash of {self.size:#x} bytes"
            )
