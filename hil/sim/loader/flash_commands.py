# SPDX-License-Identifier: MIT
"""The loader's commands that read, erase and write the flash.

Parameters and answers: esptool documentation, "Serial Protocol"; what the stub does differently:
espressif/esp-flasher-stub, ``src/command_handler.c``.
"""

import hashlib
from collections.abc import Callable
from functools import partial

from hil.sim.chip.nor import SECTOR, FlashRangeError, NorFlash
from hil.sim.faults.moment import Point
from hil.sim.loader.command import Answer, Fault, RefusedError, words
from hil.sim.loader.flash_writer import FlashWriter
from hil.sim.loader.mishaps import Mishaps
from hil.sim.loader.slip import encode

_SLOW_READ = 64  # READ_FLASH_SLOW answers this many bytes, however few were asked for


class FlashCommands:
    """Flash access for the ROM, or for the stub once ``stub`` is set.

    Args:
        flash: the flash behind the commands.
        transmit: sends bytes that are not an answer: the packets of READ_FLASH.
        run: leaves the loader and boots what is in flash.
        mishaps: what may befall the board at these commands.
    """

    def __init__(
        self,
        flash: NorFlash,
        transmit: Callable[[bytes], None],
        run: Callable[[], None],
        mishaps: Mishaps,
    ) -> None:
        self.stub = False
        self._flash = flash
        self._transmit = transmit
        self._run = run
        self._mishaps = mishaps
        self._writer: FlashWriter | None = None
        self._outgoing: tuple[bytes, int] | None = None

    def begin(self, data: bytes, *, compressed: bool = False) -> Answer:
        """FLASH_BEGIN, FLASH_DEFL_BEGIN: size, blocks, block size, offset[, encrypted]."""
        size, _blocks, _block_size, offset = words(data, 4)
        self._writer = FlashWriter(
            self._flash,
            offset,
            size,
            compressed=compressed,
            erase_first=not self.stub,
            mishaps=self._mishaps,
        )
        return Answer()

    def data(self, block: bytes, *, compressed: bool = False) -> Answer:
        """FLASH_DATA, FLASH_DEFL_DATA: the stub answers first and writes while the host sends."""
        if self._writer is None or self._writer.compressed is not compressed:
            raise RefusedError(Fault.NOT_BEGUN)
        if self.stub:
            return Answer(then=partial(self._writer.write, block))
        self._writer.write(block)
        return Answer()

    def end(self, _data: bytes) -> Answer:
        """FLASH_END, FLASH_DEFL_END: 0 to reboot, 1 to run the program; the stub does neither."""
        writer, self._writer = self._writer, None
        if writer is None:
            raise RefusedError(Fault.NOT_BEGUN)
        if not self.stub:
            return Answer(then=self._run)
        if writer.remaining:
            raise RefusedError(Fault.LENGTH)
        return Answer()

    def md5(self, data: bytes) -> Answer:
        """SPI_FLASH_MD5: address, size, 0, 0; the ROM answers in hexadecimal, the stub in bytes."""
        self._mishaps.reach(Point.VERIFY)
        address, size = words(data, 2)
        digest = hashlib.md5(self._read(address, size), usedforsecurity=False)
        return Answer(body=digest.digest() if self.stub else digest.hexdigest().encode())

    def read_slow(self, data: bytes) -> Answer:
        """READ_FLASH_SLOW (ROM): address, length of at most 64."""
        address, length = words(data, 2)
        if length > _SLOW_READ:
            raise RefusedError(Fault.LENGTH)
        return Answer(body=self._read(address, length).ljust(_SLOW_READ, b"\0"))

    def read(self, data: bytes) -> Answer:
        """READ_FLASH (stub): address, size, packet size, packets in flight (taken as 1)."""
        address, size, packet_size, _in_flight = words(data, 4)
        if not 0 < packet_size <= SECTOR:
            raise RefusedError(Fault.LENGTH)
        self._outgoing = self._read(address, size), packet_size
        return Answer(then=partial(self.acknowledge, 0))

    @property
    def reading(self) -> bool:
        """Whether the host's next four bytes acknowledge a packet of READ_FLASH."""
        return self._outgoing is not None

    def stop_reading(self) -> None:
        """Forget a READ_FLASH that the host has abandoned."""
        self._outgoing = None

    def acknowledge(self, received: int) -> None:
        """Send the packet after the first ``received`` bytes; after all of them, their MD5."""
        if self._outgoing is None:
            return
        content, packet_size = self._outgoing
        if received < len(content):
            self._transmit(encode(content[received : received + packet_size]))
            return
        self._outgoing = None
        self._transmit(encode(hashlib.md5(content, usedforsecurity=False).digest()))

    def erase_all(self, _data: bytes) -> Answer:
        """ERASE_FLASH (stub): no parameters."""
        self._mishaps.reach(Point.ERASE)
        self._flash.erase(0, self._flash.size)
        return Answer()

    def erase_region(self, data: bytes) -> Answer:
        """ERASE_REGION (stub): offset and size, both multiples of the sector size."""
        offset, size = words(data, 2)
        if offset % SECTOR or size % SECTOR:
            raise RefusedError(Fault.LENGTH)
        self._mishaps.reach(Point.ERASE)
        try:
            self._flash.erase(offset, size)
        except FlashRangeError as error:
            raise RefusedError(Fault.FLASH) from error
        return Answer()

    def _read(self, address: int, size: int) -> bytes:
        try:
            return self._flash.read(address, size)
        except FlashRangeError as error:
            raise RefusedError(Fault.FLASH) from error
