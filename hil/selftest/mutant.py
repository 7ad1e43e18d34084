# SPDX-License-Identifier: MIT
"""A mutant: one defect of the firmware as a patch, and its header, which says what it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from hil.errors import BadInputError
from hil.firmware.virtual import is_checkout
from hil.resources import PACKAGE

FAMILIES = (
    "repair",
    "identity",
    "state",
    "connections",
    "storage",
    "console",
    "time",
    "secrets",
    "keys",
    "classes",
    "blame",
)
DIRECTORY = Path("tests") / "mutants"
"""Where the patches are, in a checkout."""

_FIELDS = ("Defect", "Family", "Stands for", "Symptom")
_NAME = re.compile(r"\d{2,3}-[a-z0-9]+(-[a-z0-9]+)*")
_FIELD = re.compile(r"([A-Z][A-Za-z ]*): *(.*)")
_DIFF = re.compile(r"^(?:diff |--- )", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One defect.

    Attributes:
        name: a number and words, as its file has it: ``07-stale-result``.
        defect: what is wrong, in a sentence.
        family: one of :data:`FAMILIES`.
        stands_for: the defect of the original system that it stands for; empty if none.
        symptom: what a failure must be named by.
        diff: the patch without its header.
    """

    name: str
    defect: str
    family: str
    stands_for: str
    symptom: str
    diff: str

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """Read a patch; a line of the header goes on where the next begins with a space.

        Raises:
            BadInputError: name or header are not as they must be.
        """
        if not _NAME.fullmatch(name):
            raise BadInputError(
                f"The mutant {name} has no name such as 07-stale-result; rename {name}.patch."
            )
        found = _DIFF.search(text)
        if found is None:
            raise BadInputError(f"The mutant {name} changes no file; add its diff to the header.")
        header = _header(name, text[: found.start()])
        if header["Family"] not in FAMILIES:
            raise BadInputError(
                f"The mutant {name} is of family {header['Family']!r}; "
                f"take one of {', '.join(FAMILIES)}."
            )
        stands_for = "" if header["Stands for"] == "-" else header["Stands for"]
        diff = text[found.start() :]
        return cls(name, header["Defect"], header["Family"], stands_for, header["Symptom"], diff)

    def matches(self, pattern: str) -> bool:
        """Tell whether a shell pattern fits the name, with or without number, or the family."""
        number, _, words = self.name.partition("-")
        names = (self.name, words, number, self.family)
        return any(fnmatchcase(each, pattern) for each in names)


def read_mutants(directory: Path, only: Sequence[str] = ()) -> list[Mutant]:
    """Read the mutants of a directory, in the order of their names.

    Args:
        directory: with files ``*.patch``.
        only: shell patterns of which one must fit; without any, all are taken.

    Raises:
        BadInputError: there are none, none fits, or one of them is not as it must be.
    """
    try:
        texts = {path.stem: path.read_text("utf-8") for path in sorted(directory.glob("*.patch"))}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"The mutants in {directory} cannot be read: {error}.") from error
    mutants = [Mutant.parse(name, text) for name, text in texts.items()]
    numbers = [mutant.name.partition("-")[0] for mutant in mutants]
    for number in numbers:
        if numbers.count(number) > 1:
            raise BadInputError(f"Two mutants in {directory} have number {number}; renumber one.")
    chosen = [each for each in mutants if not only or any(map(each.matches, only))]
    if not chosen:
        what = f"that --only {' '.join(only)} names" if only else "at all"
        raise BadInputError(f"There are no mutants in {directory} {what}.")
    return chosen


def own_mutants() -> Path:
    """Return where the checkout has its mutants.

    Raises:
        BadInputError: this is an installed package.
    """
    if not is_checkout():
        raise BadInputError(
            "The selftest runs in a checkout of the repository only: its mutants are patches of "
            "the sources there, and an installed package holds neither; clone it and run it there."
        )
    return PACKAGE.parent / DIRECTORY


def _header(name: str, text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        found = _FIELD.fullmatch(line)
        if line.startswith(" ") and last:
            fields[last] += f" {line.strip()}"
        elif found is not None and found[1] in _FIELDS:
            last = found[1]
            fields[last] = found[2].strip()
        elif line.strip():
            raise BadInputError(
                f"The mutant {name} has a line in its header that is none of "
                f"{', '.join(_FIELDS)}: {line!r}."
            )
    for field in _FIELDS:
        if not fields.get(field):
            raise BadInputError(f"The mutant {name} does not say {field!r} in its header; add it.")
    return fields
