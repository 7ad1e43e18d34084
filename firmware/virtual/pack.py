# SPDX-License-Identifier: GPL-2.0-or-later
"""Pack the core's WebAssembly module as ESP32-S3 flash files, laid out as by an ESP-IDF build.

Runs in a process of its own because it imports esptool. The images are genuine: esptool's own image
writer makes header, segments, checksum and SHA-256. What a real chip would execute is one
instruction that jumps to itself: the module is data, and only the virtual board knows what to do
with it. The marker behind ``esp_app_desc_t``, where ESP-IDF has an application's custom
description, tells the virtual board (and ``hil``, which never writes such an image to a chip).
"""

import argparse
import json
import struct
from pathlib import Path

from esp_idf_defs import PartitionTable
from esp_idf_defs.app_description import AppDescription
from esptool.bin_image import ELFSection, ESP32S3FirmwareImage

PROJECT = "splitnode-virtual"
MARKER = struct.Struct("<8sII")  # magic, format, length of the module
MARKER_MAGIC = b"HILWASM\0"

FLASH_MODE_DIO = 2
FLASH_16MB_80M = 0x40 | 0x0F
MAX_REVISION = (
    99  # esp_app_desc_t.max_efuse_blk_rev_full, in hundreds: any 0.x revision of the chip
)
MMU_PAGE_LOG2 = 16

DROM = 0x3C000020  # 0x20 into a page, as the segment's data is 0x20 into the image
IRAM = 0x40374000
JUMP_TO_SELF = bytes.fromhex("06ffff00")  # Xtensa "j .", padded to a word

BOOTLOADER_DRAM = 0x3FCE2810
BOOTLOADER_IRAM = 0x403C8700
BOOTLOADER_DESC = struct.Struct("<B3xI32s24s16x")  # esp_bootloader_desc_t
BOOTLOADER_DESC_MAGIC = 0x50

BOOTLOADER_OFFSET = 0x0
TABLE_OFFSET = 0x8000

SECTION_CUSTOM = 0


def read_leb128(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; return it and the offset behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def strip_debug(module: bytes) -> bytes:
    """Drop a module's DWARF sections but keep its function names, which panics print."""
    kept = bytearray(module[:8])
    at = 8
    while at < len(module):
        start, section = at, module[at]
        size, body = read_leb128(module, at + 1)
        at = body + size
        if section == SECTION_CUSTOM:
            length, name = read_leb128(module, body)
            if module[name : name + length] != b"name":
                continue
        kept += module[start:at]
    return bytes(kept)


def image(segments: list[tuple[str, int, bytes]], entry: int) -> bytes:
    """Let esptool write an application image of `segments` (name, address, data)."""
    writer = ESP32S3FirmwareImage()
    writer.entrypoint = entry
    writer.flash_mode = FLASH_MODE_DIO
    writer.flash_size_freq = FLASH_16MB_80M
    writer.max_rev_full = MAX_REVISION
    writer.segments = [
        ELFSection(name.encode(), address, data, 0) for name, address, data in segments
    ]
    return bytes(writer.save(None))


def application(module: bytes, version: str, digest: str) -> bytes:
    """Make the application image; `digest` (hexadecimal SHA-256) takes the place of the ELF's."""
    description = bytearray(
        AppDescription(
            project_name=PROJECT,
            version=version,
            idf_version="wasm32-freestanding",
            secure_version=0,
            elf_sha256=bytes.fromhex(digest),
        ).to_bytes()
    )
    struct.pack_into("<HHB", description, 176, 0, MAX_REVISION, MMU_PAGE_LOG2)
    marker = MARKER.pack(MARKER_MAGIC, 1, len(module))
    data = bytes(description) + marker + module
    data += bytes(-len(data) % 4)
    return image([(".flash.appdesc", DROM, data), (".iram0.text", IRAM, JUMP_TO_SELF)], IRAM)


def bootloader(version: str) -> bytes:
    """Make the bootloader's image: its descriptor, and nothing that a chip could boot with."""
    description = BOOTLOADER_DESC.pack(BOOTLOADER_DESC_MAGIC, 1, version.encode(), b"")
    return image(
        [
            (".dram0.bootdesc", BOOTLOADER_DRAM, description),
            (".iram.text", BOOTLOADER_IRAM, JUMP_TO_SELF),
        ],
        BOOTLOADER_IRAM,
    )


def pack(wasm: Path, version: str, digest: str, partitions: Path, out: Path) -> None:
    """Write bootloader, table, initial otadata, application and flasher_args.json into `out`."""
    table = PartitionTable.from_csv(partitions.read_text(encoding="utf-8"))
    table.verify(partition_table_offset=TABLE_OFFSET)
    otadata = table.find_by_name("otadata")
    files = {
        "bootloader": (BOOTLOADER_OFFSET, "bootloader/bootloader.bin", bootloader(version)),
        "partition-table": (TABLE_OFFSET, "partition_table/partition-table.bin", table.to_binary()),
        "otadata": (otadata.offset, "ota_data_initial.bin", b"\xff" * otadata.size),
        "app": (
            table.find_by_name("ota_0").offset,
            "splitnode.bin",
            application(strip_debug(wasm.read_bytes()), version, digest),
        ),
    }
    settings = {"flash_mode": "dio", "flash_size": "16MB", "flash_freq": "80m"}
    arguments = {
        "write_flash_args": [x for k, v in settings.items() for x in (f"--{k}", v)],
        "flash_settings": settings,
        "flash_files": {hex(offset): name for offset, name, _ in files.values()},
        **{
            role: {"offset": hex(offset), "file": name, "encrypted": "false"}
            for role, (offset, name, _) in files.items()
        },
        "extra_esptool_args": {
            "after": "hard_reset",
            "before": "default_reset",
            "stub": True,
            "chip": "esp32s3",
        },
    }
    for _, name, content in files.values():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (out / "flasher_args.json").write_text(json.dumps(arguments, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Parse the command line of :mod:`hil.firmware.virtual`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasm", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--digest", required=True)
    parser.add_argument("--partitions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pack(options.wasm, options.version, options.digest, options.partitions, options.out)


if __name__ == "__main__":
    main()
