# SPDX-License-Identifier: MIT
"""How often the board agrees with other ways to run the model, and whether that is enough."""

from typing import Any

import pytest

from hil.model.interpreter import Kernels
from hil.model.model import Model
from hil.pytestplugin.farm.portions import Portion
from hil.results import Results
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def judge(results: Results, reference: str, via: str, portion: Portion | None) -> None:
    """Fail if it is not enough; where photos are divided, the session judges all together."""
    if portion is not None:
        return
    row = results.agreement()[reference]
    limit = row["limit"]
    expect(
        not row["judged"] or row["passed"],
        "disagreement",
        link=via,
        stage=f"{row['n']} photos, with {reference}",
        expected=f"top-1 {limit['top1']:.1%}, top-5 {limit['top5']:.1%}" if limit else "",
        got=f"top-1 {row['top1']:.1%}, top-5 {row['top5']:.1%}",
    )


def test_the_board_agrees_with_xnnpack_kernels(
    shots: Any, model: Model, hil_results: Results, hil_portion: Portion | None
) -> None:
    if not model.runs_on(Kernels.XNNPACK):
        pytest.skip(f"this host's interpreter lacks an operator of the model {model.name}")
    list(shots)
    judge(hil_results, "xnnpack", shots.via, hil_portion)


def test_the_board_agrees_with_the_float_model(
    shots: Any, model: Model, hil_results: Results, hil_portion: Portion | None
) -> None:
    if model.float32 is None:
        pytest.skip(f"the model {model.name} comes without its float32 version")
    list(shots)
    judge(hil_results, "float32", shots.via, hil_portion)
