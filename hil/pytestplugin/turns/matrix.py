# SPDX-License-Identifier: MIT
"""Which combinations of firmwares, models and cuts a run tests: ``--hil-matrix``.

A file has ``firmwares``, ``models`` and ``cuts``, of which it may leave out any: a list each. An
entry is a path (seen from the file's directory) or, for cuts, a name or an index; a firmware or
model may be a table with ``path``, ``name`` and, for a model, ``cuts`` of its own.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hil.errors import BadInputError
from hil.host.files.reading import read_toml

_KEYS = ("firmwares", "models", "cuts")


@dataclass(frozen=True)
class Combination:
    """One firmware, one model and one cut; None for what the file leaves to the other options.

    Attributes:
        name: short, and no other combination's; what ids of tests have.
        firmware: build directory, or a zip of one.
        model: directory with a manifest, or a .tflite file.
        cut: name or index.
    """

    name: str
    firmware: Path | None = None
    model: Path | None = None
    cut: str | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Matrix:
    """What a file says.

    Attributes:
        path: of the file.
        combinations: at least one, firmware by firmware, so that each is flashed in a row.
    """

    path: Path
    combinations: tuple[Combination, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadInputError: it is missing, or says something that no matrix has.
        """
        try:
            tree = read_toml(path)
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); --hil-matrix names a TOML file."
            ) from error
        except ValueError as error:
            raise BadInputError(f"{path} is no TOML: {error}.") from error
        try:
            return cls(path, _combinations(tree, path.parent))
        except BadInputError as error:
            raise BadInputError(f"{path}: {error}.") from None

    @property
    def axes(self) -> tuple[str, ...]:
        """What it names: some of ``firmware``, ``model`` and ``cut``."""
        (first, *_) = self.combinations
        return tuple(axis for axis in ("firmware", "model", "cut") if getattr(first, axis))


@dataclass(frozen=True)
class _Entry:
    """One of a list: what it is called, where it is, and cuts if it is a model with its own."""

    name: str = ""
    path: Path | None = None
    cuts: tuple[str, ...] = ()


def _combinations(tree: dict[str, Any], directory: Path) -> tuple[Combination, ...]:
    _refuse_unknown(tree, _KEYS, "it")
    if not tree:
        raise BadInputError(f"it is empty; a matrix has {', '.join(_KEYS)}")
    cuts = _cuts(tree, "cuts") if "cuts" in tree else ()
    firmwares = _entries(tree, "firmwares", ("path", "name"), directory)
    models = _entries(tree, "models", ("path", "name", "cuts"), directory)
    return tuple(
        Combination("-".join(filter(None, (one.name, other.name, cut))), one.path, other.path, cut)
        for one, other in itertools.product(firmwares or [_Entry()], models or [_Entry()])
        for cut in other.cuts or cuts or (None,)
    )


def _entries(tree: dict[str, Any], key: str, keys: Sequence[str], directory: Path) -> list[_Entry]:
    entries = []
    for number, value in enumerate(_list(tree, key), 1) if key in tree else ():
        title = f"number {number} of {key}"
        table = {"path": value} if isinstance(value, str) else value
        if not isinstance(table, dict):
            raise BadInputError(f"{title} must be a path or a table with one")
        _refuse_unknown(table, keys, title)
        path, name = table.get("path"), table.get("name", "")
        if not isinstance(path, str) or not path or not isinstance(name, str):
            raise BadInputError(f"{title} needs a path, and a name only as text")
        place = directory / Path(path).expanduser()
        cuts = _cuts(table, f"cuts of {title}") if "cuts" in table else ()
        entries.append(_Entry(name or place.resolve().stem, place, cuts))
    return _told_apart(entries)


def _told_apart(entries: list[_Entry]) -> list[_Entry]:
    """Number those that would have the same name."""
    counts = Counter(entry.name for entry in entries)
    seen = Counter[str]()
    found = []
    for entry in entries:
        seen[entry.name] += 1
        number = str(seen[entry.name]) if counts[entry.name] > 1 else ""
        found.append(_Entry(entry.name + number, entry.path, entry.cuts))
    return found


def _cuts(tree: dict[str, Any], title: str) -> tuple[str, ...]:
    cuts = _list(tree, "cuts")
    if not all(type(cut) in (str, int) and cut != "" for cut in cuts):
        raise BadInputError(f"{title} must be names or indices")
    return tuple(dict.fromkeys(map(str, cuts)))


def _list(tree: dict[str, Any], key: str) -> list[Any]:
    found = tree[key]
    if not isinstance(found, list) or not found:
        raise BadInputError(f"{key} must be a list with something in it")
    return found


def _refuse_unknown(tree: dict[str, Any], known: Sequence[str], title: str) -> None:
    for key in tree:
        if key not in known:
            raise BadInputError(
                f"{title} has the unknown key {key!r}; known are {', '.join(known)}"
            )
