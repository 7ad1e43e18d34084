# SPDX-License-Identifier: MIT
"""``hil run``: how scores are shown."""

import pytest

from hil.cli.board.run import scores_of
from hil.inference.inference import Prediction


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([0.996, 0.004, 0.0], ["99.6%", "0.4%", "0.0%"]),
        ([4.161, 1.079, 0.5], ["4.161", "1.079", "0.5"]),  # of an autoencoder
        ([127.0, -3.0], ["127", "-3"]),  # of a filter bank
    ],
)
def test_scores_that_are_no_shares_are_shown_as_they_are(
    scores: list[float], shown: list[str]
) -> None:
    top = [Prediction(number, str(number), 0, score) for number, score in enumerate(scores)]
    assert [each.strip() for each in scores_of(top)] == shown
