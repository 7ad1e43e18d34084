# SPDX-License-Identifier: MIT
"""What the linker and the compiler say, in a line for each fault."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

_OBJECT = re.compile(r"(?P<object>[^\s:`';]+(?:\.a\([^)]*\)|\.o(?:bj)?))(?=[:\s]|$)")
_UNDEFINED = re.compile(r"undefined reference to [`'](?P<name>[^']+)'")
_MULTIPLE = re.compile(r"multiple definition of [`'](?P<name>[^']+)'; (?P<rest>.*) first defined")
_OVERFLOW = re.compile(r"region [`'](?P<region>\w+)' overflowed by (?P<bytes>\d+) bytes?")
_NO_ROOM = re.compile(
    r"section [`'](?P<section>[\w.]+)' will not fit in region [`'](?P<region>\w+)'"
)
_LIBRARY = re.compile(r"cannot find (?P<library>-l\S+|\S+\.a)\b")
_ASSERTION = re.compile(r"^(?:\S*/)?(?:\S+-)?ld(?:\.\w+)?: (?P<text>[^:`']+)$")
"""What a linker script says itself, of no object and no symbol."""
_HEADER = re.compile(
    r"^(?P<file>[^\s:]+):\d+:\d+: fatal error: (?P<header>[^:]+): No such file", re.MULTILINE
)
_COMPILER = re.compile(
    r"^(?P<file>[^\s:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class Verdict:
    """What a linker found.

    Attributes:
        undefined: name: the objects that want it.
        multiple: name: the objects that define it, two.
        other: each as a sentence.
    """

    undefined: dict[str, list[str]]
    multiple: dict[str, tuple[str, str]]
    other: list[str]

    def findings(self) -> Iterator[str]:
        """Yield a line for each."""
        for name, objects in sorted(self.undefined.items()):
            verb = "wants" if len(objects) == 1 else "want"
            yield f"nothing defines {name}, which {' and '.join(objects)} {verb}"
        for name, (first, second) in sorted(self.multiple.items()):
            yield f"{name} is defined twice: in {first} and in {second}"
        yield from self.other


def read(said: str) -> Verdict:
    """Read the messages of GNU ld and GCC."""
    undefined: dict[str, list[str]] = {}
    multiple: dict[str, tuple[str, str]] = {}
    other: list[str] = []
    within = ""
    for line in said.splitlines():
        before = line.partition("multiple definition")[0]
        if match := _OBJECT.search(before):
            within = short(match["object"])
        if match := _UNDEFINED.search(line):
            objects = undefined.setdefault(match["name"], [])
            who = within or "the linker's command line"
            if who not in objects:
                objects.append(who)
        elif match := _MULTIPLE.search(line):
            first = _OBJECT.search(match["rest"])
            multiple[match["name"]] = (short(first["object"]) if first else match["rest"], within)
        elif match := _OVERFLOW.search(line):
            other.append(f"memory {match['region']} is {match['bytes']} bytes too small")
        elif match := _NO_ROOM.search(line):
            other.append(f"section {match['section']} does not fit in memory {match['region']}")
        elif match := _LIBRARY.search(line):
            other.append(f"the library {match['library']} is missing")
        elif match := _ASSERTION.search(line):
            other.append(match["text"])
    other += _of_compiler(said)
    return Verdict(undefined, multiple, list(dict.fromkeys(other)))


def short(name: str) -> str:
    """Return an object as a person looks for it: ``libmain.a(wifi.c.obj)`` or ``wifi.c.obj``."""
    library, bracket, member = name.partition("(")
    return f"{PurePath(library).name}{bracket}{member}"


def _of_compiler(said: str) -> Iterator[str]:
    for match in _HEADER.finditer(said):
        yield (
            f"{match['file']} includes {match['header']}, which none of its component's "
            "requirements has: REQUIRES or PRIV_REQUIRES in CMakeLists.txt"
        )
    for match in _COMPILER.finditer(said):
        if "No such file" not in match["text"]:
            yield f"{match['file']}:{match['line']}: {match['text']}"
