# SPDX-License-Identifier: MIT
"""A toolchain to link with: Espressif's as it is, or another, put in its place.

ESP-IDF calls its compiler by name. A foreign one (Debian's ``gcc-riscv64-unknown-elf``) gets a
directory of programs with those names in front of it, which add what it lacks: picolibc where
newlib is wanted, the host's C++ headers, libraries that are empty until `stubs` fills them.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checking.compiler import HEADERS, host_headers
from checking.errors import ToolMissingError

NAMES = {"esp32s3": "xtensa-esp32s3-elf-", "esp32c3": "riscv32-esp-elf-"}
"""How ESP-IDF calls its compiler for each target that can be linked for."""
FOUND = ("xtensa-esp32s3-elf-", "xtensa-esp-elf-", "riscv32-esp-elf-", "riscv64-unknown-elf-")
"""Where none is named: the first that is on PATH."""
EMPTY_LIBRARIES = ("stdc++", "nosys", "gloss", "missing")

_TOOLS = ("addr2line", "ar", "as", "gcc-ar", "gcc-nm", "gcc-ranlib", "ld", "nm", "objcopy")
_TOOLS += ("objdump", "ranlib", "readelf", "size", "strip")
_PICOLIBC = Path("/usr/lib/picolibc")
_LOCKS = "misc_lock"
"""Of a member's name."""
# The chip's instructions, and the set among Debian's libraries that it can run.
_CHIP, _LIBRARIES = "rv32imc_zicsr_zifencei", "rv32imc"
_PROGRAM = """#!/bin/sh
# {name}, by {version}. Mbed TLS itself asks for C99, and ESP-IDF's own copy of it does not.
# ESP-IDF 5.5 keeps options in files. Where it links, libgcc is chosen by links' value.
for each; do
  shift
  case $each in
    @*flags) set -- "$@" $(cat "${{each#@}}") ;;
    *) set -- "$@" "$each" ;;
  esac
done
links={libraries}
for each in "$@"; do case $each in -c|-S|-E|-M*) links= ;; esac; done
for each; do
  shift
  case $each in
    --specs=*|-specs=*|-march=*) ;;
    -print-sysroot) echo {library}; exit ;;
    -std=c99) set -- "$@" -std=gnu17 ;;
    *) set -- "$@" "$each" ;;
  esac
done
exec {compiler} -march=${{links:-{chip}}} -mabi=ilp32 -Wl,--no-demangle {flags} "$@"
"""


@dataclass(frozen=True)
class Toolchain:
    """A toolchain.

    Attributes:
        prefix: of its programs' names.
        target: the chip that is linked for.
        version: the first line of what it says of itself.
        is_espressifs: whether ESP-IDF can use it as it is.
    """

    prefix: str
    target: str
    version: str
    is_espressifs: bool


def find(prefix: str | None, target: str | None) -> Toolchain:
    """Find a toolchain, or judge the one that is named.

    Raises:
        ToolMissingError: there is none, or it cannot link for `target`.
    """
    if prefix is None:
        present = [each for each in FOUND if shutil.which(f"{each}gcc")]
        if not present:
            raise ToolMissingError(
                "no compiler that can link is on PATH; export ESP-IDF's tools, or install Debian's "
                "gcc-riscv64-unknown-elf and picolibc-riscv64-unknown-elf"
            )
        prefix = present[0]
    prefix = prefix.removesuffix("gcc").rstrip("-") + "-"
    if shutil.which(f"{prefix}gcc") is None:
        raise ToolMissingError(f"the compiler {prefix}gcc is not on PATH")
    machine = _output(f"{prefix}gcc", "-dumpmachine")
    if machine.startswith("xtensa-lx106"):
        raise ToolMissingError(
            f"{prefix}gcc is for the ESP8266 and has no windowed registers; link for an ESP32-S3 "
            "with Espressif's xtensa-esp-elf, or for an ESP32-C3 by --compiler riscv64-unknown-elf-"
        )
    natural = "esp32c3" if machine.startswith("riscv") else "esp32s3"
    if target not in {None, natural}:
        raise ToolMissingError(f"{prefix}gcc is for {machine} and cannot link for an {target}")
    version = _output(f"{prefix}gcc", "--version").splitlines()[0]
    return Toolchain(prefix, natural, version, "crosstool-NG esp-" in version)


def lend(toolchain: Toolchain, directory: Path) -> bool:
    """Make programs with Espressif's names in ``directory/bin``, libraries in ``directory/lib``.

    Returns:
        Whether there were such programs that did otherwise, or were another compiler's: what they
        made is no longer what would be made, and no build program notices.

    Raises:
        ToolMissingError: the C library or the C++ library's headers are missing.
    """
    machine = _output(f"{toolchain.prefix}gcc", "-dumpmachine")
    library = _PICOLIBC / machine
    if not (library / "include" / "stdio.h").is_file():
        raise ToolMissingError(
            f"{toolchain.prefix}gcc has no C library; install picolibc-{machine}"
        )
    for each in ("bin", "lib"):
        (directory / each).mkdir(parents=True, exist_ok=True)
    multilib = _output(
        f"{toolchain.prefix}gcc",
        *(f"-march={_LIBRARIES}", "-mabi=ilp32", "-print-multi-directory"),
    )
    headers = ("-isystem", str(HEADERS / "c"), "-isystem", str(library / "include"))
    common = (
        "-D_RETARGETABLE_LOCKING",
        "-ftls-model=local-exec",  # picolibc's errno is of a thread; there is no table for it
        *headers,
        f"-L{directory / 'lib'}",
        f"-B{directory / 'lib'}",
        f"-L{library / 'lib' / multilib}",
    )
    major = _output(f"{toolchain.prefix}gcc", "-dumpversion").split(".")[0]
    changed = False
    for name, flags in (("gcc", common), ("g++", (*host_headers(major), *common))):
        program = directory / "bin" / f"{NAMES[toolchain.target]}{name}"
        text = _PROGRAM.format(
            name=program.name,
            version=toolchain.version,
            compiler=shutil.which(f"{toolchain.prefix}{name}"),
            library=library,
            libraries=_LIBRARIES,
            chip=_CHIP,
            flags=" ".join(flags),
        )
        if not program.is_file() or program.read_text(encoding="utf-8") != text:
            changed |= program.is_file()
            program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    for name in _TOOLS:
        there = shutil.which(f"{toolchain.prefix}{name}")
        alias = directory / "bin" / f"{NAMES[toolchain.target]}{name}"
        if there and not alias.is_symlink():
            alias.symlink_to(there)
    _lend_libc(library / "lib" / multilib / "libc.a", toolchain, directory / "lib" / "libc.a")
    # CMake tries the compiler before ESP-IDF 5.5 says that there is no start-up file.
    command = (f"{toolchain.prefix}gcc", "-march=rv32im", "-mabi=ilp32", "-x", "c", "-c", "-")
    subprocess.run(
        [*command, "-o", str(directory / "lib" / "crt0.o")], stdin=subprocess.DEVNULL, check=True
    )
    for name in EMPTY_LIBRARIES:
        archive = directory / "lib" / f"lib{name}.a"
        if not archive.is_file():
            archive.write_bytes(b"!<arch>\n")
    return changed


def _lend_libc(original: Path, toolchain: Toolchain, copy: Path) -> None:
    """Copy a C library without its locks, which ESP-IDF defines itself, in a file of their own."""
    if copy.is_file():
        return
    shutil.copyfile(original, copy)
    members = _output(f"{toolchain.prefix}ar", "t", str(copy)).split()
    locks = [each for each in members if _LOCKS in each]
    subprocess.run([f"{toolchain.prefix}ar", "d", str(copy), *locks], check=True)


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
