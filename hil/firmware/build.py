# SPDX-License-Identifier: MIT
"""A firmware build: what ``idf.py build`` or ``hil firmware build`` leaves, read and checked."""

import contextlib
import struct
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from esp_idf_defs import PartitionTable
from esp_idf_defs.partitions import InputError, PartitionDefinition

from hil.errors import BadInputError, PlainFirmware
from hil.firmware.app import AppInfo
from hil.firmware.files import BuildFiles, cache_directory, companion
from hil.flash.flash import FlashFile, OtaChoice, check_layout

_TYPE_APP, _TYPE_DATA = 0, 1
_FACTORY, _OTA_0, _OTA_END = 0x00, 0x10, 0x20
_OTADATA = 0x00
_MODEL_SUBTYPES = (0x40, 0x41)


@dataclass(frozen=True)
class Partition:
    """A stretch of the flash with a purpose; offset and size in bytes."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class FirmwareBuild:
    """A build whose files have been read and checked.

    Attributes:
        path: the directory or zip that was named.
        directory: where it was read from; for a zip, where it was unpacked to.
        files: what goes where; the application last.
        app: what the application says about itself.
        table: the partition table, as esp-idf-defs parses it.
        flash_size: bytes of flash that the board must have.
        elf: the program that the application was made from, if it is there.
        plain: whether it does not speak hil's console: firmware of any kind, which can be flashed,
            reset, listened to and typed to, and needs no model slot.
    """

    path: Path
    directory: Path
    files: tuple[FlashFile, ...]
    app: AppInfo
    table: PartitionTable
    flash_size: int
    elf: Path | None
    plain: bool = False

    @classmethod
    def load(cls, path: Path | str, *, console: str | None = None) -> Self:
        """Read ``flasher_args.json`` and the files that it names.

        Args:
            path: a build directory, or a published ``.zip`` of one, which is unpacked into the
                cache.
            console: ``hil`` or ``plain``, which kind of console the firmware has; ``None``: the
                application tells (:attr:`hil.firmware.app.AppInfo.speaks`).

        Raises:
            BadInputError: something is missing, damaged, for another chip, or does not fit.
        """
        found = BuildFiles.read(Path(path))
        directory = found.directory
        by_role = {file.role: file for file in found.files}
        table = _partitions(by_role["partition table"], directory)
        app = AppInfo.read(by_role["app"], directory)
        app.check_elf(found.elf)
        plain = console == "plain" or (console is None and not app.speaks)
        files = found.with_state() if plain else found.files
        check_layout(files)
        size = _flash_size(table, found)
        build = cls(Path(path), directory, files, app, table, size, found.elf, plain)
        room = build.app_partition.size
        taken = len(by_role["app"].data)
        if taken > room:
            raise BadInputError(
                f"The application in {directory} has {taken} bytes, its partition "
                f"{room}; enlarge the partition by {taken - room} bytes."
            )
        if not plain:
            build._require_slots()
        return build

    def _require_slots(self) -> None:
        """Raise BadInputError where an update or a model has no place."""
        self.model_slot()
        if self.ota is None:
            raise BadInputError(
                f"The partition table in {self.directory} has no otadata, or its application goes "
                "into no OTA slot; take firmware/partitions.csv."
            )

    @cached_property
    def test_build(self) -> "FirmwareBuild | None":
        """The test build of the same sources, which lies beside this one; ``None`` without one.

        Beside the directory ``NAME`` it is ``NAME-test``, beside ``NAME.zip`` ``NAME-test.zip``.
        Images for virtual boards tell whether their sources are the same; those for the chip only
        their version, ESP-IDF and partitions.

        Raises:
            BadInputError: it is damaged, no test build, or not of the same sources.
        """
        place = companion(self.path)
        if not place.exists():
            return None
        found = FirmwareBuild.load(place)
        if not _are_of_same_sources(self, found):
            raise BadInputError(
                f"{place} is not the test build of the sources that {self.path} was built from; "
                "build both by 'hil firmware build'."
            )
        return found

    def require_console(self, what: str) -> None:
        """Make sure that the firmware speaks hil's console.

        Args:
            what: cannot be done with it otherwise, as half a sentence.

        Raises:
            PlainFirmware: it does not.
        """
        if self.plain:
            raise PlainFirmware(
                f"The firmware '{self.app.project}' in {self.path} does not speak hil's console, "
                f"so that {what}; flash it alone, or name firmware that speaks it (pytest: "
                "--hil-console=hil for one that does)."
            )

    @property
    def simulated(self) -> bool:
        """Whether the build is for virtual boards."""
        return self.app.simulated

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The partition table's entries in its own order."""
        return tuple(_partition(each) for each in self.table)

    @cached_property
    def app_partition(self) -> Partition:
        """The partition that the application is written to."""
        return _partition(self._app_definition)

    @property
    def ota(self) -> OtaChoice | None:
        """What otadata must say for the application to boot; ``None`` without OTA partitions.

        Plain firmware comes with an otadata of its own.
        """
        if self.plain:
            return None
        subtypes = {int(p.subtype) for p in self.table if p.type == _TYPE_APP}
        slots = len([s for s in subtypes if _OTA_0 <= s < _OTA_END])
        subtype = int(self._app_definition.subtype)
        otadata = [p for p in self.table if p.type == _TYPE_DATA and p.subtype == _OTADATA]
        if not otadata or not _OTA_0 <= subtype < _OTA_END:
            return None
        slot = subtype - _OTA_0
        is_default = slot == 0 and _FACTORY not in subtypes
        return OtaChoice(int(otadata[0].offset), slots, slot, is_default)

    def model_slot(self, index: int = 0) -> Partition:
        """Return a model partition.

        Raises:
            BadInputError: the table has no such slot.
        """
        slots = [
            p for p in self.table if p.type == _TYPE_DATA and p.subtype == _MODEL_SUBTYPES[index]
        ]
        if not slots:
            raise BadInputError(
                f"The partition table in {self.directory} has no model slot {index}: add a data "
                f"partition of subtype 0x{_MODEL_SUBTYPES[index]:x}."
            )
        return _partition(slots[0])

    @property
    def _app_definition(self) -> PartitionDefinition:
        offset = self.files[-1].offset
        for each in self.table:
            if each.type == _TYPE_APP and each.offset == offset:
                return each
        raise BadInputError(
            f"No application partition of {self.directory} begins at 0x{offset:x}, where its "
            "application goes; build again."
        )


def _are_of_same_sources(production: FirmwareBuild, test: FirmwareBuild) -> bool:
    from hil.firmware.virtual import test_digest

    if production.simulated != test.simulated:
        return False
    if production.simulated:
        return test.app.source_digest == test_digest(production.app.source_digest)
    kinds = [
        (app.project, app.version, app.sdk, build.flash_size, build.partitions)
        for build in (production, test)
        for app in [build.app]
    ]
    return kinds[0] == kinds[1] and production.app.source_digest != test.app.source_digest


def firmware_for(port: str) -> FirmwareBuild:
    """Return the firmware for a board where none is named: the image for virtual boards.

    What is behind a URL may be one (``hil sim``); if it is not, flashing refuses.

    Args:
        port: a device, or a pyserial URL.

    Raises:
        BadInputError: there is a real board at a device, or see :func:`default_firmware`.
    """
    if "://" not in port:
        raise BadInputError(
            f"The board on {port} needs firmware built with ESP-IDF; name its build directory "
            "(--firmware, --hil-firmware)."
        )
    return default_firmware()


def default_firmware() -> FirmwareBuild:
    """Return the firmware for virtual boards that belongs to these sources.

    In an installed package that is the prebuilt image. In a checkout whose firmware sources have
    changed since, it is built from them, once for each state of the sources, and its test build
    with it.

    Raises:
        BadInputError: the sources have changed and there is no compiler.
    """
    from hil.firmware import virtual as firmware_build
    from hil.resources import resource

    prebuilt = FirmwareBuild.load(resource("firmware"))
    if not firmware_build.is_checkout():
        return prebuilt
    digest = firmware_build.source_digest()
    if prebuilt.app.source_digest == digest:
        return prebuilt
    cached = cache_directory() / digest[:16]
    for place, test in ((companion(cached), True), (cached, False)):
        if (place / "flasher_args.json").is_file():
            continue
        if not firmware_build.can_build():
            raise BadInputError(
                "The firmware's sources have changed since its image was built: install "
                f"ziglang=={firmware_build.ZIG_VERSION}, which builds it, or undo the change."
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as directory:
            firmware_build.build(Path(directory) / "build", test=test)
            # In one step: another session may be building the same, and be first.
            with contextlib.suppress(OSError):
                (Path(directory) / "build").rename(place)
    return FirmwareBuild.load(cached)


def _partitions(file: FlashFile, directory: Path) -> PartitionTable:
    try:
        table = PartitionTable.from_binary(file.data)
        table.verify(partition_table_offset=file.offset)
    except (InputError, ValueError, struct.error) as error:
        raise BadInputError(
            f"The partition table in {directory} is damaged ({error}); build again."
        ) from error
    return table


def _flash_size(table: PartitionTable, found: BuildFiles) -> int:
    end = max(int(each.offset + each.size) for each in table)
    if found.flash_size and end > found.flash_size:
        raise BadInputError(
            f"The partition table in {found.directory} reaches to {end / 2**20:g} MB, "
            f"but the build is for {found.flash_size >> 20} MB of flash; choose the size that fits "
            "the table."
        )
    return max(end, found.flash_size)


def _partition(definition: PartitionDefinition) -> Partition:
    return Partition(str(definition.name), int(definition.offset), int(definition.size))
