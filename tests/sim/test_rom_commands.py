# SPDX-License-Identifier: MIT
"""The ROM loader and the stub, command by command, without a serial port."""

import hashlib
import struct
import zlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.esp32s3 import USER_DATA
from hil.sim.chip.chip import Chip, esp32, esp32c3, esp32s3, virtual_mac
from hil.sim.chip.nor import MIB, SECTOR, NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.faults.injector import Injector
from hil.sim.loader.command import checksum
from hil.sim.loader.registers import MOST_WRITTEN
from hil.sim.loader.rom import SYNC_REQUEST, RomLoader
from hil.sim.loader.slip import SlipDecoder, encode

FLASH_BEGIN, FLASH_DATA, FLASH_END, MEM_END, SYNC = 0x02, 0x03, 0x04, 0x06, 0x08
WRITE_REG, READ_REG, READ_SLOW, CHANGE_BAUD = 0x09, 0x0A, 0x0E, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5, SECURITY = 0x10, 0x11, 0x12, 0x13, 0x14
ERASE_FLASH, ERASE_REGION, READ_FLASH = 0xD0, 0xD1, 0xD2

OK = b"\0\0"
WATCHDOG_KEY, WATCHDOG_CONFIG = 0x6000_80B0, 0x6000_8098
OPTION1 = 0x6000_812C


@dataclass
class Host:
    """A board that records what the loader does to it."""

    chip: Chip = field(default_factory=lambda: esp32s3(virtual_mac(1)))
    flash: NorFlash = field(default_factory=lambda: NorFlash(MIB))
    has_modem_lines: bool = True
    baud: int = 115_200
    restarts: list[ResetReason] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)

    def transmit(self, data: bytes) -> None:
        self.packets += SlipDecoder().feed(data)

    def set_uart_baud(self, baud: int) -> None:
        self.baud = baud

    def restart(self, reason: ResetReason) -> None:
        self.restarts.append(reason)

    def unplug(self, seconds: float) -> None:
        raise AssertionError("nobody pulls the plug")


class Session:
    """The host's end: sends commands, returns answers."""

    def __init__(self, *, stub: bool = False, **host: object) -> None:
        self.host = Host(**host)  # type: ignore[arg-type]
        self.loader = RomLoader(self.host, Injector())
        self.status = slice(-2, None) if stub else slice(-4, -2)
        if stub:
            self.loader.feed(request(MEM_END, words(0, 0x4037_8000)))
            assert self.host.packets.pop() == b"OHAI"

    def send(self, stream: bytes) -> list[bytes]:
        self.host.packets.clear()
        self.loader.feed(stream)
        return self.host.packets

    def command(self, op: int, data: bytes = b"", chk: int = 0) -> bytes:
        """Return the status bytes of the one answer."""
        (answer,) = self.send(request(op, data, chk))
        assert answer[:2] == bytes([1, op])
        return answer[self.status]

    def block(self, op: int, block: bytes) -> bytes:
        return self.command(op, words(len(block), 0, 0, 0) + block, checksum(block))


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def request(op: int, data: bytes = b"", chk: int = 0) -> bytes:
    return encode(struct.pack("<BBHI", 0, op, len(data), chk) + data)


both = pytest.mark.parametrize("stub", [False, True], ids=["rom", "stub"])


@pytest.fixture(params=[False, True], ids=["rom", "stub"])
def session(request: pytest.FixtureRequest) -> Session:
    return Session(stub=request.param)


def refused(session: Session, rom: int, stub: int) -> bytes:
    return bytes([stub, 0]) if session.loader.stub_running else bytes([1, rom])


def test_sync_is_answered_eight_times_and_shows_who_answers(session: Session) -> None:
    answers = session.send(SYNC_REQUEST)
    values = {struct.unpack_from("<I", answer, 4)[0] for answer in answers}
    assert len(answers) == 8
    assert values == ({0} if session.loader.stub_running else {0x20120707})


def test_a_block_with_a_wrong_checksum_is_not_written(session: Session) -> None:
    assert session.command(FLASH_BEGIN, words(16, 1, 16, 0)) == OK
    block = words(16, 0, 0, 0) + bytes(16)
    for wrong in (0xEE, 0x1EF):
        assert session.command(FLASH_DATA, block, wrong) == refused(session, 0x07, 0xC1)
    assert session.host.flash.read(0, 16) == b"\xff" * 16


@pytest.mark.parametrize(
    ("op", "data"),
    [
        (READ_REG, b"\0\0\0"),
        (WRITE_REG, b""),
        (WRITE_REG, words(1, 2, 3)),
        (FLASH_BEGIN, words(1, 2, 3)),
        (MD5, words(0, 1)),
        (FLASH_DATA, b"short"),
        (FLASH_DATA, words(99, 0, 0, 0) + b"not 99 bytes"),
        (SYNC, b"\x07\x07\x12\x20"),
    ],
)
def test_a_payload_of_the_wrong_length_is_refused(session: Session, op: int, data: bytes) -> None:
    assert session.command(op, data) == refused(session, 0x05, 0xC0)


def test_a_header_that_lies_about_the_length_is_refused(session: Session) -> None:
    (answer,) = session.send(encode(struct.pack("<BBHI", 0, READ_REG, 8, 0) + words(0)))
    assert answer[session.status] == refused(session, 0x05, 0xC0)


def test_the_rom_answers_what_it_does_not_know_eight_times_without_naming_it() -> None:
    answers = Session().send(request(ERASE_FLASH))
    assert answers == [bytes.fromhex("01 00 0400 00000000 01 05 0000")] * 8


def test_the_stub_names_the_command_it_does_not_know() -> None:
    assert Session(stub=True).command(READ_SLOW, words(0, 4)) == b"\xc3\0"


@pytest.mark.parametrize("op", [FLASH_DATA, DEFL_DATA])
def test_a_block_without_a_begin_is_refused(session: Session, op: int) -> None:
    assert session.block(op, b"data") == refused(session, 0x06, 0xC6)


def test_an_uncompressed_block_does_not_fit_a_compressed_download(session: Session) -> None:
    assert session.command(DEFL_BEGIN, words(16, 1, 16, 0)) == OK
    assert session.block(FLASH_DATA, bytes(16)) == refused(session, 0x06, 0xC6)


@pytest.mark.parametrize("op", [FLASH_BEGIN, DEFL_BEGIN])
def test_a_download_past_the_end_is_refused_and_erases_nothing(session: Session, op: int) -> None:
    session.host.flash.program(MIB - SECTOR, b"kept")
    assert session.command(op, words(2 * SECTOR, 1, SECTOR, MIB - SECTOR)) == refused(
        session, 0x08, 0xC4
    )
    assert session.host.flash.read(MIB - SECTOR, 4) == b"kept"


def test_a_compressed_download_ends_up_in_flash(session: Session) -> None:
    content = bytes(range(256)) * 40
    stream = zlib.compress(content)
    half = len(stream) // 2
    assert session.command(DEFL_BEGIN, words(len(content), 2, half, SECTOR, 0)) == OK
    assert session.block(DEFL_DATA, stream[:half]) == OK
    assert session.block(DEFL_DATA, stream[half:]) == OK
    assert session.command(DEFL_END, words(1)) == OK
    assert session.command(DEFL_END, words(1)) == refused(session, 0x06, 0xC6)
    assert session.host.flash.read(SECTOR, len(content)) == content


def test_the_padding_of_the_last_block_is_not_written(session: Session) -> None:
    assert session.command(FLASH_BEGIN, words(4, 1, 16, 0)) == OK
    assert session.block(FLASH_DATA, b"data" + bytes(12)) == OK
    assert session.host.flash.read(0, 8) == b"data\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("stream", "rom", "stub"),
    [(b"not a zlib stream", 0x0B, 0xC7), (zlib.compress(bytes(MIB)), 0x06, 0xC9)],
    ids=["corrupt", "overlong"],
)
def test_a_bad_stream_is_refused_by_the_stub_one_answer_later(
    session: Session, stream: bytes, rom: int, stub: int
) -> None:
    assert session.command(DEFL_BEGIN, words(16, 1, len(stream), 0)) == OK
    answer = session.block(DEFL_DATA, stream)
    if session.loader.stub_running:
        assert answer == OK
        answer = session.command(MD5, words(0, 16, 0, 0))
    assert answer == refused(session, rom, stub)
    assert session.host.flash.read(0, MIB) == b"\xff" * MIB


def test_the_stub_does_not_end_a_download_with_data_missing() -> None:
    session = Session(stub=True)
    assert session.command(FLASH_BEGIN, words(32, 2, 16, 0)) == OK
    assert session.block(FLASH_DATA, bytes(16)) == OK
    assert session.command(FLASH_END, words(1)) == b"\xc0\0"


def test_a_download_cut_short_erases_all_in_the_rom_and_what_it_reached_in_the_stub(
    session: Session,
) -> None:
    session.host.flash.program(0, bytes(4 * SECTOR))
    assert session.command(FLASH_BEGIN, words(4 * SECTOR, 4, SECTOR, 0)) == OK
    assert session.block(FLASH_DATA, b"x" * 16) == OK
    rest = session.host.flash.read(SECTOR, 3 * SECTOR)
    assert rest == (bytes(3 * SECTOR) if session.loader.stub_running else b"\xff" * 3 * SECTOR)


def test_leaving_the_rom_boots_from_flash() -> None:
    session = Session()
    assert session.command(FLASH_BEGIN, words(0, 0, 1024, 0)) == OK
    assert session.command(FLASH_END, words(1)) == OK
    assert session.host.restarts == [ResetReason.RTC_SW_CPU_RST]


def test_md5_is_of_the_flash(session: Session) -> None:
    session.host.flash.program(5, b"content")
    digest = hashlib.md5(b"content", usedforsecurity=False)
    (answer,) = session.send(request(MD5, words(5, 7, 0, 0)))
    stub = session.loader.stub_running
    assert answer[8 : session.status.start] == (
        digest.digest() if stub else digest.hexdigest().encode()
    )
    assert session.command(MD5, words(MIB, 1, 0, 0)) == refused(session, 0x08, 0xC4)


def test_the_rom_reads_flash_in_blocks_of_64_bytes() -> None:
    session = Session()
    session.host.flash.program(0, b"content")
    (answer,) = session.send(request(READ_SLOW, words(0, 7)))
    assert answer[8:-4] == b"content".ljust(64, b"\0")
    assert session.command(READ_SLOW, words(0, 65)) == b"\1\5"
    assert session.command(READ_SLOW, words(MIB, 4)) == b"\1\x08"


def test_the_stub_sends_the_next_packet_after_an_acknowledgement_and_the_md5_last() -> None:
    session = Session(stub=True)
    content = bytes(range(10))
    session.host.flash.program(0, content)
    answer, first = session.send(request(READ_FLASH, words(0, 10, 4, 64)))
    assert answer[session.status] == OK
    received = first
    while len(received) < 10:
        (packet,) = session.send(encode(words(len(received))))
        received += packet
    assert received == content
    (digest,) = session.send(encode(words(10)))
    assert digest == hashlib.md5(content, usedforsecurity=False).digest()


def test_an_abandoned_read_does_not_swallow_the_next_command() -> None:
    session = Session(stub=True)
    session.send(request(READ_FLASH, words(0, 10, 4, 64)))
    assert len(session.send(SYNC_REQUEST)) == 8
    assert session.send(encode(words(4))) == []


def test_the_stub_reads_in_packets_of_at_most_a_sector() -> None:
    session = Session(stub=True)
    assert session.command(READ_FLASH, words(0, 2 * SECTOR, SECTOR + 1, 64)) == b"\xc0\0"
    assert session.command(READ_FLASH, words(0, 2 * SECTOR, 0, 64)) == b"\xc0\0"


def test_reading_and_erasing_past_the_end_is_refused() -> None:
    session = Session(stub=True)
    assert session.command(READ_FLASH, words(MIB - 4, 8, 4, 64)) == b"\xc4\0"
    assert session.command(ERASE_REGION, words(MIB, SECTOR)) == b"\xc4\0"


def test_erasing_needs_whole_sectors() -> None:
    session = Session(stub=True)
    session.host.flash.program(0, bytes(2 * SECTOR))
    assert session.command(ERASE_REGION, words(1, SECTOR)) == b"\xc0\0"
    assert session.command(ERASE_REGION, words(SECTOR, SECTOR)) == OK
    assert session.host.flash.read(0, 2 * SECTOR) == bytes(SECTOR) + b"\xff" * SECTOR
    assert session.command(ERASE_FLASH) == OK
    assert session.host.flash.read(0, SECTOR) == b"\xff" * SECTOR


def test_the_chip_tells_over_the_rom_protocol_that_it_is_virtual() -> None:
    session = Session()
    mark = b"".join(
        session.send(request(READ_REG, words(USER_DATA + offset)))[0][4:8]
        for offset in range(0, 32, 4)
    )
    assert mark == b"hil-virtual".ljust(32, b"\0")


@both
def test_security_info_holds_the_chip_id_where_the_chip_has_the_command(stub: bool) -> None:
    (answer,) = Session(stub=stub).send(request(SECURITY))
    assert struct.unpack_from("<IB7xI", answer, 8)[2] == 9
    other = Session(stub=stub, chip=esp32(virtual_mac(2)))
    assert other.send(request(SECURITY))[0][other.status][0] == (0xFF if stub else 1)


def test_another_chip_says_which_one_it_is() -> None:
    (answer,) = Session(chip=esp32c3(virtual_mac(2))).send(request(SECURITY))
    assert struct.unpack_from("<IB7xI", answer, 8)[2] == 5


@pytest.mark.parametrize(
    ("op", "data"),
    [
        (READ_REG, words(USER_DATA)),
        (WRITE_REG, words(OPTION1, 0, 1, 0)),
        (MEM_END, words(0, 0x4037_8000)),
        (READ_SLOW, words(0, 4)),
        (MD5, words(0, 4, 0, 0)),
    ],
)
def test_in_secure_download_mode_nothing_can_be_read_or_run(op: int, data: bytes) -> None:
    session = Session(chip=esp32s3(virtual_mac(1), secure_download=True))
    answers = session.send(request(op, data))
    assert answers == [bytes.fromhex("01 00 0400 00000000 01 05 0000")] * 8
    assert not session.loader.stub_running


def test_in_secure_download_mode_the_rom_says_so_and_writes_flash() -> None:
    session = Session(chip=esp32s3(virtual_mac(1), secure_download=True))
    (answer,) = session.send(request(SECURITY))
    assert struct.unpack_from("<IB7xI", answer, 8) == (1 << 2, 0, 9)
    assert session.command(FLASH_BEGIN, words(4, 1, 4, 0)) == OK
    assert session.block(FLASH_DATA, b"data") == OK
    assert session.host.flash.read(0, 4) == b"data"


def test_the_watchdog_resets_the_chip_only_when_armed(session: Session) -> None:
    assert session.command(WRITE_REG, words(WATCHDOG_KEY, 0, 0xFFFFFFFF, 0)) == OK
    assert session.host.restarts == []
    assert session.command(WRITE_REG, words(WATCHDOG_CONFIG, 1 << 31, 0xFFFFFFFF, 0)) == OK
    assert session.command(WRITE_REG, words(WATCHDOG_KEY, 0, 0xFFFFFFFF, 0)) == OK
    assert session.host.restarts == [ResetReason.RTCWDT_RTC_RST]


@pytest.mark.parametrize("modem_lines", [True, False])
def test_the_hard_reset_hint_counts_only_without_modem_lines(modem_lines: bool) -> None:
    session = Session(stub=True, has_modem_lines=modem_lines)
    assert session.command(WRITE_REG, words(OPTION1, 0, 1, 0)) == OK
    assert session.host.restarts == ([] if modem_lines else [ResetReason.POWERON])


def test_a_masked_register_write_leaves_the_other_bits(session: Session) -> None:
    address = 0x6000_0000
    session.command(WRITE_REG, words(address, 0xABCD, 0xFFFFFFFF, 0))
    session.command(WRITE_REG, words(address, 0, 0x00F0, 0))
    (answer,) = session.send(request(READ_REG, words(address)))
    assert struct.unpack_from("<I", answer, 4)[0] == 0xAB0D


def test_of_registers_written_at_random_the_last_are_held_and_the_chips_own_stay() -> None:
    chip = esp32s3(virtual_mac(1))
    session = Session(stub=True, chip=chip)
    addresses = range(4, 4 * (2 * MOST_WRITTEN + 1), 4)
    for at in range(0, len(addresses), 32):
        each = [words(address, 1, 0xFFFFFFFF, 0) for address in addresses[at : at + 32]]
        assert session.command(WRITE_REG, b"".join(each)) == OK

    def read(address: int) -> int:
        (answer,) = session.send(request(READ_REG, words(address)))
        return int(struct.unpack_from("<I", answer, 4)[0])

    assert [read(address) for address in addresses] == [0] * MOST_WRITTEN + [1] * MOST_WRITTEN
    assert {address: read(address) for address in chip.registers} == chip.registers


def test_the_baud_rate_changes_after_the_answer(session: Session) -> None:
    assert session.command(CHANGE_BAUD, words(921_600, 115_200)) == OK
    assert session.host.baud == 921_600


@given(
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from([*range(0x20), 0xD0, 0xD1, 0xD2, 0xD3, 0xFF]),
            st.one_of(
                st.binary(max_size=40),
                st.lists(st.integers(0, 2 * MIB), max_size=6).map(lambda v: words(*v)),
            ),
        ),
        max_size=8,
    ),
)
def test_no_sequence_of_commands_stops_the_loader(
    stub: bool, commands: list[tuple[int, bytes]]
) -> None:
    session = Session(stub=stub)
    for op, data in commands:
        session.send(request(op, data, checksum(data[16:])))
    session.send(SYNC_REQUEST)  # collects the failure that the stub may still owe
    assert len(session.send(SYNC_REQUEST)) == 8


@given(st.binary(max_size=200))
def test_noise_does_not_stop_the_loader(noise: bytes) -> None:
    session = Session()
    session.send(noise + b"\xc0")
    assert len(session.send(SYNC_REQUEST)) == 8
