# SPDX-License-Identifier: MIT
"""Which contents of boards (firmware, model, cut) of several workers are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

Combination = Mapping[str, Any]
Place = tuple[str, str]
"""A worker, and what its document calls a content."""

_CONTENT = ("firmware", "model", "cut")


@dataclass(frozen=True)
class Contents:
    """All that was on any board.

    Attributes:
        known: each content once, by the name that it has in the whole: firmware, model, cut.
        names: that name, by what a worker calls it.
    """

    known: Mapping[str, Combination]
    names: Mapping[Place, str]


def all_contents(combinations: Mapping[str, Iterable[Combination]]) -> Contents:
    """Return the contents of several workers' boards, each once.

    Args:
        combinations: of each worker, in the order in which they are to stand.
    """
    known: dict[str, Combination] = {}
    names: dict[Place, str] = {}
    for worker, own in combinations.items():
        for each in own:
            content = {key: each[key] for key in _CONTENT}
            met = {name for (of, _), name in names.items() if of == worker}
            same = [name for name, other in known.items() if other == content and name not in met]
            name = each["name"] if each["name"] in same else next(iter(same), None)
            if name is None:
                name = _free(each["name"], known)
                known[name] = content
            names[worker, each["name"]] = name
    return Contents(known, names)


def _free(name: str, taken: Mapping[str, object]) -> str:
    if name not in taken:
        return name
    return next(new for n in count(2) if (new := f"{name} ({n})") not in taken)
