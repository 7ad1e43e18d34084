# SPDX-License-Identifier: MIT
"""How large what was linked is, by section and against its partition."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(
    r"^\s*\[ *\d+\] (\.\S+)\s+(\w+)\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+\s+(\w*)", re.MULTILINE
)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}


@dataclass(frozen=True)
class Section:
    """A section that the chip has in memory; address and size in bytes."""

    name: str
    address: int
    size: int


def sections(readelf: str) -> list[Section]:
    """Return those that are loaded or set aside, of what ``readelf --sections --wide`` says."""
    return [
        Section(name, int(address, 16), int(size, 16))
        for name, _, address, size, flags in _SECTION.findall(readelf)
        if "A" in flags and int(size, 16)
    ]


def table(found: list[Section]) -> Iterator[str]:
    """Yield a line for each section."""
    for each in found:
        yield f"  {each.name:<24} {each.address:#010x} {each.size:>9,} bytes"


def room(partitions: Path) -> tuple[str, int]:
    """Return the name and the size in bytes of the smallest application partition of a table.

    Raises:
        ValueError: the table has none.
    """
    lines = partitions.read_text(encoding="utf-8").splitlines()
    rows = [
        [field.strip() for field in row]
        for row in csv.reader(line for line in lines if line.strip() and not line.startswith("#"))
    ]
    slots = [(row[0], _size(row[4])) for row in rows if row[1] in {"app", "0", "0x00"}]
    if not slots:
        raise ValueError(f"{partitions} has no partition of type app")
    return min(slots, key=lambda slot: slot[1])


def findings(image: int, partitions: Path) -> Iterator[str]:
    """Yield a line if an image of `image` bytes does not fit its partition."""
    name, size = room(partitions)
    if image > size:
        yield (
            f"the image of {image:,} bytes is {image - size:,} too large for {name} of "
            f"{size:,} ({partitions.name})"
        )


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KM])", text)
    return int(match[1]) * _UNITS[match[2]] if match else int(text, 0)
