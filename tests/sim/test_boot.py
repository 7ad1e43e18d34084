# SPDX-License-Identifier: MIT
"""The boot chain: what boots, and the chip's words for what does not."""

import hashlib
import struct
import subprocess
import sys

import pytest
from esp_idf_defs.otadata import OtaDataSelectEntry
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm

from hil.firmware import virtual as firmware_build
from hil.flash.otadata import selected_slot
from hil.sim.chip.boot import Booted, BootError, boot_chain
from hil.sim.chip.image import ImageError, parse_image
from hil.sim.chip.nor import SECTOR, NorFlash
from hil.sim.chip.otadata import OtaData, State

OTADATA, OTA_0, OTA_1 = 0xF000, 0x20000, 0x320000
TABLE = 0x8000
MODULE = wat2wasm('(module (memory (export "memory") 1))')

pytestmark = pytest.mark.skipif(
    not firmware_build.is_checkout(), reason="needs the repository's firmware/ directory"
)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """Flash files by offset, packed around a module that does nothing."""
    out = tmp_path_factory.mktemp("packed")
    (out / "module.wasm").write_bytes(MODULE)
    root = firmware_build.ROOT
    command = [
        *(sys.executable, str(root / "virtual" / "pack.py"), "--wasm", str(out / "module.wasm")),
        *("--version", "1.2.3", "--digest", "ab" * 32),
        *("--partitions", str(root / "partitions.csv"), "--out", str(out)),
    ]
    subprocess.run(command, check=True)
    return {
        0: (out / "bootloader/bootloader.bin").read_bytes(),
        TABLE: (out / "partition_table/partition-table.bin").read_bytes(),
        OTA_0: (out / "splitnode.bin").read_bytes(),
    }


def _quiet(_line: str) -> None:
    pass


def flash_with(content: dict[int, bytes]) -> NorFlash:
    flash = NorFlash()
    for offset, data in content.items():
        flash.program(offset, data)
    return flash


def boot(content: dict[int, bytes]) -> tuple[Booted | None, list[str]]:
    flash, lines = flash_with(content), []
    try:
        return boot_chain(flash, lines.append), lines
    except BootError:
        return None, lines


def test_packed_files_boot_and_hand_over_module_and_model_partition(
    files: dict[int, bytes],
) -> None:
    booted, lines = boot(files)
    assert booted is not None
    assert booted.module == MODULE
    assert booted.partition.name == "ota_0"
    assert not booted.on_trial
    assert [str(p.name) for p in booted.layout.models] == ["model_0", "model_1"]
    assert booted.description.version == "1.2.3"
    assert booted.description.elf_sha256.hex() == "ab" * 32
    assert "I (60) boot: Loaded app from partition at offset 0x20000" in lines


def test_erased_flash_prints_the_roms_invalid_header() -> None:
    booted, lines = boot({})
    assert booted is None
    assert lines[-1] == "invalid header: 0xffffffff"


def test_a_bootloader_with_a_flipped_bit_does_not_boot(files: dict[int, bytes]) -> None:
    broken = bytearray(files[0])
    broken[60] ^= 1
    booted, lines = boot(files | {0: bytes(broken)})
    assert booted is None
    assert "Checksum failed" in lines[-1]


def test_a_partition_table_with_a_bad_md5_is_refused(files: dict[int, bytes]) -> None:
    broken = bytearray(files[TABLE])
    broken[12] ^= 1  # in the first entry's label
    booted, lines = boot(files | {TABLE: bytes(broken)})
    assert booted is None
    assert "E (30) flash_parts: Incorrect MD5 checksum" in lines
    assert lines[-1] == "E (30) boot: load partition table error!"


def test_a_partition_name_that_is_no_text_is_refused_too(files: dict[int, bytes]) -> None:
    broken = bytearray(files[TABLE])
    broken[12] = 0xFF
    booted, lines = boot(files | {TABLE: bytes(broken)})
    assert booted is None
    assert lines[-1] == "E (30) boot: load partition table error!"


def with_entry(table: bytes, subtype: int, offset: int, size: int) -> bytes:
    """Return a table without MD5 whose partition of data of that subtype lies elsewhere."""
    entries = [table[at : at + 32] for at in range(0, table.index(b"\xeb\xeb"), 32)]
    changed = [
        each[:4] + struct.pack("<II", offset, size) + each[12:]
        if each[2:4] == bytes([1, subtype])
        else each
        for each in entries
    ]
    return b"".join(changed).ljust(0xC00, b"\xff")


def test_a_partition_that_no_sector_begins_with_is_refused(files: dict[int, bytes]) -> None:
    table = with_entry(files[TABLE], 0, OTADATA + 4, 0x2000)
    booted, lines = boot({**files, TABLE: table})
    assert booted is None
    assert any("offset 0xf004 is not aligned to 0x1000" in line for line in lines)


def test_an_otadata_that_is_too_small_is_refused(files: dict[int, bytes]) -> None:
    table = with_entry(files[TABLE], 0, (16 << 20) - 0x1000, 0x1000)
    booted, lines = boot({**files, TABLE: table})
    assert booted is None
    assert lines[-1] == (
        "E (35) boot: ota_info partition size 4096 is too small (minimum 8192 bytes)"
    )


def test_an_application_without_segments_is_none(files: dict[int, bytes]) -> None:
    header = bytearray(files[OTA_0][:24])
    header[1], header[23] = 0, 0
    image = bytes(header).ljust(31, b"\0") + b"\xef"
    booted, lines = boot({**files, OTA_0: image})
    assert booted is None
    assert "no esp_app_desc_t" in lines[-1]


def test_a_missing_partition_table_is_refused(files: dict[int, bytes]) -> None:
    booted, lines = boot({0: files[0], OTA_0: files[OTA_0]})
    assert booted is None
    assert "E (30) boot: Failed to verify partition table" in lines


def test_a_corrupted_application_is_not_bootable(files: dict[int, bytes]) -> None:
    broken = bytearray(files[OTA_0])
    broken[len(broken) // 2] ^= 1
    booted, lines = boot(files | {OTA_0: bytes(broken)})
    assert booted is None
    assert any("Checksum failed" in line for line in lines)
    assert lines[-1] == "E (50) boot: No bootable app partitions in the partition table"


def test_a_truncated_application_is_not_bootable(files: dict[int, bytes]) -> None:
    booted, lines = boot(files | {OTA_0: files[OTA_0][:-100]})
    assert booted is None
    assert "E (41) boot: OTA app partition slot 0 is not bootable" in lines


def test_the_second_slot_boots_when_the_first_is_broken(files: dict[int, bytes]) -> None:
    booted, lines = boot(files | {OTA_0: b"\xe9" + bytes(99), OTA_1: files[OTA_0]})
    assert booted is not None
    assert "I (60) boot: Loaded app from partition at offset 0x320000" in lines


def test_otadata_chooses_the_slot(files: dict[int, bytes]) -> None:
    both = files | {OTA_1: files[OTA_0]}
    entry = OtaDataSelectEntry.from_ota_slot(1).to_bytes()
    _, lines = boot(both | {OTADATA: entry})
    assert "I (60) boot: Loaded app from partition at offset 0x320000" in lines


def test_otadata_with_a_wrong_crc_is_ignored(files: dict[int, bytes]) -> None:
    entry = bytearray(OtaDataSelectEntry.from_ota_slot(1).to_bytes())
    entry[-1] ^= 1
    _, lines = boot(files | {OTA_1: files[OTA_0], OTADATA: bytes(entry)})
    assert "I (60) boot: Loaded app from partition at offset 0x20000" in lines


def test_the_first_boot_notes_in_otadata_which_slot_it_took(files: dict[int, bytes]) -> None:
    flash, lines = flash_with(files), []
    boot_chain(flash, lines.append)
    assert "I (61) boot: Set actual ota_seq=1 in otadata[0]" in lines
    assert selected_slot(flash.read(OTADATA, 2 * SECTOR), 2) == 0
    lines.clear()
    boot_chain(flash, lines.append)
    assert not any("No factory image" in line or "Set actual" in line for line in lines)


def test_a_new_application_runs_on_trial_once_and_the_next_boot_goes_back(
    files: dict[int, bytes],
) -> None:
    flash = flash_with(files | {OTA_1: files[OTA_0]})
    boot_chain(flash, _quiet)
    otadata = OtaData(flash, OTADATA, slots=2)
    otadata.try_next(1)
    tried = boot_chain(flash, _quiet)
    assert (tried.partition.name, tried.on_trial) == ("ota_1", True)
    back = boot_chain(flash, _quiet)
    assert (back.partition.name, back.on_trial) == ("ota_0", False)
    assert [entry.state for entry in otadata.entries] == [State.VALID, State.ABORTED]


def test_a_confirmed_application_stays(files: dict[int, bytes]) -> None:
    flash = flash_with(files | {OTA_1: files[OTA_0]})
    boot_chain(flash, _quiet)
    otadata = OtaData(flash, OTADATA, slots=2)
    otadata.try_next(1)
    boot_chain(flash, _quiet)
    otadata.confirm()
    for _ in range(2):
        booted = boot_chain(flash, _quiet)
        assert (booted.partition.name, booted.on_trial) == ("ota_1", False)


def test_a_new_application_that_is_not_bootable_leaves_the_old_one_running(
    files: dict[int, bytes],
) -> None:
    flash = flash_with(files | {OTA_1: b"\xe9" + bytes(99)})
    boot_chain(flash, _quiet)
    OtaData(flash, OTADATA, slots=2).try_next(1)
    for _ in range(2):
        booted = boot_chain(flash, _quiet)
        assert (booted.partition.name, booted.on_trial) == ("ota_0", False)


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=12))
def test_whatever_is_tried_and_confirmed_otadata_names_the_last_one_confirmed(
    tries: list[tuple[int, bool]],
) -> None:
    flash = NorFlash(2 * SECTOR)
    otadata = OtaData(flash, 0, slots=4)
    otadata.settle(0)
    kept = 0
    for step, is_confirmed in tries:
        slot = (kept + step) % 4  # never the one that runs
        otadata.try_next(slot)
        otadata.pass_on()
        assert otadata.selected() == slot
        assert otadata.is_on_trial(slot)
        if is_confirmed:
            otadata.confirm()
            kept = slot
        otadata.pass_on()
        assert otadata.selected() == selected_slot(flash.read(0, 2 * SECTOR), 4) == kept


def test_an_xtensa_application_boots_to_a_clear_message(files: dict[int, bytes]) -> None:
    """An image for a real chip: everything right, but no module behind the description."""
    foreign = bytearray(files[OTA_0])
    marker = foreign.index(b"HILWASM\0")
    foreign[marker : marker + 8] = bytes(8)
    booted, lines = boot(files | {OTA_0: seal(foreign)})
    assert booted is None
    assert "is Xtensa code for a real chip" in lines[-1]


@pytest.mark.parametrize("chip", [0, 5, 13])
def test_an_image_for_another_chip_is_refused(files: dict[int, bytes], chip: int) -> None:
    other = bytearray(files[OTA_0])
    struct.pack_into("<H", other, 12, chip)
    with pytest.raises(ImageError, match=f"mismatch chip ID, expected 9, found {chip}"):
        parse_image(seal(other))


def test_a_wrong_hash_is_told_apart_from_a_wrong_checksum(files: dict[int, bytes]) -> None:
    broken = bytearray(files[OTA_0])
    broken[-1] ^= 1
    with pytest.raises(ImageError, match="Image hash failed"):
        parse_image(bytes(broken))


def seal(image: bytearray) -> bytes:
    """Give an image of ours, changed on purpose, a right checksum and SHA-256 again."""
    at, checksum = 24, 0xEF
    for _ in range(image[1]):
        _, length = struct.unpack_from("<II", image, at)
        for byte in image[at + 8 : at + 8 + length]:
            checksum ^= byte
        at += 8 + length
    end = (at + 16) & ~15
    image[end - 1] = checksum
    return bytes(image[:end]) + hashlib.sha256(image[:end]).digest()
