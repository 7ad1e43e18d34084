# SPDX-License-Identifier: MIT
"""Whether what the firmware defines for the linker keeps apart from what ESP-IDF defines."""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from checking import definitions

PREFIXES = {"main": "hil_"}
"""Of a component's globals; ESP-IDF itself has names as plain as console_write. Those of the core
that are not in its interface (``sn_``) have the names of their modules, and must only be free."""
HOOKS = {
    "app_main": "the main task calls it",
    "DebugLog": "TFLM's hook for messages",
    "DebugVsnprintf": "TFLM's hook for messages",
}
"""Names that others have given to what the firmware is to define."""
WRAPPER = "__wrap_"
"""The linker's option --wrap makes these names. Who defines one takes a function's place in one
image, so that of another chip's driver (ESP32-C2's Bluetooth wraps esp_panic_handler) is free."""

SOURCES = definitions.C_SUFFIXES | definitions.ASSEMBLY_SUFFIXES
_CHIP = re.compile(r"esp32(?:[a-z]\d+)?")
_TARGETS = ("esp32s3", "esp32c3")
"""What this firmware is built for."""

_SUFFIXES = SOURCES | {".a", ".ld", ".in"}
_ELSEWHERE = re.compile(
    r"/(?:tests?|test_apps?\w*|host_tests?|unit_tests?|examples?|apps|mocks|fuzz\w*)/|/soc/.*\.h$"
)
"""What is not for an application, with a main() of its own; and registers by the megabyte."""


def from_assembly(text: str) -> set[str]:
    """Return the globals that a file defines, of what GCC's ``-S`` makes of it.

    C++ names that any file may define alike (weak ones, of inline functions) are left out.
    """
    labels = set(re.findall(r"^([\w$.]+):", text, re.MULTILINE))
    labels |= set(re.findall(r"^\s*\.comm\s+([\w$.]+)", text, re.MULTILINE))
    labels |= set(re.findall(r"^\s*\.set\s+([\w$.]+),", text, re.MULTILINE))
    shown = set(re.findall(r"^\s*\.(?:globa?l|comm)\s+([\w$.]+)", text, re.MULTILINE))
    hidden = set(re.findall(r"^\s*\.local\s+([\w$.]+)", text, re.MULTILINE))
    return (shown & labels) - hidden


def collisions(names: set[str], trees: Iterable[Path]) -> dict[str, list[tuple[Path, bool]]]:
    """Return where `trees` define any of `names`: files, and whether the definition is weak.

    Every source file counts, linker script and library as well, whatever target it is for.
    """
    # Most files have not even a name's beginning, and that is quickly seen.
    beginnings = {each.partition("_")[0] + "_" if "_" in each else each for each in names}
    needles = [each.encode() for each in sorted(beginnings)]
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    found: dict[str, list[tuple[Path, bool]]] = {}
    for tree in trees:
        for file in _files(tree):
            if file.suffix != ".a":
                data = file.read_bytes()
                if not any(needle in data for needle in needles):
                    continue
                if not pattern.search(data.decode("utf-8", "replace")):
                    continue
            for name, is_weak in definitions.in_file(file).items():
                if name in names:
                    found.setdefault(name, []).append((file, is_weak))
    return found


def is_another_chips(path: Path, targets: Collection[str]) -> bool:
    """Say whether a file of ESP-IDF lies in a folder of another chip than `targets`."""
    return any(_CHIP.fullmatch(part) and part not in targets for part in path.parts)


def findings(
    component: str, owned: dict[str, str], taken: dict[str, list[tuple[Path, bool]]]
) -> Iterator[str]:
    """Yield a line for each global of `component` without its prefix, or that is taken.

    Args:
        component: its name.
        owned: its globals, and the file that defines each.
        taken: what `collisions` says of them.
    """
    prefix = PREFIXES.get(component, "")
    for name, file in sorted(owned.items()):
        others = [path for path, is_weak in taken.get(name, []) if not is_weak]
        if name.startswith(WRAPPER):
            others = [path for path in others if not is_another_chips(path, _TARGETS)]
        hooked = name in HOOKS or (name in taken and not others)
        if others and name not in HOOKS:
            yield f"{file}: the global {name} is defined by {others[0]} too"
        if not name.startswith((prefix, WRAPPER)) and not hooked:
            yield f"{file}: the global {name} does not begin with {prefix}"


def _files(tree: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(tree):
        below.sort()
        for name in sorted(files):
            file = Path(folder, name)
            if file.suffix in _SUFFIXES and not _ELSEWHERE.search(f"/{file.relative_to(tree)}"):
                yield file
