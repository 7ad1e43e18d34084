# SPDX-License-Identifier: MIT
"""The boot chain: from a reset to the application that the flash holds, in the chip's own words.

ROM, then second-stage bootloader (partition table with its MD5, otadata, image checks), as in
ESP-IDF's ``bootloader_utility.c`` and ``flash_partitions.c``. A failure prints what the chip prints
and stops there; where a chip would reset and try for ever, the virtual board waits, so that a log
stays readable.
"""

import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass

from esp_idf_defs import PartitionTable
from esp_idf_defs.app_description import AppDescription
from esp_idf_defs.partitions import InputError, PartitionDefinition

from hil.sim.image import Image, ImageError, parse_image
from hil.sim.nor import SECTOR, NorFlash

BOOTLOADER_LIMIT = 0x8000
TABLE_OFFSET = 0x8000
TABLE_LENGTH = 0xC00

TYPE_APP, TYPE_DATA = 0, 1
SUBTYPE_FACTORY, SUBTYPE_OTA, SUBTYPE_TEST = 0x00, 0x10, 0x20
SUBTYPE_OTADATA = 0x00
SUBTYPES_MODEL = (0x40, 0x41)

USAGES = {
    (TYPE_DATA, 0x00): "OTA data",
    (TYPE_DATA, 0x01): "RF data",
    (TYPE_DATA, 0x02): "WiFi data",
    (TYPE_DATA, 0x04): "NVS keys",
    (TYPE_DATA, 0x05): "efuse",
}

MARKER = struct.Struct("<8sII")  # firmware/virtual/pack.py writes it behind esp_app_desc_t
MARKER_MAGIC = b"HILWASM\0"

Say = Callable[[str], None]


class BootError(Exception):
    """The board does not boot; everything there is to say has been printed."""


@dataclass(frozen=True)
class Booted:
    """What the bootloader hands over to: application and model partition (offset, size), if any."""

    description: AppDescription
    module: bytes
    model_slot: tuple[int, int] | None


def boot_chain(flash: NorFlash, say: Say) -> Booted:
    """Boot what is in the flash, from where the ROM has printed the reason of the reset.

    Args:
        flash: the board's flash.
        say: prints one line to the console.

    Raises:
        BootError: the flash holds nothing that boots.
    """
    bootloader = _rom(flash, say)
    say(f"entry 0x{bootloader.entry:08x}")
    say("I (24) boot: ESP-IDF 2nd stage bootloader")
    table = _partition_table(flash, say)
    partition, image = _application(flash, table, say)
    say(f"I (60) boot: Loaded app from partition at offset 0x{partition.offset:x}")
    description = AppDescription.from_bytes_or_none(image.segments[0].data)
    if description is None:
        say("E (62) hil-sim: the application has no esp_app_desc_t: it was not built with ESP-IDF")
        raise BootError
    say(f"I (70) app_init: Project name:     {description.project_name}")
    say(f"I (70) app_init: App version:      {description.version}")
    say(f"I (70) app_init: ELF file SHA256:  {description.elf_sha256.hex()[:9]}...")
    module = _module(image)
    if module is None:
        say(
            f"E (72) hil-sim: '{description.project_name}' is Xtensa code for a real chip; "
            "the virtual board runs images made by 'hil firmware build'"
        )
        raise BootError
    slots = [p for p in table if p.type == TYPE_DATA and p.subtype in SUBTYPES_MODEL]
    slot = (slots[0].offset, slots[0].size) if slots else None
    return Booted(description, module, slot)


def _rom(flash: NorFlash, say: Say) -> Image:
    raw = flash.read(0, BOOTLOADER_LIMIT)
    say("SPIWP:0xee")
    say("mode:DIO, clock div:1")
    try:
        image = parse_image(raw)
    except ImageError as error:
        if raw[0] != 0xE9:
            say(f"invalid header: 0x{int.from_bytes(raw[:4], 'little'):08x}")
        else:
            # The ROM names no reason; the virtual one does, in its own voice.
            say("ets_main.c 329")
            say(f"E (0) hil-sim: the bootloader at 0x0 is not sound: {error}")
        raise BootError from error
    for segment in image.segments:
        say(f"load:0x{segment.address:08x},len:0x{len(segment.data):x}")
    return image


def _partition_table(flash: NorFlash, say: Say) -> PartitionTable:
    try:
        table = PartitionTable.from_binary(flash.read(TABLE_OFFSET, TABLE_LENGTH))
        if not table:
            raise InputError("partition 0 invalid magic number 0xffff")
        for index, p in enumerate(table):
            if p.offset + p.size > flash.size:
                raise InputError(
                    f"partition {index} invalid - offset 0x{p.offset:x} size 0x{p.size:x} "
                    f"exceeds flash chip size 0x{flash.size:x}"
                )
    except (InputError, ValueError) as error:  # ValueError: a name that is no UTF-8
        text = "Incorrect MD5 checksum" if "MD5" in str(error) else str(error)
        say(f"E (30) flash_parts: {text}")
        say("E (30) boot: Failed to verify partition table")
        say("E (30) boot: load partition table error!")
        raise BootError from error
    say("I (30) boot: Partition Table:")
    say("I (30) boot: ## Label            Usage          Type ST Offset   Length")
    for index, p in enumerate(table):
        say(
            f"I (30) boot: {index:2d} {p.name:<16} {_usage(p):<16} "
            f"{p.type:02x} {p.subtype:02x} {p.offset:08x} {p.size:08x}"
        )
    say("I (30) boot: End of partition table")
    return table


def _usage(p: PartitionDefinition) -> str:
    if p.type == TYPE_APP:
        if p.subtype == SUBTYPE_FACTORY:
            return "factory app"
        return "test app" if p.subtype == SUBTYPE_TEST else "OTA app"
    return USAGES.get((p.type, p.subtype), "Unknown data")


def _application(
    flash: NorFlash, table: PartitionTable, say: Say
) -> tuple[PartitionDefinition, Image]:
    """Load the partition that otadata selects, else the others in the bootloader's order."""
    apps = [p for p in table if p.type == TYPE_APP]
    factory = [p for p in apps if p.subtype == SUBTYPE_FACTORY]
    slots = sorted(
        (p for p in apps if SUBTYPE_OTA <= p.subtype < SUBTYPE_TEST), key=lambda p: int(p.subtype)
    )
    selected = _ota_selection(flash, table, len(slots))
    if selected is None:
        say(
            "I (34) boot: Defaulting to factory image"
            if factory
            else "I (34) boot: No factory image, trying OTA 0"
        )
        order = factory + slots
    else:
        # From the selected slot down, then up, then factory: bootloader_utility_load_boot_image.
        order = [*reversed(slots[: selected + 1]), *slots[selected + 1 :], *factory]
    for p in order:
        try:
            image = parse_image(flash.read(p.offset, p.size), p.offset)
        except ImageError as error:
            say(f"E (40) esp_image: {error}")
            slot = (
                "Factory app partition"
                if p in factory
                else f"OTA app partition slot {slots.index(p)}"
            )
            say(f"E (41) boot: {slot} is not bootable")
            continue
        for index, segment in enumerate(image.segments):
            say(
                f"I (50) esp_image: segment {index}: paddr={segment.offset:08x} "
                f"vaddr={segment.address:08x} "
                f"size={len(segment.data):05x}h ({len(segment.data):6d})"
            )
        return p, image
    say("E (50) boot: No bootable app partitions in the partition table")
    raise BootError


def _ota_selection(flash: NorFlash, table: PartitionTable, slots: int) -> int | None:
    """Return the app slot that otadata names, or None while it is in its initial state.

    ``esp_idf_defs`` (0.1.7) accepts an entry whatever its CRC, so the check is made here.
    """
    otadata = [p for p in table if p.type == TYPE_DATA and p.subtype == SUBTYPE_OTADATA]
    if not otadata or not slots:
        return None
    sequences = []
    for index in range(2):
        entry = flash.read(otadata[0].offset + index * SECTOR, 32)
        sequence, state, crc = struct.unpack("<I20xII", entry)
        aborted = state in (3, 4)  # ESP_OTA_IMG_INVALID, ESP_OTA_IMG_ABORTED
        if sequence != 0xFFFFFFFF and crc == binascii.crc32(entry[:4], 0xFFFFFFFF) and not aborted:
            sequences.append(sequence)
    return (max(sequences) - 1) % slots if sequences else None


def _module(image: Image) -> bytes | None:
    """Return the WebAssembly module of one of our images, None for any other image."""
    data = image.segments[0].data[AppDescription.SIZE :]
    if len(data) < MARKER.size:
        return None
    magic, version, length = MARKER.unpack_from(data)
    if magic != MARKER_MAGIC or version != 1 or MARKER.size + length > len(data):
        return None
    return data[MARKER.size : MARKER.size + length]
