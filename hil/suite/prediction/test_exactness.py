# SPDX-License-Identifier: MIT
"""The three judgements on every photo, and what they add up to."""

from collections.abc import Callable
from typing import Any

import pytest

from hil.inference.judgement import Verdict
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def judge(
    shots: Any,
    sentence: Callable[[Any], str | None],
    symptom: str,
    *,
    stage: str,
    expected: str,
) -> None:
    """Fail by the first photo that ``sentence`` complains about; results.json has them all."""
    complaints = [(shot.photo.name, said) for shot in shots if (said := sentence(shot))]
    name, said = complaints[0] if complaints else ("", "")
    others = f" (and so {len(complaints) - 1} of {len(shots)} photos more)"
    expect(
        not complaints,
        symptom,
        link=shots.via,
        stage=f"{stage}, {name}",
        expected=expected,
        got=said + (others if len(complaints) > 1 else ""),
    )


def inexact(verdict: Verdict) -> str | None:
    """Return what is wrong with what must be the same bit for bit."""
    return None if verdict.exact else verdict.message


def test_the_edge_receives_the_activation_that_the_board_computed(shots: Any) -> None:
    """Transport: CRC-32 on both sides."""
    judge(
        shots,
        lambda shot: inexact(shot.judgement.transport),
        "altered-activation",
        stage="transfer",
        expected="one CRC-32 at both ends",
    )


def test_the_output_is_what_the_tail_makes_of_the_received_activation(shots: Any) -> None:
    """Composition: bit for bit."""
    judge(
        shots,
        lambda shot: inexact(shot.judgement.composition),
        "altered-output",
        stage="tail",
        expected="what the reference tail makes of the received activation",
    )


def test_the_activation_is_what_the_reference_head_computes(shots: Any) -> None:
    """Kernel: bit for bit with reference kernels, within the budget's steps with others."""

    def altered(shot: Any) -> str | None:
        verdict = shot.judgement.kernel
        return None if verdict.within(shots.steps) else verdict.message

    judge(
        shots,
        altered,
        "wrong-activation",
        stage="invoke",
        expected=f"the reference head's activation within {shots.steps:g} steps",
    )


def test_the_split_predicts_exactly_what_the_full_model_predicts(shots: Any) -> None:
    """The board's top five and the whole output vector against the uncut model."""
    if shots.steps > 0:
        pytest.skip("the board's kernels are not the reference ones: agreement is judged instead")

    def altered(shot: Any) -> str | None:
        return None if shot.full.exact else shot.full.message

    judge(
        shots,
        altered,
        "other-prediction",
        stage="whole inference",
        expected="the full model's output vector",
    )


def test_the_boards_top_five_is_that_of_the_output_vector(shots: Any, top5_of: Any) -> None:
    def altered(shot: Any) -> str | None:
        told = tuple(each.class_id for each in shot.inference.top5)
        computed = top5_of(shot.inference.output)
        return None if told == computed else f"the board says {told}, the output {computed}"

    judge(
        shots,
        altered,
        "wrong-top-five",
        stage="top five",
        expected="the five best classes of the output vector, ties to the lower id",
    )
