# SPDX-License-Identifier: MIT
"""Programs with the libraries that they are linked with, found in unpacked packages."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from bluez_machine.cpio import Entry
from bluez_machine.errors import MachineMissingError

LIBRARIES = "lib/x86_64-linux-gnu"
_LOADER = "lib64/ld-linux-x86-64.so.2"


def entries(root: Path, programs: Iterable[str]) -> Iterator[Entry]:
    """Yield programs, in ``bin``, and their libraries, where the loader looks for them.

    Args:
        root: where the packages have been unpacked.
        programs: names of files somewhere below it.
    """
    yield Entry(_LOADER, _find(root, Path(_LOADER).name).read_bytes())
    seen: set[str] = set()
    left = [(f"bin/{name}", name) for name in programs]
    while left:
        place, name = left.pop()
        path = _find(root, name)
        yield Entry(place, path.read_bytes())
        for library in _needed(path):
            if library not in seen:
                seen.add(library)
                left.append((f"{LIBRARIES}/{library}", library))


def _find(root: Path, name: str) -> Path:
    for path in sorted(root.rglob(name)):
        if path.is_file():
            return path
    raise MachineMissingError(
        f"Debian's packages here hold no {name}; add the one that has it to bluez_machine/image.py."
    )


def _needed(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [
            tag.needed
            for section in ELFFile(file).iter_sections()
            if isinstance(section, DynamicSection)
            for tag in section.iter_tags("DT_NEEDED")
        ]
