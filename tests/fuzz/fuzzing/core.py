# SPDX-License-Identifier: MIT
"""The C core's fuzz targets (firmware/test/fuzz), compiled."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIRMWARE = ROOT / "firmware"
COMPONENT = FIRMWARE / "components" / "splitnode"
TESTS = FIRMWARE / "test"
FUZZ = TESTS / "fuzz"
_DOUBLES = ("test", "fake_board", "fake_flash", "fake_port", "fake_use", "awake", "sha256")
_PATIENCE_S = 300
_CLANGS = ("clang-19", "clang", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14")

INCLUDES = [f"-I{path}" for path in (COMPONENT / "include", COMPONENT / "src", TESTS, FUZZ)]
SANITIZERS = "-fsanitize=address,undefined", "-fno-sanitize-recover=all"


class FuzzerMissingError(Exception):
    """Fuzzers cannot be made here; the message says what to install."""


def core_sources() -> list[Path]:
    """Return the C files of the core."""
    return sorted((COMPONENT / "src").rglob("*.c"))


def _target_sources() -> list[Path]:
    doubles = [TESTS / f"{name}.c" for name in (*_DOUBLES, "updates")]
    mains = {"libfuzzer.c", "replay.c", "library.c"}
    return doubles + sorted(each for each in FUZZ.glob("*.c") if each.name not in mains)


def compiler() -> str:
    """Return this machine's C compiler.

    Raises:
        FuzzerMissingError: there is none.
    """
    found = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        raise FuzzerMissingError("No C compiler was found; install gcc or clang.")
    return found


def compile_program(command: list[str], sources: list[Path], output: Path) -> None:
    """Compile and link; its complaints are the failure's text."""
    options = [*INCLUDES, "-std=c11", "-g1", "-O1", "-DSN_TEST_BUILD"]
    done = subprocess.run(
        [*command, *options, *map(str, sources), "-o", str(output)],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stderr}"


def build_replay(directory: Path) -> Path:
    """Return a program that gives files to a target, under ASan and UBSan, by any compiler.

    Raises:
        FuzzerMissingError: there is no compiler.
    """
    program = directory / "replay"
    sources = [*core_sources(), *_target_sources(), FUZZ / "replay.c"]
    compile_program([compiler(), *SANITIZERS], sources, program)
    return program


def build_fuzzer(directory: Path) -> Path:
    """Return a directory with a program of libFuzzer's for each target, under ASan and UBSan.

    Raises:
        FuzzerMissingError: there is no clang with libFuzzer.
    """
    clang = next((name for name in _CLANGS if shutil.which(name) and _can_fuzz(name)), None)
    if clang is None or sys.platform != "linux":
        raise FuzzerMissingError(
            "clang with libFuzzer is missing; install Debian's clang-19 and libclang-rt-19-dev to "
            "fuzz the core."
        )
    program = directory / "core_fuzz"
    sources = [*core_sources(), *_target_sources(), FUZZ / "libfuzzer.c"]
    fuzzer, recover = SANITIZERS
    compile_program([clang, fuzzer.replace("=", "=fuzzer,"), recover], sources, program)
    for name in core_targets():
        (directory / name).hardlink_to(program)
    return directory


def _can_fuzz(clang: str) -> bool:
    shown = subprocess.run(
        [clang, "-fsanitize=fuzzer,address", "-x", "c", "-", "-o", os.devnull],
        input="#include <stdint.h>\n#include <stddef.h>\n"
        "int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { (void)d; (void)n; return 0; }",
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    return shown.returncode == 0


def core_targets() -> list[str]:
    """Return the names of the core's targets, as their sources have them."""
    text = "\n".join(each.read_text() for each in sorted(FUZZ.glob("targets_*.c")))
    return sorted(
        line.split('"')[1] for line in text.splitlines() if line.startswith("const fuzz_target ")
    )


def build_library(directory: Path) -> Path:
    """Return one end of a link as a shared library (firmware/test/fuzz/library.c).

    Raises:
        FuzzerMissingError: there is no compiler.
    """
    library = directory / "core.so"
    sources = [*core_sources(), *_target_sources(), TESTS / "link_end.c", FUZZ / "library.c"]
    compile_program([compiler(), "-shared", "-fPIC"], sources, library)
    return library
