# SPDX-License-Identifier: MIT
"""A firmware build as a directory or a zip, and the application in it (hil/firmware)."""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fuzz_targets.choices import Choices
from hil.errors import BadInputError
from hil.firmware.app import AppInfo
from hil.firmware.files import BuildFiles

_MOST = 1 << 20
"""More bytes than any input here can unpack to without being refused."""


def run(data: bytes) -> None:
    choices = Choices(data)
    kind = choices.below(3)
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        os.environ["XDG_CACHE_HOME"] = str(directory / "cache")
        if kind == 0:
            path = directory / "build.zip"
            path.write_bytes(choices.rest())
        else:
            path = directory / "build"
            path.mkdir()
            arguments = choices.piece(1000) if kind == 1 else json.dumps(_ARGUMENTS).encode()
            (path / "flasher_args.json").write_bytes(arguments)
            for name in ("b.bin", "p.bin", "a.bin"):
                (path / name).write_bytes(choices.piece(800))
        try:
            build = BuildFiles.read(path)
            build.with_state()
            AppInfo.read(build.files[-1], build.directory)
        except BadInputError:
            return


_ARGUMENTS = {
    "flash_settings": {"flash_size": "16MB"},
    "bootloader": {"offset": "0x0", "file": "b.bin"},
    "partition-table": {"offset": "0x8000", "file": "p.bin"},
    "app": {"offset": "0x20000", "file": "a.bin"},
    "otadata": {"offset": "0xd000", "file": "p.bin"},
    "extra_esptool_args": {"chip": "esp32s3"},
}


def seeds() -> Iterator[bytes]:
    arguments = json.dumps(_ARGUMENTS).encode()
    size = len(arguments).to_bytes(2, "little")
    app = b"\xe9\1\2\x3f" + bytes(8) + b"\x09" + bytes(11) + b"\0\0\0\x3c\0\1\0\0"
    app += b"\x32\x54\xcd\xab" + bytes(252)
    file = len(app).to_bytes(2, "little") + app
    yield b"\1" + size + arguments + 3 * file
    yield b"\2" + 3 * file
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("flasher_args.json", arguments)
            for name in ("b.bin", "p.bin", "a.bin"):
                archive.writestr(name, app)
        yield b"\0" + packed.getvalue()
