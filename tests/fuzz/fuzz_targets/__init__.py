# SPDX-License-Identifier: MIT
"""What Python reads of others, a module each: ``run(data)`` raises nothing, whatever the bytes.

A target swallows the exceptions that the documentation of what it calls names, and no other; it
checks laws (what is packed is read back, pieces of any size say the same, what is kept is bounded)
by assertions. ``seeds()`` are inputs that reach deep, made from vectors, models and builds.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
_HELPERS = ("choices", "vectors")


class Target(NamedTuple):
    """One module of this package."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


def names() -> list[str]:
    """Return the targets there are."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(each.name for each in modules if each.name not in _HELPERS)


def load(name: str) -> Target:
    """Return a target; what it tests is imported now."""
    module = importlib.import_module(f"{__name__}.{name}")
    return Target(name, module.run, module.seeds)
