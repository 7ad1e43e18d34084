# SPDX-License-Identifier: MIT
"""The files of a firmware build: what ``idf.py build`` leaves in a directory, or that as a zip."""

import hashlib
import io
import os
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import BadInputError
from hil.flash.flash import FlashFile
from hil.host.files.reading import read_file, read_json, read_text
from hil.host.files.zips import DAMAGE

TARGET = "esp32s3"

_ARGUMENTS, _DESCRIPTION = "flasher_args.json", "project_description.json"
_ROLES = {"bootloader": "bootloader", "partition-table": "partition table", "app": "app"}
_KEPT = ("otadata", "nvs")
"""The board's own state: neither compared nor written (see :class:`hil.flash.flash.OtaChoice`)."""
_SUMS = "SHA256SUMS-firmware"
"""Beside the published zips of a release: their SHA-256, as ``sha256sum`` writes it."""
_ZIP_LIMIT = 512 << 20
"""More than any build has unpacked, ELF and map included; in bytes."""
_ZIP_FILES = 10_000
_ENCRYPTED = 1
"""Bit of a member's flags."""


@dataclass(frozen=True)
class BuildFiles:
    """A build's files as they are, not yet looked into.

    Attributes:
        directory: where they are.
        files: what goes where; the application last.
        flash_size: what the bootloader and the application are set to, in bytes; 0: not said.
        elf: the program that the application was made from, if it is there.
        state: role and entry of what the build has for otadata and nvs.
    """

    directory: Path
    files: tuple[FlashFile, ...]
    flash_size: int
    elf: Path | None
    state: tuple[tuple[str, dict[str, Any]], ...] = ()

    @classmethod
    def read(cls, path: Path) -> "BuildFiles":
        """Read a build directory, or a published zip of one.

        Raises:
            BadInputError: something is missing, malformed, or for another chip.
        """
        directory = _unpacked(path) if path.suffix == ".zip" else path
        arguments = _json(directory / _ARGUMENTS)
        described = directory / _DESCRIPTION
        description = _json(described) if described.exists() else {}
        extra = arguments.get("extra_esptool_args")
        chip = description.get("target") or (extra.get("chip") if isinstance(extra, dict) else None)
        if chip not in (None, TARGET):
            raise BadInputError(
                f"The firmware in {directory} is for the {chip}, not for the ESP32-S3: "
                f"idf.py set-target {TARGET}, and build again."
            )
        entries = {
            role: entry
            for role, entry in arguments.items()
            if isinstance(entry, dict) and {"offset", "file"} <= entry.keys()
        }
        state = tuple((role, entries.pop(role)) for role in _KEPT if role in entries)
        files = [_read(directory, role, entry) for role, entry in entries.items()]
        files.sort(key=lambda file: (file.role == "app", file.offset))
        roles = {file.role for file in files}
        for role in _ROLES.values():
            if role not in roles:
                raise BadInputError(f"{directory} names no {role}; build the whole project.")
        elf = directory / str(
            description.get("app_elf") or Path(str(entries["app"]["file"])).with_suffix(".elf")
        )
        found = elf if elf.is_file() else None
        return cls(directory, tuple(files), _flash_size(arguments), found, state)

    def with_state(self) -> tuple[FlashFile, ...]:
        """Return all files, the initial otadata and nvs among them; the application last.

        Raises:
            BadInputError: one of those cannot be read.
        """
        state = [_read(self.directory, role, entry) for role, entry in self.state]
        return (*state, *self.files)


def companion(path: Path) -> Path:
    """Return where the test build of the same sources lies: beside ``NAME``, in ``NAME-test``.

    Beside a published ``NAME.zip`` it is ``NAME-test.zip``.
    """
    if path.name in ("", ".."):
        path = path.resolve()
    stem, suffix = (path.stem, path.suffix) if path.suffix == ".zip" else (path.name, "")
    return path.with_name(f"{stem}-test{suffix}")


def cache_directory() -> Path:
    """Return where builds are kept that were made or unpacked here."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "hil" / "firmware"


def _unpacked(path: Path, *, outer: bool = True) -> Path:
    """Unpack a zip into the cache, once for each content, and return where its build is.

    What a workflow's page offers for download is a zip that holds the published one.
    """
    try:
        content = read_file(path)
        _check_sum(path, content)
        place = cache_directory() / f"zip-{hashlib.sha256(content).hexdigest()}"
        if not place.is_dir():
            _unpack(path, content, place)
    except OSError as error:
        raise _not_unpacked(path, error.strerror or str(error)) from error
    except DAMAGE as error:
        raise _not_unpacked(path, str(error)) from error
    found = sorted(place.rglob(_ARGUMENTS), key=lambda each: len(each.parts))
    if not found:
        inside = [*place.glob("*.zip")]
        if outer and len(inside) == 1:
            return _unpacked(inside[0], outer=False)
        raise BadInputError(f"{path} holds no {_ARGUMENTS}; pack the whole build directory.")
    return found[0].parent


def _check_sum(path: Path, content: bytes) -> None:
    """Refuse a zip that is not the one of the release whose sums lie beside it."""
    sums = path.with_name(_SUMS)
    if not sums.exists():
        return
    try:
        lines = read_text(sums).splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"{sums} cannot be read ({reason}); download it again.") from error
    stated = {line[66:]: line[:64].lower() for line in lines}  # two characters are between them
    if stated.get(path.name, found := hashlib.sha256(content).hexdigest()) != found:
        raise BadInputError(
            f"{path} does not have the SHA-256 that {_SUMS} beside it states; download both again."
        )


def _not_unpacked(path: Path, reason: str) -> BadInputError:
    return BadInputError(f"{path} cannot be unpacked ({reason}); download or pack the build again.")


def _unpack(path: Path, content: bytes, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        tempfile.TemporaryDirectory(dir=place.parent) as parent,
    ):
        inside = archive.infolist()
        if sum(each.file_size for each in inside) > _ZIP_LIMIT or len(inside) > _ZIP_FILES:
            raise BadInputError(
                f"{path} has more than {_ZIP_LIMIT >> 20} MB unpacked or {_ZIP_FILES:,} files, "
                "which no build of this firmware has; name another file."
            )
        if any(each.flag_bits & _ENCRYPTED for each in inside):
            raise BadInputError(f"{path} is encrypted; pack the build without a password.")
        archive.extractall(Path(parent) / "build")
        try:
            (Path(parent) / "build").rename(place)
        except OSError:
            if not place.is_dir():  # another session may have been first, with the same content
                raise


def _json(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}): name the build directory of a firmware."
        ) from error
    except ValueError as error:
        raise BadInputError(f"{path} is not what ESP-IDF writes ({error}); build again.") from error
    if not isinstance(content, dict):
        raise BadInputError(f"{path} is not what ESP-IDF writes (no object); build again.")
    return content


def _read(directory: Path, role: str, entry: dict[str, Any]) -> FlashFile:
    path = directory / str(entry["file"])
    if not path.resolve().is_relative_to(directory.resolve()):
        raise BadInputError(f"{directory / _ARGUMENTS} names {path}, outside; build again.")
    try:
        return FlashFile(int(entry["offset"], 0), read_file(path), _ROLES.get(role, role))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}); build again.") from error
    except (TypeError, ValueError) as error:
        raise BadInputError(
            f"{directory / _ARGUMENTS} gives {role} no valid offset; build again."
        ) from error


def _flash_size(arguments: dict[str, Any]) -> int:
    settings = arguments.get("flash_settings")
    said = str(settings.get("flash_size")) if isinstance(settings, dict) else ""
    size = re.fullmatch(r"(\d+)MB", said)
    return int(size[1]) << 20 if size else 0
