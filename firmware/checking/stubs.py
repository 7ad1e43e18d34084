# SPDX-License-Identifier: MIT
"""Symbols in place of libraries that are not at hand.

A name is taken from nowhere only if it must come from such a library: a header of the components
whose libraries are missing declares it, and no source file of ESP-IDF defines it; or a header that
is lent in newlib's place declares it; or C++'s run-time library has it. All others stay undefined.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checking import ctext

DECLARING = {
    "esp_wifi": ("esp_wifi", "wpa_supplicant", "esp_coex"),
    "esp_phy": ("esp_phy",),
    "esp_coex": ("esp_coex", "esp_wifi"),
    "bt": ("bt",),
}
"""By the component whose libraries are missing: where their symbols are declared."""

PICOLIBC = frozenset({"stdin", "stdout", "stderr", "__lock___libc_recursive_mutex"})
"""What picolibc wants from elsewhere, and newlib has not."""

_CXX = re.compile(r"_ZSt|_ZNS|_ZNKS|_ZTV|_ZTI|_ZTS|_Zn[wa]|_Zd[la]|__cxa_|__gxx_|__dynamic_cast")
_DECLARED = re.compile(r"\b(\w+)\s*(?:\[[^\]]*\]\s*)?[(;]")


@dataclass(frozen=True)
class Origin:
    """Where names come from: a sentence about it, and the names."""

    why: str
    names: frozenset[str]


def declared(headers: Iterable[Path], names: set[str]) -> set[str]:
    """Return those of `names` that a header declares."""
    found: set[str] = set()
    for header in headers:
        text = header.read_text(encoding="utf-8", errors="replace")
        if any(name in text for name in names - found):
            found |= names & set(_DECLARED.findall(ctext.strip(text)))
    return found


def is_cxx(name: str) -> bool:
    """Say whether C++'s run-time library has such a name."""
    return bool(_CXX.match(name))


def assembly(names: Iterable[str]) -> str:
    """Return assembly that defines each of `names`, weakly, as a word of zeros of its own."""
    lines = [
        f'.section .text.{name},"ax",@progbits\n.p2align 2\n.weak {name}\n{name}: .word 0\n'
        for name in sorted(names)
    ]
    return "".join(lines)
