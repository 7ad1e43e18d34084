# SPDX-License-Identifier: MIT
"""A GCC for Xtensa that checks source files, and shows what they define."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checking.errors import ToolMissingError

PREFIXES = ("xtensa-esp32s3-elf-", "xtensa-esp-elf-", "xtensa-lx106-elf-")
"""Espressif's of ESP-IDF 5 and 6 (the newer name for all chips), Debian's for the ESP8266."""

HEADERS = Path(__file__).resolve().parent / "headers"
# ESP-IDF's build does without the last one, too: callbacks have parameters by their nature.
_WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wenum-conversion", "-Wno-unused-parameter")
_C_ONLY = ("-std=gnu11", "-Wint-conversion", "-Wincompatible-pointer-types", "-Wstrict-prototypes")
_CXX_ONLY = ("-std=gnu++17", "-fno-exceptions", "-fno-rtti")

_XTENSA = (
    "-mlongcalls",
    # As Espressif's compiler has them; in Debian's they are int, which hides wrong formats.
    *("-U__INT32_TYPE__", "-D__INT32_TYPE__=long int"),
    *("-U__UINT32_TYPE__", "-D__UINT32_TYPE__=long unsigned int"),
)


@dataclass(frozen=True)
class Compiler:
    """A C and a C++ compiler, and what each needs to find the C and the C++ library's headers."""

    cc: str
    cxx: str
    flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]

    def command(self, file: Path) -> list[str]:
        """Return the command that makes assembly of `file`, less what its component needs.

        No assembler reads it: Debian's knows another Xtensa's instructions.
        """
        if file.suffix == ".c":
            special = [self.cc, *_C_ONLY]
        else:
            special = [self.cxx, *_CXX_ONLY, *self.cxx_flags]
        return [*special, *self.flags, "-S", *_WARNINGS]


def find_compiler(cc: str | None, cxx: str | None) -> Compiler:
    """Find a compiler, or complete the one that is named.

    Debian's has no C library of its own but picolibc beside it, and no C++ library: it is lent the
    host's headers of the same version, whose types come from the compiler; the four of them that
    are about the host are replaced, as is what picolibc lacks and ESP-IDF 5 takes from newlib.

    Raises:
        ToolMissingError: there is none, or its libraries' headers are not to be found.
    """
    if cc is None:
        found = [f"{each}gcc" for each in PREFIXES if shutil.which(f"{each}gcc")]
        if not found:
            raise ToolMissingError(
                "no GCC for Xtensa is on PATH; install Debian's gcc-xtensa-lx106 and "
                "picolibc-xtensa-lx106-elf, or export ESP-IDF's tools"
            )
        cc = found[0]
    cxx = cxx or re.sub(r"gcc(?=[^/]*$)", "g++", cc)
    for each in (cc, cxx):
        if shutil.which(each) is None:
            raise ToolMissingError(f"the compiler {each} is not on PATH")
    machine = _output(cc, "-dumpmachine")
    flags: tuple[str, ...] = _XTENSA if machine.startswith("xtensa") else ()
    if not _compiles(cc, "c", "#include <sys/reent.h>") and machine.startswith("xtensa"):
        if not _compiles(cc, "c", "#include <stdio.h>"):
            raise ToolMissingError(f"{cc} has no C library; install picolibc-{machine}")
        # Newlib's stdio.h brings ssize_t along, and ESP-IDF 6 relies on it.
        flags = (*flags, "-idirafter", str(HEADERS / "c"), "-include", "sys/types.h")
    cxx_flags: tuple[str, ...] = ()
    if not _compiles(cxx, "c++", "#include <cstdint>"):
        cxx_flags = host_headers(_output(cxx, "-dumpversion").split(".")[0])
    return Compiler(cc, cxx, flags, cxx_flags)


def host_headers(major: str) -> tuple[str, ...]:
    """Return the options that lend a compiler the host's C++ headers of its version.

    Raises:
        ToolMissingError: they are not installed.
    """
    for host in sorted(Path("/usr/include").glob(f"*/c++/{major}/bits/c++config.h")):
        order = (HEADERS / "c++", Path("/usr/include/c++") / major, host.parent.parent)
        return tuple(part for each in order for part in ("-isystem", str(each)))
    raise ToolMissingError(f"there are no C++ headers; install libstdc++-{major}-dev")


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _compiles(compiler: str, language: str, text: str) -> bool:
    command = [compiler, "-fsyntax-only", "-x", language, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.returncode == 0
