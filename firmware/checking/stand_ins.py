# SPDX-License-Identifier: MIT
"""Components in place of those whose submodules a tree lacks, so that the rest can be linked.

A component that is nothing without its submodule becomes an empty one. An Mbed TLS without its
``framework`` gets an empty one of that, and one that is not Espressif's fork (which alone has
``mbedtls_gcm_context_soft``) does without GCM for other ciphers than AES.
"""

import re
from pathlib import Path

_GUARD = re.compile(
    r"if\s*\(NOT EXISTS \$\{CMAKE_CURRENT_LIST_DIR\}/([\w./-]+)\s*\)(?:(?!endif).)*?FATAL_ERROR",
    re.DOTALL,
)

_NO_FALLBACK = "CONFIG_MBEDTLS_GCM_SUPPORT_NON_AES_CIPHER=n"


def make(components: dict[str, Path], directory: Path) -> list[str]:
    """Make what stands in below `directory`; return a line for each."""
    said = []
    for name, path in sorted(components.items()):
        listing = path / "CMakeLists.txt"
        guard = _GUARD.search(listing.read_text(encoding="utf-8", errors="replace"))
        if guard and not (path / guard[1]).exists():
            _write(directory / name / "CMakeLists.txt", "idf_component_register()\n")
            said.append(f"{name} is left out: its submodule {guard[1].split('/')[0]} is absent")
    mbedtls = components.get("mbedtls")
    if mbedtls and _wants_framework(mbedtls / "mbedtls"):
        _mirror(mbedtls, directory / "mbedtls", "mbedtls")
        _mirror(mbedtls / "mbedtls", directory / "mbedtls" / "mbedtls", "framework")
        _write(directory / "mbedtls" / "mbedtls" / "framework" / "CMakeLists.txt", "")
        said.append("Mbed TLS's framework is an empty one: its submodule is absent")
    return said


def settings(components: dict[str, Path], file: Path) -> list[Path]:
    """Write the settings that a tree needs to be built into `file`, say so, and return it.

    Returns:
        `file`, or nothing where a tree needs none.
    """
    header = components.get("mbedtls", Path()) / "mbedtls/include/mbedtls/gcm.h"
    if not header.is_file() or "gcm_context_soft" in header.read_text(encoding="utf-8"):
        return []
    _write(file, f"{_NO_FALLBACK}\n")
    print(f"Note: Mbed TLS is not ESP-IDF's fork: {_NO_FALLBACK}.")
    return [file]


def _wants_framework(path: Path) -> bool:
    listing = path / "CMakeLists.txt"
    return (
        listing.is_file()
        and "add_subdirectory(framework)" in listing.read_text(encoding="utf-8")
        and not (path / "framework" / "CMakeLists.txt").is_file()
    )


def _mirror(original: Path, copy: Path, without: str) -> None:
    copy.mkdir(parents=True, exist_ok=True)
    for each in original.iterdir():
        if each.name != without and not (copy / each.name).is_symlink():
            (copy / each.name).symlink_to(each)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
