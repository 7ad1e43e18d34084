# SPDX-License-Identifier: MIT
"""ESP32-S3 application images as the ROM and the second-stage bootloader check them.

The rules and the words of the errors are those of ESP-IDF's ``esp_image_format.c`` and
``bootloader_common_loader.c``.
"""

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from esp_idf_defs.app_description import AppDescription

MAGIC = 0xE9
MAX_SEGMENTS = 16
CHECKSUM_SEED = 0xEF
CHIP_ID_ESP32S3 = 9
HASH_BYTES = 32

_HEADER = struct.Struct("<BBBBI BBBB H B HH 4s B")
_SEGMENT = struct.Struct("<II")

_MARKER = struct.Struct("<8sII")  # firmware/virtual/pack.py writes it behind esp_app_desc_t
_MARKER_MAGIC = b"HILWASM\0"


class ImageError(Exception):
    """The image cannot be booted; the text is what the bootloader prints after ``esp_image:``."""


@dataclass(frozen=True)
class Segment:
    """One segment: where its data lies in the flash, where it is to be loaded, the data."""

    offset: int
    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    """An image whose header, checksum and (where it has one) SHA-256 are right."""

    entry: int
    segments: tuple[Segment, ...]
    length: int

    @property
    def first(self) -> bytes:
        """The data of the first segment, in which the description is; empty without segments."""
        return self.segments[0].data if self.segments else b""


def parse_image(data: bytes, offset: int = 0) -> Image:
    """Check the image at the start of `data`.

    Args:
        data: the partition's content; what follows the image is ignored.
        offset: where it lies in the flash, for the messages.

    Raises:
        ImageError: as the bootloader would refuse it.
    """
    if len(data) < _HEADER.size or data[0] != MAGIC:
        raise ImageError(f"image at 0x{offset:x} has invalid magic byte (nothing flashed here?)")
    fields = _HEADER.unpack_from(data)
    count, entry, chip, appended = fields[1], fields[4], fields[9], fields[14]
    if chip != CHIP_ID_ESP32S3:
        raise ImageError(f"mismatch chip ID, expected {CHIP_ID_ESP32S3}, found {chip}")
    if count > MAX_SEGMENTS:
        raise ImageError(f"image at 0x{offset:x} segment count {count} exceeds max {MAX_SEGMENTS}")
    at = _HEADER.size
    segments = []
    checksum = CHECKSUM_SEED
    for index in range(count):
        if at + _SEGMENT.size > len(data):
            raise ImageError(_too_long(at + _SEGMENT.size, len(data)))
        address, length = _SEGMENT.unpack_from(data, at)
        at += _SEGMENT.size
        if length % 4 or length >= 1 << 24:
            raise ImageError(f"invalid segment length 0x{length:x} in segment {index}")
        if at + length > len(data):
            raise ImageError(_too_long(at + length, len(data)))
        content = data[at : at + length]
        checksum ^= int(np.bitwise_xor.reduce(np.frombuffer(content, np.uint8), initial=0))
        segments.append(Segment(offset + at, address, content))
        at += length
    at = (at + 16) & ~15
    if at > len(data):
        raise ImageError(_too_long(at, len(data)))
    if data[at - 1] != checksum:
        raise ImageError(f"Checksum failed. Calculated 0x{checksum:x} read 0x{data[at - 1]:x}")
    if appended:
        if hashlib.sha256(data[:at]).digest() != data[at : at + HASH_BYTES]:
            raise ImageError("Image hash failed - image is corrupt")
        at += HASH_BYTES
    return Image(entry, tuple(segments), at)


def module_of(image: Image) -> bytes | None:
    """Return the WebAssembly module of one of our images, None for any other image."""
    data = image.first[AppDescription.SIZE :]
    if len(data) < _MARKER.size:
        return None
    magic, version, length = _MARKER.unpack_from(data)
    if magic != _MARKER_MAGIC or version != 1 or _MARKER.size + length > len(data):
        return None
    return data[_MARKER.size : _MARKER.size + length]


def _too_long(length: int, room: int) -> str:
    return f"Image length {length} doesn't fit in partition length {room}"
