# SPDX-License-Identifier: MIT
"""From what an input is said to show to the class that a model has for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hil.errors import BadInputError
from hil.model.inputs.samples import Sample


def label_key(label: str) -> str:
    """Return the form in which labels are compared: case, ``_``, ``-`` and spacing do not count."""
    return " ".join(re.split(r"[\s_-]+", label.casefold())).strip()


def parse_labels(data: bytes, shape: tuple[int, ...], path: Path) -> tuple[str, ...]:
    """Read a file of labels, one a line.

    Args:
        data: the file's bytes.
        shape: of the model's output, whose last dimension are the classes.
        path: names the file in errors.

    Raises:
        BadInputError: it is not UTF-8, or has more or fewer labels than there are classes.
    """
    try:
        labels = tuple(data.decode("utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text; save the labels as UTF-8.") from error
    classes = shape[-1] if shape else 1
    if labels and len(labels) != classes:
        raise BadInputError(
            f"{path} has {len(labels)} labels for {classes} classes; correct the labels file."
        )
    return labels


@dataclass(frozen=True)
class Labels:
    """A model's labels, as far as they are needed to find a class by its name.

    Attributes:
        classes: number of classes.
        ids: class ids by the label's key.
        shared: the labels that several classes have, as they are written.
    """

    classes: int
    ids: dict[str, list[int]] = field(default_factory=dict)
    shared: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str], classes: int) -> Self:
        """Sort a model's labels.

        Args:
            names: in class order; empty if they are not known.
            classes: number of classes.
        """
        ids: dict[str, list[int]] = {}
        for number, name in enumerate(names):
            ids.setdefault(label_key(name), []).append(number)
        shared = tuple(names[each[0]] for each in ids.values() if len(each) > 1)
        return cls(classes, ids, shared)

    def class_id(self, sample: Sample) -> int | None:
        """Return the id of the class that an input shows, None where that is not known.

        What its index gives as its class counts; else its label, if it is that of just one class;
        else its label as a class id. A label that several classes share says nothing.
        """
        if sample.class_id is not None:
            return sample.class_id if sample.class_id < self.classes else None
        if sample.label is None:
            return None
        ids = self.ids.get(label_key(sample.label), [])
        if not ids and sample.label.isascii() and sample.label.isdigit():
            ids = [int(sample.label)]
        return ids[0] if len(ids) == 1 and ids[0] < self.classes else None

    def warning(self) -> str:
        """Return a sentence about labels that are no names of one class; empty if all are."""
        if not self.shared:
            return ""
        told = ", ".join(map(repr, self.shared[:3])) + (", ..." if len(self.shared) > 3 else "")
        return (
            f"{len(self.shared)} label{'s are' if len(self.shared) > 1 else ' is'} that of several "
            f"classes ({told}); inputs so labelled are left out of accuracy unless index.csv has "
            "their class_id"
        )
