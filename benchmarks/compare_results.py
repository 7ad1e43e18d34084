# SPDX-License-Identifier: MIT
"""Have the simulated figures moved? ``python benchmarks/compare_results.py BEFORE AFTER``.

Compares two ``results.json`` of ``pytest -m hil`` on virtual boards: the stages of every inference,
every round trip, what each cost on the wire, and the statistics over them. A change that is none
of behaviour moves none of them, not by one microsecond. What has moved is named, with how many of
how many figures and by how much at least and at most; ``--each`` names every one. What is the
host's (its own times, paths, what was flashed) does not count.

Exit code 0 if all is as before, 1 if something moved, 2 if the files cannot be compared.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hil.errors import BadInputError

Figures = dict[tuple[str, ...], float | str | None]

SCHEMAS = tuple(f"hil-results-{number}" for number in range(3, 10))
SERIES = ("inferences", "round_trips", "latency")
HOSTS = {"host_us", "host_seconds", "message_id", "simulated", "combination", "board", "advisory"}
"""Keys of an entry that are no simulated figures."""


@dataclass(frozen=True)
class Moved:
    """One figure that is not what it was.

    Attributes:
        path: where it stands: list, link, number of the entry, keys.
        before, after: its values; None for one that is not there.
    """

    path: tuple[str, ...]
    before: float | str | None
    after: float | str | None

    @property
    def kind(self) -> tuple[str, ...]:
        """What it is, whichever entry it is of."""
        return (*self.path[:2], *self.path[3:])

    @property
    def by(self) -> float | None:
        """How far it moved; None where one of the two is no number."""
        if isinstance(self.before, int | float) and isinstance(self.after, int | float):
            return self.after - self.before
        return None


def load(path: Path) -> dict[str, Any]:
    """Read a ``results.json``.

    Raises:
        BadInputError: there is none, it is of another format, or not of a virtual board.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInputError(f"{path} is no JSON: name a results.json of pytest -m hil") from error
    if not isinstance(document, dict) or document.get("schema") not in SCHEMAS:
        raise BadInputError(
            f"{path} is not of format {' or '.join(SCHEMAS)}: name a results.json of pytest -m hil"
        )
    entries = [entry for name in SERIES for entry in document[name]]
    if not entries:
        raise BadInputError(f"{path} holds no figures: run all of pytest -m hil")
    if not all(entry["simulated"] for entry in entries):
        raise BadInputError(f"{path} was measured on a chip, whose figures never repeat exactly")
    return document


def figures(document: dict[str, Any]) -> Figures:
    """Flatten all simulated figures; the n-th entry of a list over a link keeps its number."""
    found: Figures = {}
    for name in SERIES:
        counts: dict[str, int] = {}
        for entry in document[name]:
            via = entry["via"]
            number = counts[via] = counts.get(via, 0) + 1
            found.update(_leaves((name, via, str(number)), entry))
    return found


def _leaves(
    path: tuple[str, ...], value: object
) -> Iterator[tuple[tuple[str, ...], float | str | None]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in HOSTS:
                yield from _leaves((*path, str(key)), each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves((*path, str(index)), each)
    elif value is None or isinstance(value, int | float | str):
        yield path, value


def compare(before: Figures, after: Figures) -> list[Moved]:
    """Return what differs, in the order of `before`; what only one side has differs too."""
    paths = [*before, *(path for path in after if path not in before)]
    absent = object()
    return [
        Moved(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path, absent) != after.get(path, absent)
    ]


def describe(moved: list[Moved], before: Figures) -> Iterator[str]:
    """Say for each kind of figure how many moved, and by how much."""
    kinds: dict[tuple[str, ...], list[Moved]] = {}
    for each in moved:
        kinds.setdefault(each.kind, []).append(each)
    for kind, those in kinds.items():
        total = sum((*path[:2], *path[3:]) == kind for path in before)
        steps = [each.by for each in those if each.by is not None]
        amount = f"by {min(steps):+g} to {max(steps):+g}" if steps else "to other values"
        if len(steps) not in (0, len(those)):
            amount += f", {len(those) - len(steps)} of them appeared or went"
        yield f"{' '.join(kind)}: {len(those)} of {total} moved {amount}"


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--each", is_flag=True, help="Name every figure that moved.")
def main(before: Path, after: Path, each: bool) -> None:
    """Compare the simulated figures of two results.json."""
    try:
        old, new = figures(load(before)), figures(load(after))
    except BadInputError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    moved = compare(old, new)
    for line in describe(moved, old):
        click.echo(line)
    for one in moved if each else ():
        click.echo(f"  {' '.join(one.path)}: {one.before} -> {one.after}")
    click.echo(f"{len(moved)} of {len(old)} simulated figures moved")
    sys.exit(1 if moved else 0)


if __name__ == "__main__":
    main()
