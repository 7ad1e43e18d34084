# SPDX-License-Identifier: MIT
"""The kernel's modules, each with what it depends on.

The kernel is not installed, so there is no modules.dep: a module says itself what it depends on.
"""

import lzma
import re
from collections.abc import Iterable
from pathlib import Path

_SUFFIX = re.compile(r"\.ko(\.xz)?$")
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def in_order(directory: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """Return modules by name, in an order in which they can be loaded.

    Args:
        directory: where the modules are.
        wanted: names; one that is not there is built into the kernel.
    """
    files = {_name(_SUFFIX.sub("", path.name)): path for path in directory.rglob("*.ko*")}
    order: dict[str, bytes] = {}

    def need(name: str) -> None:
        if name in order or name not in files:
            return
        data = files[name].read_bytes()
        data = lzma.decompress(data) if files[name].suffix == ".xz" else data
        for others in _DEPENDS.findall(data):
            for other in filter(None, others.decode().split(",")):
                need(_name(other))
        order[name] = data

    for module in wanted:
        need(_name(module))
    return order


def _name(module: str) -> str:
    return module.replace("-", "_")
