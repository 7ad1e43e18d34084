# SPDX-License-Identifier: MIT
"""Files with inputs for a model, and the directories that hold them.

Three shapes of directory are understood (docs/photos.md): one with an ``index.csv``, one with a
sub-directory for each label, and a flat one without labels.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from hil.errors import BadInputError
from hil.host.files.reading import check_file, read_file, read_text

INDEX = "index.csv"

_INDEX_BYTES = 1 << 26
# Stanford Dogs names its directories after WordNet synsets: n02085620-Chihuahua.
_SYNSET_PREFIX = re.compile(r"n\d{8}-")


@dataclass(frozen=True)
class Sample:
    """One input for a model, in a file.

    Attributes:
        path: where the file is.
        name: its path relative to the directory it was loaded from, with ``/`` as separator.
        label: what it shows, or None where that is not known.
        class_id: the model's class that it shows, where that is known.
    """

    path: Path
    name: str
    label: str | None = None
    class_id: int | None = None

    def __fspath__(self) -> str:
        return str(self.path)


def listed(directory: Path, suffixes: frozenset[str]) -> list[Sample]:
    """List the inputs of a directory, sorted by name.

    Args:
        directory: holds an ``index.csv`` (then only the files it lists count, and their SHA-256
            is checked), or such files, or sub-directories named after the label of their files.
        suffixes: of the files that count, in lower case with the dot.

    Raises:
        BadInputError: one of them is no file, or the index does not fit its files.
    """
    index = directory / INDEX
    try:
        found = _indexed(directory, index) if index.exists() else _scanned(directory, suffixes)
        return sorted(found, key=lambda sample: sample.name)
    except OSError as error:  # of listing a directory
        raise BadInputError(f"{directory} cannot be listed ({error.strerror}).") from error


def _scanned(directory: Path, suffixes: frozenset[str]) -> Iterator[Sample]:
    """Find the files in ``directory`` and, labelled, those one level below."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.name.startswith("."):
            label = _SYNSET_PREFIX.sub("", entry.name, count=1)
            for path in entry.iterdir():
                if _counts(path, suffixes):
                    yield Sample(path, f"{entry.name}/{path.name}", label)
        elif _counts(entry, suffixes):
            yield Sample(entry, entry.name)


def _counts(path: Path, suffixes: frozenset[str]) -> bool:
    """Tell by its name whether ``path`` is meant; raises BadInputError where it is no file."""
    if path.suffix.lower() not in suffixes or path.name.startswith(".") or path.is_dir():
        return False
    try:
        check_file(path)
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be used ({error.strerror}): restore or remove it"
        ) from error
    return True


def _indexed(directory: Path, index: Path) -> Iterator[Sample]:
    """Read the index of a directory and check every file against it."""
    try:
        text = read_text(index, _INDEX_BYTES)
    except OSError as error:
        raise BadInputError(f"{index} cannot be read ({error.strerror}): restore it") from error
    except ValueError as error:
        raise BadInputError(f"{index} cannot be read ({error}): save it as UTF-8 text") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if not {"file", "sha256"} <= set(rows.fieldnames or ()):
            raise BadInputError(
                f"{index} lacks the columns 'file' and 'sha256': add them, or remove the index"
            )
        seen: set[str] = set()
        for row in rows:
            yield _row(directory, row, seen, f"{index} line {rows.line_num}")
    except csv.Error as error:
        raise BadInputError(
            f"{index} line {rows.line_num} is no CSV ({error}): mend that line"
        ) from error


def _row(directory: Path, row: dict[str, str], seen: set[str], where: str) -> Sample:
    name = (row["file"] or "").strip()
    if not name or name in seen:
        raise BadInputError(f"{where} names no file, or one named before: mend that line")
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise BadInputError(
            f"{where} names {name}, which lies outside its directory: move the file into it"
        )
    seen.add(name)
    path = directory / name
    try:
        checksum = hashlib.sha256(read_file(path)).hexdigest()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInputError(
            f"{path} is listed in {INDEX} but cannot be read ({why}): restore the file or remove "
            "its line"
        ) from error
    if checksum != (row["sha256"] or "").strip().lower():
        raise BadInputError(
            f"{path} is not the file that {INDEX} lists (SHA-256 differs): restore the file or "
            "correct its line"
        )
    class_id = (row.get("class_id") or "").strip()
    if class_id and not (class_id.isascii() and class_id.isdigit() and len(class_id) < 10):
        raise BadInputError(f"{where} has the class_id {class_id!r}: give a number, or none")
    label = (row.get("label") or "").strip() or None
    return Sample(path, name, label, int(class_id) if class_id else None)
