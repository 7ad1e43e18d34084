# SPDX-License-Identifier: MIT
"""ROM download mode and the flasher stub that esptool loads into it.

Commands, their parameters and their answers: esptool documentation, "Serial Protocol"; what the
stub does differently: espressif/esp-flasher-stub, ``src/command_handler.c``. The uploaded stub is
not executed: running any code from RAM starts the one built in here.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from hil.sim.chip.chip import Chip
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.faults.injector import Injector
from hil.sim.faults.moment import Point
from hil.sim.loader.command import Answer, Fault, RefusedError, Request, checksum, response, words
from hil.sim.loader.flash_commands import FlashCommands
from hil.sim.loader.mishaps import LoaderStoppedError, Mishaps
from hil.sim.loader.registers import RegisterEffect, Registers
from hil.sim.loader.slip import SlipDecoder, encode

_SYNC = 0x08
_SYNC_PAYLOAD = b"\x07\x07\x12\x20" + 32 * b"\x55"

SYNC_REQUEST = encode(struct.pack("<BBHI", 0, _SYNC, len(_SYNC_PAYLOAD), 0) + _SYNC_PAYLOAD)
"""What every flashing tool sends first."""

_ROM_SYNC_VALUE = 0x2012_0707
_BLOCK_HEADER = 16  # length of the block, its sequence number, 0, 0
_SECURE_DOWNLOAD = 1 << 2  # among the flags of GET_SECURITY_INFO (esptool 5.6, loader.py)
_REPEATED = 8  # the ROM answers SYNC, and what it does not know, this many times


# What secure download mode leaves: SPI configuration, line rate, plain flash writes and the summary
# of security features (ESP-IDF, CONFIG_SECURE_ENABLE_SECURE_ROM_DL_MODE).
_SECURE_COMMANDS = (0x02, 0x03, 0x04, _SYNC, 0x0B, 0x0D, 0x0F, 0x10, 0x11, 0x12, 0x14)


class LoaderHost(Protocol):
    """What the loader needs of the board it runs on."""

    @property
    def chip(self) -> Chip:
        """The chip that the loader speaks for."""

    @property
    def flash(self) -> NorFlash:
        """The flash that is read and written."""

    @property
    def has_modem_lines(self) -> bool:
        """Whether the attached client can drive DTR and RTS."""

    def transmit(self, data: bytes) -> None:
        """Send bytes to the attached client."""

    def set_uart_baud(self, baud: int) -> None:
        """Change the chip's end of the serial line to another rate."""

    def restart(self, reason: ResetReason) -> None:
        """Leave the loader and boot from flash."""

    def unplug(self, seconds: float) -> None:
        """Pull the plug, and put it in again after so many real seconds."""


class _Command(NamedTuple):
    handler: Callable[[bytes], Answer]
    lengths: tuple[int, ...] = ()  # allowed payload lengths; empty: a header and a data block
    rom: bool = True
    stub: bool = True


class RomLoader:
    """Download mode, from the reset that enters it to the reset that leaves it.

    Args:
        host: the board.
        injector: what is to befall it.
        seed: of noise.
    """

    def __init__(self, host: LoaderHost, injector: Injector, seed: str = "") -> None:
        self._host = host
        self._mishaps = Mishaps(host, injector, seed)
        self._is_dead = False
        self._slip = SlipDecoder()
        self._registers = Registers(host.chip, host.flash)
        self._flash = flash = FlashCommands(
            host.flash,
            host.transmit,
            partial(host.restart, ResetReason.RTC_SW_CPU_RST),
            self._mishaps,
        )
        self._pending: Fault | None = None
        self._commands = {
            0x02: _Command(flash.begin, (16, 20)),
            0x03: _Command(flash.data),
            0x04: _Command(flash.end, (4,)),
            0x05: _Command(self._accept, (16,)),  # MEM_BEGIN: size, blocks, block size, address
            0x06: _Command(self._mem_end, (8,)),
            0x07: _Command(self._accept),  # MEM_DATA
            _SYNC: _Command(self._sync, (len(_SYNC_PAYLOAD),)),
            0x09: _Command(self._write_reg, tuple(range(16, 1024, 16))),
            0x0A: _Command(self._read_reg, (4,)),
            0x0B: _Command(self._accept, (24,)),  # SPI_SET_PARAMS: id, size, block, sector, ...
            0x0D: _Command(self._accept, (4, 8)),  # SPI_ATTACH: pins[, legacy]
            0x0E: _Command(flash.read_slow, (8,), stub=False),
            0x0F: _Command(self._change_baudrate, (8,)),
            0x10: _Command(partial(flash.begin, compressed=True), (16, 20)),
            0x11: _Command(partial(flash.data, compressed=True)),
            0x12: _Command(flash.end, (4,)),
            0x13: _Command(flash.md5, (16,)),
            0x14: _Command(self._get_security_info, (0,)),
            0xD0: _Command(flash.erase_all, (0,), rom=False),
            0xD1: _Command(flash.erase_region, (8,), rom=False),
            0xD2: _Command(flash.read, (16,), rom=False),
        }
        if host.chip.secure_download:
            self._commands = {op: self._commands[op] for op in _SECURE_COMMANDS}

    @property
    def stub_running(self) -> bool:
        """Whether the flasher stub has taken over from the ROM."""
        return self._flash.stub

    def feed(self, data: bytes) -> None:
        """Take bytes from the host and answer every request that is complete."""
        if self._is_dead:
            return
        try:
            self._take(data)
        except LoaderStoppedError:
            self._is_dead = True

    def _take(self, data: bytes) -> None:
        for packet in self._slip.feed(data):
            if self._flash.reading and len(packet) == 4:
                self._flash.acknowledge(*words(packet, 1))
                continue
            self._flash.stop_reading()
            request = Request.parse(packet)
            if request is not None:
                self._respond(request)

    def _respond(self, request: Request) -> None:
        stub = self.stub_running
        answer = Answer()
        try:
            answer = self._execute(request)
            status = b"\0\0"
        except RefusedError as refusal:
            status = bytes([refusal.fault.stub, 0] if stub else [1, refusal.fault.rom])
            if refusal.fault is Fault.UNKNOWN_COMMAND and not stub:
                # The ROM repeats this answer and names no command in it (esptool, loader.py).
                request = Request(0, 0, 0, b"")
                answer = Answer(repeat=_REPEATED)
        if not stub:
            status += b"\0\0"  # two reserved bytes that only the ROM sends
        self._host.transmit(encode(response(request.op, answer, status)) * answer.repeat)
        if answer.then is not None:
            try:
                answer.then()
            except RefusedError as refusal:
                self._pending = refusal.fault

    def _execute(self, request: Request) -> Answer:
        if self._pending is not None:
            # The stub writes after it has answered: a failure shows in the next answer.
            fault, self._pending = self._pending, None
            raise RefusedError(fault)
        command = self._commands.get(request.op)
        if command is None or not (command.stub if self.stub_running else command.rom):
            raise RefusedError(Fault.UNKNOWN_COMMAND)
        if len(request.data) != request.length:
            raise RefusedError(Fault.LENGTH)
        if command.lengths:
            if request.length not in command.lengths:
                raise RefusedError(Fault.LENGTH)
            return command.handler(request.data)
        block = request.data[_BLOCK_HEADER:]
        if request.length < _BLOCK_HEADER or words(request.data, 1) != (len(block),):
            raise RefusedError(Fault.LENGTH)
        if checksum(block) != request.checksum:
            raise RefusedError(Fault.CHECKSUM)
        return command.handler(block)

    def _accept(self, _data: bytes) -> Answer:
        """Say yes to a command that changes nothing one could observe."""
        return Answer()

    def _sync(self, _data: bytes) -> Answer:
        """SYNC: by the value 0 the host sees that it is the stub that answers."""
        self._mishaps.reach(Point.CONNECT)
        return Answer(value=0 if self.stub_running else _ROM_SYNC_VALUE, repeat=_REPEATED)

    def _get_security_info(self, _data: bytes) -> Answer:
        """GET_SECURITY_INFO: flags, crypt count, 7 key purposes, chip id, API version."""
        chip_id = self._host.chip.chip_id
        if chip_id is None:
            raise RefusedError(
                Fault.NOT_IMPLEMENTED if self.stub_running else Fault.UNKNOWN_COMMAND
            )
        flags = _SECURE_DOWNLOAD if self._host.chip.secure_download else 0
        return Answer(body=struct.pack("<IB7xII", flags, 0, chip_id, 0))

    def _read_reg(self, data: bytes) -> Answer:
        """READ_REG: address; the register is the answer's value."""
        return Answer(value=self._registers.read(*words(data, 1)))

    def _write_reg(self, data: bytes) -> Answer:
        """WRITE_REG: one or more of address, value, mask, delay in microseconds."""
        effects = [
            self._registers.write(address, value, mask)
            for address, value, mask, _delay in struct.iter_unpack("<4I", data)
        ]
        if RegisterEffect.WATCHDOG_RESET in effects:
            return Answer(then=partial(self._host.restart, ResetReason.RTCWDT_RTC_RST))
        if RegisterEffect.DOWNLOAD_BOOT_CLEARED in effects and not self._host.has_modem_lines:
            # esptool clears this bit right before it toggles RTS. Over a transport without modem
            # lines the toggle never arrives, so this is the only sign that a reset is wanted.
            return Answer(then=partial(self._host.restart, ResetReason.POWERON))
        return Answer()

    def _change_baudrate(self, data: bytes) -> Answer:
        """CHANGE_BAUDRATE: new rate, old rate; the answer still goes out at the old one."""
        return Answer(then=partial(self._host.set_uart_baud, words(data, 1)[0]))

    def _mem_end(self, data: bytes) -> Answer:
        """MEM_END: 0 to run what was loaded (1 to stay), entry point."""
        stay, entry = words(data, 2)
        return Answer() if stay or not entry else Answer(then=self._start_stub)

    def _start_stub(self) -> None:
        self._flash.stub = True
        self._host.transmit(encode(b"OHAI"))
