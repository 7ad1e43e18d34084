# SPDX-License-Identifier: MIT
"""What an application image says about itself."""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from esp_idf_defs import ChipId, ImageMetadata
from esp_idf_defs.app_description import AppDescription

from hil.errors import BadInputError
from hil.flash.flash import FlashFile
from hil.host.files.reading import read_file

PROJECT = "splitnode"
"""What the names of this project's applications begin with."""

_VIRTUAL_MARK = b"HILWASM\0"
"""Behind ``esp_app_desc_t`` in an image for virtual boards (firmware/virtual/pack.py)."""
_CONSOLE_MARK = b"there is no verb in the request: try help"
"""A sentence of the core's console: an application that has it in it speaks docs/protocol.md."""


@dataclass(frozen=True)
class AppInfo:
    """What an application image says about itself in ``esp_app_desc_t``.

    Attributes:
        project: name of the project.
        version: its version.
        source_digest: ``elf_sha256`` in hexadecimal; in a virtual image, that of its sources.
        simulated: whether it is WebAssembly for a virtual board.
        sdk: version of the ESP-IDF that it was built with.
        speaks: whether it answers requests: it is this project's, or has its console in it.
    """

    project: str
    version: str
    source_digest: str
    simulated: bool
    sdk: str
    speaks: bool = True

    @classmethod
    def read(cls, file: FlashFile, directory: Path) -> Self:
        """Read what an image says.

        Args:
            file: the application.
            directory: its build, for the error.

        Raises:
            BadInputError: the image is damaged, or for another chip.
        """
        try:
            image = ImageMetadata.from_bytes(file.data, app_required=True)
        except (ValueError, struct.error) as error:
            raise BadInputError(
                f"The application in {directory} is truncated or damaged ({error}); build again."
            ) from error
        if image.header.chip_id is not ChipId.ESP32S3:
            raise BadInputError(
                f"The application in {directory} is for the {image.header.chip_id}, not for the "
                "ESP32-S3; build it for that chip."
            )
        description = image.app_description
        assert description is not None
        behind = image.segments[0].offset + AppDescription.SIZE
        return cls(
            project=description.project_name,
            version=description.version,
            source_digest=description.elf_sha256.hex(),
            simulated=file.data[behind : behind + len(_VIRTUAL_MARK)] == _VIRTUAL_MARK,
            sdk=description.idf_version,
            speaks=description.project_name.startswith(PROJECT) or _CONSOLE_MARK in file.data,
        )

    def check_elf(self, elf: Path | None) -> None:
        """Raise BadInputError if a program is not the one that the application was made from."""
        if elf is not None and hashlib.sha256(read_file(elf)).hexdigest() != self.source_digest:
            raise BadInputError(
                f"{elf} is not the program that the application beside it was made from; build "
                "again."
            )
