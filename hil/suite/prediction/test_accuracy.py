# SPDX-License-Identifier: MIT
"""Accuracy, over the photos whose label is one of the model's classes."""

from typing import Any

import pytest

from hil.model.model import Model
from hil.results import Results
from hil.results.summary import accuracy
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def test_splitting_costs_no_accuracy(shots: Any, model: Model, hil_results: Results) -> None:
    """The board is right as often as the full model; with other kernels, it is only reported."""
    known = [shot for shot in shots if model.class_ids.class_id(shot.photo) is not None]
    if not known:
        pytest.skip(f"no photo has a label that {model.name} knows")
    found = accuracy(hil_results.photos)
    board, full = found["board"], found["full"]
    expect(
        shots.steps > 0 or board == full,
        "accuracy-lost",
        link=shots.via,
        stage=f"{len(known)} labelled photos",
        expected=f"top-1 right for {full['top1']:.1%} of {full['n']:g}, as with the full model",
        got=f"{board['top1']:.1%} of {board['n']:g}",
    )
