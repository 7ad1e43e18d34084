# SPDX-License-Identifier: MIT
"""Another vendor's firmware, as boards come with it: ESP-IDF's ``hello_world``, more or less.

The images are genuine ESP32-S3 images with esp_app_desc_t, checksum and SHA-256, laid out as
ESP-IDF's "single factory app"; what a chip would execute is one instruction that jumps to itself.
On a virtual board :class:`HelloWorld` takes its place.
"""

import asyncio
import hashlib
import struct
from collections.abc import Callable

from esp_idf_defs import PartitionTable
from esp_idf_defs.app_description import AppDescription

from hil.sim.chip.boot import TABLE_OFFSET
from hil.sim.chip.image import CHIP_ID_ESP32S3, MAGIC
from hil.sim.chip.nor import NorFlash
from hil.sim.loader.command import checksum

PROJECT = "hello_world"
PERIOD_S = 1.0

_TABLE = (
    "nvs,data,nvs,0x9000,0x6000,\nphy_init,data,phy,0xf000,0x1000,\nfactory,app,factory,0x10000,1M,"
)
_APP_OFFSET = 0x10000
_DROM, _IRAM = 0x3C00_0020, 0x4037_4000
_JUMP_TO_SELF = bytes.fromhex("06ffff00")  # Xtensa "j .", padded to a word

_HEADER = struct.Struct("<BBBBI B3x H B HH 4x B")
_DIO, _2MB_80M = 2, 0x1F
_NO_WP_PIN, _ANY_REVISION = 0xEE, 0xFFFF
_CHECKSUM_BLOCK = 16


def image(segments: list[tuple[int, bytes]]) -> bytes:
    """Return an ESP32-S3 image of segments (address, data), as ESP-IDF's app_image_format.rst."""
    header = (MAGIC, len(segments), _DIO, _2MB_80M, _IRAM, _NO_WP_PIN, CHIP_ID_ESP32S3)
    result = _HEADER.pack(*header, 0, 0, _ANY_REVISION, True)
    for address, data in segments:
        result += struct.pack("<II", address, len(data)) + data
    result += bytes(-(len(result) + 1) % _CHECKSUM_BLOCK)
    result += bytes([checksum(b"".join(data for _, data in segments))])
    return result + hashlib.sha256(result).digest()


def _application() -> bytes:
    code = hashlib.sha256(_JUMP_TO_SELF).digest()
    description = AppDescription(PROJECT, "1", "v5.5.1", 0, code).to_bytes()
    return image([(_DROM, description), (_IRAM, _JUMP_TO_SELF)])


def install(flash: NorFlash) -> None:
    """Fill an erased flash with the vendor's firmware."""
    flash.program(0, image([(_IRAM, _JUMP_TO_SELF)]))
    flash.program(TABLE_OFFSET, PartitionTable.from_csv(_TABLE).to_binary())
    flash.program(_APP_OFFSET, _application())


def is_installed(flash: NorFlash) -> bool:
    """Return whether the flash still boots the vendor's firmware."""
    app, table = _application(), PartitionTable.from_csv(_TABLE).to_binary()
    return (
        flash.read(_APP_OFFSET, len(app)) == app and flash.read(TABLE_OFFSET, len(table)) == table
    )


class HelloWorld:
    """The vendor's application at run time: it says so every second, and listens to nobody."""

    def __init__(self, transmit: Callable[[bytes], None]) -> None:
        self._transmit = transmit
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._say()

    def feed(self, data: bytes) -> None:
        """Ignore the console."""

    def halt(self) -> None:
        """Stop for good."""
        self._timer.cancel()

    def _say(self) -> None:
        ms = 80 + int((self._loop.time() - self._started) * 1000)
        self._transmit(f"I ({ms}) {PROJECT}: Hello world!\r\n".encode())
        self._timer = self._loop.call_later(PERIOD_S, self._say)
