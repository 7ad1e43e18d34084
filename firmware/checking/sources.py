# SPDX-License-Identifier: MIT
"""Which files a component's build compiles, and which of its directory it does not."""

from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".S", ".s"})
"""Of files that somebody wants compiled."""
FROM_DIRECTORIES = ("*.c", "*.cpp", "*.S")
"""What ESP-IDF takes of SRC_DIRS (tools/cmake/component.cmake, __component_add_sources)."""


def compiled(directory: Path, registered: dict[str, list[str]]) -> list[Path]:
    """List the files that ESP-IDF compiles for a component, by the rule of its build.

    Args:
        directory: of the component.
        registered: what it calls ``idf_component_register`` with: ``SRCS``, which is preferred, or
            ``SRC_DIRS``, and ``EXCLUDE_SRCS`` for the latter.
    """
    if registered.get("SRCS"):
        found = [directory / each for each in registered["SRCS"]]
    else:
        excluded = {(directory / each).resolve() for each in registered.get("EXCLUDE_SRCS", [])}
        found = [
            file
            for each in registered.get("SRC_DIRS", [])
            for pattern in FROM_DIRECTORIES
            for file in sorted((directory / each).glob(pattern))
            if file.resolve() not in excluded
        ]
    return list(dict.fromkeys(each.resolve() for each in found))


def findings(folder: Path, listed: list[Path], *, by_list: bool) -> Iterator[str]:
    """Yield a line for each file below `folder` that is never compiled, or listed and not there.

    Args:
        folder: holds the component's sources.
        listed: what `compiled` says.
        by_list: whether it is ``SRCS`` that says so.
    """
    for file in listed:
        if not file.is_file():
            yield f"{file}: CMakeLists.txt lists it, and there is no such file"
    for file in sorted(folder.resolve().rglob("*")):
        if file.suffix in SUFFIXES and file not in listed:
            why = (
                "SRCS in CMakeLists.txt does not list it"
                if by_list
                else f"SRC_DIRS takes {', '.join(FROM_DIRECTORIES)} only"
            )
            yield f"{file}: {file.name} is never compiled: {why}"
