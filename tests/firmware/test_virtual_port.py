# SPDX-License-Identifier: MIT
"""firmware/virtual, natively: a fake machine serves its imports (firmware/test/virtual)."""

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import (
    FIRMWARE,
    INCLUDES,
    PATIENCE_S,
    SANITIZERS,
    TESTS,
    VECTORS,
    WARNINGS,
    compile_halves,
    compile_with,
    core_sources,
    find_compiler,
)

VIRTUAL = FIRMWARE / "virtual"
SHARED = (
    "fake_board.c",
    "fake_flash.c",
    "fake_port.c",
    "fake_use.c",
    "host.c",
    "sha256.c",
    "test.c",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board's program with its tests; memory.c stands for a C library, and there is one."""
    directory = tmp_path_factory.mktemp("virtual")
    files = [
        *core_sources(),
        *(VIRTUAL / name for name in ("events.c", "port.c")),
        *sorted((TESTS / "virtual").glob("*.c")),
        *(TESTS / name for name in SHARED),
    ]
    options = ["-std=c11", "-g1", *WARNINGS, *SANITIZERS, f"-I{VIRTUAL}", *INCLUDES]
    options += ['-DSN_VERSION="1.2.3"', '-DSN_SOURCE_DIGEST="0123456789abcdef"']
    compile_halves([find_compiler(), *options], [str(file) for file in files], directory)
    objects = [file.name for file in directory.glob("*.o")]
    compile_with(find_compiler(), *SANITIZERS, *objects, "-o", "tests", cwd=directory)
    return directory / "tests"


def test_the_virtual_boards_port_behaves(program: Path) -> None:
    done = subprocess.run(
        [program, VECTORS, "virtual_board"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_import_is_one_that_a_machine_of_the_tests_serves() -> None:
    imports = re.findall(r"^IMPORT\((\w+)\)", (VIRTUAL / "machine.h").read_text(), re.MULTILINE)
    served = (TESTS / "virtual" / "virtual_board.c").read_text()
    assert len(imports) == 22
    assert [name for name in imports if f" machine_{name}(" not in served] == []
