# SPDX-License-Identifier: MIT
"""One download into flash: erase, inflate, program."""

import zlib

from hil.sim.chip.nor import SECTOR, NorFlash
from hil.sim.faults.moment import Point
from hil.sim.loader.command import Fault, RefusedError
from hil.sim.loader.mishaps import Mishaps


class FlashWriter:
    """Takes the blocks between FLASH_BEGIN and FLASH_END.

    The ROM erases the whole region at the beginning. The stub erases each sector just before it
    writes there, so a download that is cut short leaves the rest as it was.

    Args:
        flash: what is written.
        offset: where the first byte goes.
        size: number of bytes, uncompressed.
        compressed: whether the blocks are one zlib stream.
        erase_first: the ROM's way.
        mishaps: what may befall the board meanwhile.

    Raises:
        RefusedError: the region is not inside the flash.
        LoaderStoppedError: something has befallen it.
    """

    def __init__(
        self,
        flash: NorFlash,
        offset: int,
        size: int,
        *,
        compressed: bool,
        erase_first: bool,
        mishaps: Mishaps,
    ) -> None:
        if offset + size > flash.size:
            raise RefusedError(Fault.FLASH)
        self._flash = flash
        self._mishaps = mishaps
        self._position = offset
        self._end = offset + size
        self._erased_to = offset - offset % SECTOR
        self._inflate = zlib.decompressobj() if compressed else None
        if erase_first:
            self._erase_to(self._end)

    @property
    def compressed(self) -> bool:
        """Whether the download was begun as a compressed one."""
        return self._inflate is not None

    @property
    def remaining(self) -> int:
        """Number of bytes announced and not yet written."""
        return self._end - self._position

    def write(self, block: bytes) -> None:
        """Program one block, inflating it first where the download is compressed.

        The last uncompressed block is padded by the host; what is beyond the announced size is
        cut off.

        Raises:
            RefusedError: the stream is corrupt, or there is more data than was announced.
            LoaderStoppedError: something has befallen the board, perhaps amid the block.
        """
        if self._inflate is None:
            if not self.remaining:
                raise RefusedError(Fault.TOO_MUCH_DATA)
            block = block[: self.remaining]
        else:
            try:
                # One byte of headroom shows an overlong stream without inflating all of it.
                block = self._inflate.decompress(block, self.remaining + 1)
            except zlib.error as error:
                raise RefusedError(Fault.INFLATE) from error
            if len(block) > self.remaining:
                raise RefusedError(Fault.TOO_MUCH_DATA)
        self._erase_to(self._position + len(block))
        for piece in self._mishaps.writing(block):
            self._flash.program(self._position, piece)
            self._position += len(piece)

    def _erase_to(self, end: int) -> None:
        end += -end % SECTOR
        if end > self._erased_to:
            self._mishaps.reach(Point.ERASE)
            self._flash.erase(self._erased_to, end - self._erased_to)
            self._erased_to = end
