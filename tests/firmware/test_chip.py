# SPDX-License-Identifier: MIT
"""What firmware/main does by itself, natively, with fakes of ESP-IDF (firmware/test/chip)."""

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import (
    COMPONENT,
    FIRMWARE,
    PATIENCE_S,
    SANITIZERS,
    TESTS,
    compile_with,
    find_compiler,
)

MAIN, CHIP = FIRMWARE / "main", TESTS / "chip"


PARTS = {
    "storage": ("hash.c", "settings.c", "storage.c", "update.c"),
    "loop": ("clock.c", "loop.c"),
    "console": ("backlog.c", "clock.c", "console.c"),
    "wifi": ("wifi.c",),
    "ble": ("ble.c", "ble_gatt.c", "mac.c"),
}
CASES = [
    (part, case)
    for part in PARTS
    for file in (CHIP / part).glob("test_*.c")
    for case in re.findall(r"^    TEST\((\w+)\),$", file.read_text(), re.MULTILINE)
]


def build(directory: Path, part: str) -> Path:
    """Compile a part of firmware/main with its test and fakes: ESP-IDF's headers are all idf.h."""
    places = (MAIN, COMPONENT / "src" / "base")
    files = [next(d / name for d in places if (d / name).exists()) for name in PARTS[part]]
    headers = {"esp_err.h", "esp_partition.h", "host/ble_hs.h"}
    for file in [*files, *(MAIN / "hash.h", MAIN / "storage.h")]:
        headers |= set(re.findall(r'^#include "(.*)"$', file.read_text(), re.MULTILINE))
    for header in headers:
        if not any((d / header).exists() for d in (MAIN, COMPONENT / "include")):
            (directory / header).parent.mkdir(parents=True, exist_ok=True)
            (directory / header).write_text('#include "idf.h"\n')
    files += [*sorted((CHIP / part).glob("*.c")), CHIP / "idf.c", TESTS / "sha256.c"]
    folders = (MAIN, CHIP / part, CHIP, TESTS, COMPONENT / "include", directory)
    options = ["-std=gnu11", "-g1", "-Wall", "-Wextra", "-Werror", "-pthread", *SANITIZERS]
    # The functions that firmware/main puts its own in front of.
    options += re.findall(r"-Wl,--wrap=\w+", (MAIN / "CMakeLists.txt").read_text())
    command = [find_compiler(), *options, *(f"-I{folder}" for folder in folders)]
    compile_with(*command, *map(str, files), "-o", "tests", cwd=directory)
    return directory / "tests"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {part: build(tmp_path_factory.mktemp(part), part) for part in PARTS}


@pytest.mark.parametrize(("part", "case"), CASES)
def test_chip(programs: dict[str, Path], part: str, case: str) -> None:
    done = subprocess.run(
        [programs[part], case], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_whatever_mbed_tls_copies_is_given_to_it_in_one_place() -> None:
    copying = re.compile(r"\bpsa_hash_(update|compute|compare)\(")
    files = [file for file in MAIN.iterdir() if copying.search(file.read_text())]
    assert [file.name for file in files] == ["hash.c"]
