# SPDX-License-Identifier: MIT
"""From the label of an input to a class: by ids where names are not enough."""

from pathlib import Path

import pytest

from hil.model.inputs.samples import Sample
from hil.model.labels import Labels

NAMES = ("cat", "maillot", "German shepherd", "Maillot", "crane", "7")
LABELS = Labels.of(NAMES, len(NAMES))


@pytest.mark.parametrize(
    ("label", "class_id", "found"),
    [
        ("cat", None, 0),
        ("german_shepherd", None, 2),
        ("dog", None, None),
        (None, None, None),
        ("maillot", None, None),  # two classes are called so
        ("maillot", 3, 3),
        ("cat", 4, 4),
        (None, 5, 5),
        ("cat", 6, None),  # no such class
        ("4", None, 4),
        ("7", None, 5),  # the name goes before the number
        ("6", None, None),
        ("²", None, None),
    ],
)
def test_a_class_is_found_by_its_id_or_by_a_name_of_its_own(
    label: str | None, class_id: int | None, found: int | None
) -> None:
    assert LABELS.class_id(Sample(Path("a.png"), "a.png", label, class_id)) == found


def test_labels_of_several_classes_are_warned_of() -> None:
    assert "1 label is that of several classes ('maillot')" in LABELS.warning()
    assert Labels.of(("a", "b"), 2).warning() == ""
    many = Labels.of(("a", "a", "b", "b", "c", "c", "d", "d"), 8).warning()
    assert "4 labels are that of several classes ('a', 'b', 'c', ...)" in many


def test_without_labels_a_class_is_known_by_its_id_only() -> None:
    none = Labels.of((), 3)
    assert none.class_id(Sample(Path("a"), "a", "cat")) is None
    assert none.class_id(Sample(Path("a"), "a", "2")) == 2
