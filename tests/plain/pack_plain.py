# SPDX-License-Identifier: GPL-2.0-or-later
"""Packs a WebAssembly text as an ESP-IDF build of other people's, in a process of its own.

What differs from a build of this project's: its name, and a partition table as most projects have
it, with one application, no otadata and no place for a model.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from esp_idf_defs import PartitionTable
from wasmtime import wat2wasm

sys.path.insert(0, str(Path(__file__).parents[2] / "firmware" / "virtual"))
import pack

TABLE = """
nvs,      data, nvs,     0x9000,  0x6000
phy_init, data, phy,     0xf000,  0x1000
factory,  app,  factory, 0x10000, 1M
"""


def main() -> None:
    """Write the build directory that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wat", type=Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pack.PROJECT = options.project
    module = bytes(wat2wasm(options.wat.read_text(encoding="utf-8")))
    table = PartitionTable.from_csv(TABLE)
    application = pack.application(module, "1.0", hashlib.sha256(module).hexdigest())
    files = {
        "bootloader": (0, "bootloader/bootloader.bin", pack.bootloader("1.0")),
        "partition-table": (0x8000, "partition_table/partition-table.bin", table.to_binary()),
        "app": (0x10000, f"{options.project}.bin", application),
    }
    for _, name, content in files.values():
        (options.out / name).parent.mkdir(parents=True, exist_ok=True)
        (options.out / name).write_bytes(content)
    arguments = {
        "flash_settings": {"flash_mode": "dio", "flash_size": "2MB", "flash_freq": "80m"},
        "flash_files": {hex(offset): name for offset, name, _ in files.values()},
        **{role: {"offset": hex(at), "file": name} for role, (at, name, _) in files.items()},
        "extra_esptool_args": {"chip": "esp32s3"},
    }
    (options.out / "flasher_args.json").write_text(json.dumps(arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
