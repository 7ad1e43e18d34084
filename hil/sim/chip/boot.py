# SPDX-License-Identifier: MIT
"""The boot chain: from a reset to the application that the flash holds, in the chip's own words.

ROM, then second-stage bootloader (partition table with its MD5, otadata, image checks), as in
ESP-IDF's ``bootloader_utility.c`` and ``flash_partitions.c``. A failure prints what the chip prints
and stops there; where a chip would reset and try for ever, the virtual board waits, so that a log
stays readable.
"""

from collections.abc import Callable
from dataclasses import dataclass

from esp_idf_defs import PartitionTable
from esp_idf_defs.app_description import AppDescription
from esp_idf_defs.partitions import InputError, PartitionDefinition

from hil.sim.chip.image import Image, ImageError, module_of, parse_image
from hil.sim.chip.layout import SUBTYPE_FACTORY, SUBTYPE_TEST, TYPE_APP, TYPE_DATA, Layout
from hil.sim.chip.nor import SECTOR, NorFlash
from hil.sim.chip.otadata import OtaData

BOOTLOADER_LIMIT = 0x8000
TABLE_OFFSET = 0x8000
TABLE_LENGTH = 0xC00
OTADATA_LEAST = 2 * SECTOR

USAGES = {
    (TYPE_DATA, 0x00): "OTA data",
    (TYPE_DATA, 0x01): "RF data",
    (TYPE_DATA, 0x02): "WiFi data",
    (TYPE_DATA, 0x04): "NVS keys",
    (TYPE_DATA, 0x05): "efuse",
}

Say = Callable[[str], None]


class BootError(Exception):
    """The board does not boot; everything there is to say has been printed."""


@dataclass(frozen=True)
class Booted:
    """What the bootloader hands over to, and where it was.

    Attributes:
        description: of the application.
        module: its code.
        layout: the partitions.
        partition: the application's.
        on_trial: whether the application has yet to be confirmed.
    """

    description: AppDescription
    module: bytes
    layout: Layout
    partition: PartitionDefinition
    on_trial: bool


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
    layout = Layout(table)
    partition, image, on_trial = _application(flash, layout, say)
    description = AppDescription.from_bytes_or_none(image.first)
    if description is None:
        say("E (62) hil-sim: the application has no esp_app_desc_t: it was not built with ESP-IDF")
        raise BootError
    say(f"I (70) app_init: Project name:     {description.project_name}")
    say(f"I (70) app_init: App version:      {description.version}")
    say(f"I (70) app_init: ELF file SHA256:  {description.elf_sha256.hex()[:9]}...")
    module = module_of(image)
    if module is None:
        say(
            f"E (72) hil-sim: '{description.project_name}' is Xtensa code for a real chip; "
            "the virtual board runs images made by 'hil firmware build'"
        )
        raise BootError
    return Booted(description, module, layout, partition, on_trial)


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
            if p.offset % SECTOR:  # no tool of ESP-IDF's makes such a table: nothing erases there
                raise InputError(
                    f"partition {index} invalid - offset 0x{p.offset:x} is not aligned to "
                    f"0x{SECTOR:x}"
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
    flash: NorFlash, layout: Layout, say: Say
) -> tuple[PartitionDefinition, Image, bool]:
    """Load the partition that otadata selects, else the others in the bootloader's order.

    Returns:
        The partition, its image, and whether it runs on trial.
    """
    slots, factory = layout.slots, layout.factory
    otadata = layout.otadata(flash)
    if otadata is not None and layout.otadata_size < OTADATA_LEAST:
        say(
            f"E (35) boot: ota_info partition size {layout.otadata_size} is too small "
            f"(minimum {OTADATA_LEAST} bytes)"
        )
        raise BootError
    selected = _selected(otadata, factory, say)
    if selected is None:
        order = factory + slots
    else:
        # From the selected slot down to factory, then up: bootloader_utility_load_boot_image.
        order = [*reversed(slots[: selected + 1]), *factory, *slots[selected + 1 :]]
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
        say(f"I (60) boot: Loaded app from partition at offset 0x{p.offset:x}")
        if otadata is None or p in factory:
            return p, image, False
        slot_number = slots.index(p)
        if not factory and all(entry.is_damaged for entry in otadata.entries):
            otadata.settle(slot_number)
            say(f"I (61) boot: Set actual ota_seq={slot_number + 1} in otadata[0]")
        return p, image, otadata.is_on_trial(slot_number)
    say("E (50) boot: No bootable app partitions in the partition table")
    raise BootError


def _selected(otadata: OtaData | None, factory: list[PartitionDefinition], say: Say) -> int | None:
    """Return the slot that otadata selects (bootloader_utility_get_selected_boot_partition)."""
    if otadata is None:
        return None
    otadata.pass_on()
    if all(entry.is_passed_over for entry in otadata.entries):
        say(
            "I (34) boot: Defaulting to factory image"
            if factory
            else "I (34) boot: No factory image, trying OTA 0"
        )
        return None
    selected = otadata.selected()
    if selected is None:
        then = "falling back to factory" if factory else "and no factory, will try all partitions"
        comma = ", " if factory else " "
        say(f"E (34) boot: ota data partition invalid{comma}{then}")
    return selected
