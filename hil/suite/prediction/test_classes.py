# SPDX-License-Identifier: MIT
"""The best five, where scores are equal and there are more classes than a byte counts."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.model.topk import top_k
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def test_equal_scores_come_by_class_id_among_a_thousand(
    small_board: Board, digits: list[Path]
) -> None:
    model = small_board.part.model
    for digit in digits:
        inference = small_board.infer(digit)
        told = [(each.class_id, each.score_raw) for each in inference.top5]
        for who, output in (
            ("the output that it received", inference.output),
            ("the full model", model.predict(model.preprocess(digit))),
        ):
            computed = top_k(output)
            expect(
                told == computed,
                "wrong-top-five",
                link=inference.via,
                stage=f"best five of {digit.name} by {who}",
                expected=computed,
                got=told,
            )
