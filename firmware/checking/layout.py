# SPDX-License-Identifier: MIT
"""Sections that the linker put where ESP-IDF's linker script has none, from its map.

An image is one piece of flash, so ESP-IDF's script has the linker stop at a gap between two of its
sections. It says which two; what lies there, of which the script says nothing, only the map tells.
"""

import re

from checking import linker

_GAP = re.compile(r"The gap between (?P<before>\.[\w.]+) and (?P<after>\.[\w.]+) must not exist")
_SECTION = re.compile(
    r"^(?P<name>\.[\w.]+)\s+0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+)\b.*\n(?P<inputs>(?:[ \t].*\n)*)",
    re.MULTILINE,
)
_INPUT = re.compile(
    r"^ \.\S+\s+0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+) (?P<object>\S.*)$", re.MULTILINE
)
_MADE = (".got", ".plt", ".rela")
"""What the linker makes itself; the map gives it to any object."""
_WHY_GOT = (
    "; a .got comes from position-independent code, or from thread-local data that was compiled "
    "without -ftls-model=local-exec"
)


def explain(finding: str, linkers_map: str) -> str:
    """Return what a linker found, with what lies in the gap if it is about one."""
    gap = _GAP.search(finding)
    if not gap:
        return finding
    sections = list(_SECTION.finditer(linkers_map))
    names = [each["name"] for each in sections]
    if gap["before"] not in names or gap["after"] not in names:
        return finding
    between = sections[names.index(gap["before"]) + 1 : names.index(gap["after"])]
    there = [each for each in between if int(each["size"], 16)]
    if not there:
        return finding
    why = _WHY_GOT if any(each["name"] == ".got" for each in there) else ""
    return f"{finding.rstrip('.')}: in it lies {' and '.join(map(_named, there))}{why}"


def _named(section: re.Match[str]) -> str:
    name = section["name"]
    if name.startswith(_MADE):
        return name
    inputs = [each for each in _INPUT.finditer(section["inputs"]) if int(each["size"], 16)]
    objects = dict.fromkeys(linker.short(each["object"]) for each in inputs)
    return f"{name} of {' and '.join(objects)}" if objects else name
