# SPDX-License-Identifier: MIT
"""Accuracy, over the photos whose label is one of the model's classes."""

from typing import Any

import pytest

from hil.model.model import Model
from hil.model.photos import Photo
from hil.pytestplugin.recording import label_id
from hil.results import Results
from hil.results.summary import accuracy

pytestmark = pytest.mark.hil


def test_splitting_costs_no_accuracy(
    shots: Any, model: Model, photos: list[Photo], hil_results: Results
) -> None:
    """The board is right as often as the full model; with other kernels, it is only reported."""
    known = [photo for photo in photos if label_id(model, photo) is not None]
    if not known:
        pytest.skip(f"no photo has a label that {model.name} knows")
    assert len(list(shots)) == len(photos)
    found = accuracy(hil_results.photos)
    assert found["board"]["n"] == found["full"]["n"] == len(known)
    if shots.steps == 0:
        assert found["board"]["top1"] == found["full"]["top1"]
