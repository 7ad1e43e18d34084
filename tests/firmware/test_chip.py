# SPDX-License-Identifier: MIT
"""What firmware/main does by itself, on this machine, with fakes of ESP-IDF."""

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
PARTS = [MAIN / name for name in ("loop.c", "settings.c", "storage.c", "update.c")]
CASES = re.findall(r"^    TEST\((\w+)\),$", (CHIP / "test_chip.c").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests under ASan and UBSan; every header of ESP-IDF is idf.h."""
    compiler = find_compiler()
    directory = tmp_path_factory.mktemp("chip")
    for file in PARTS:
        for header in re.findall(r'^#include "(.*)"$', file.read_text(), re.MULTILINE):
            if not (MAIN / header).exists() and not header.startswith("splitnode/"):
                (directory / header).parent.mkdir(exist_ok=True)
                (directory / header).write_text('#include "idf.h"\n')
    for header in ("esp_err.h", "esp_partition.h"):
        (directory / header).write_text('#include "idf.h"\n')
    files = [*PARTS, *sorted(CHIP.glob("*.c")), TESTS / "sha256.c"]
    includes = [f"-I{path}" for path in (MAIN, CHIP, TESTS, directory, COMPONENT / "include")]
    options = ["-std=gnu11", "-g1", "-Wall", "-Wextra", "-Werror", *SANITIZERS, *includes]
    compile_with(compiler, *options, *map(str, files), "-o", "chip_tests", cwd=directory)
    return directory / "chip_tests"


@pytest.mark.parametrize("case", CASES)
def test_chip(program: Path, case: str) -> None:
    done = subprocess.run(
        [program, case], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
