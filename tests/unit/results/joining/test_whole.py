# SPDX-License-Identifier: MIT
"""What is judged of all boards' photos together."""

from typing import Any

import pytest

from hil.results.joining.whole import disagreements


def document(boards: int, *, judged: bool, passed: bool | None) -> dict[str, Any]:
    limit = {"top1": 0.9, "top5": 0.99}
    row = {"n": 200, "top1": 0.85, "top5": 1.0, "limit": limit, "judged": judged, "passed": passed}
    part = {"name": "dogs19", "agreement": {"with": {"xnnpack": row}}}
    return {"boards": [{}] * boards, "combinations": [part]}


def test_several_boards_that_agree_too_rarely_together_are_an_error_of_the_product() -> None:
    (error,) = disagreements(document(2, judged=True, passed=False))
    assert (error["kind"], error["nodeid"], error["board"]) == ("product", None, None)
    assert error["message"] == (
        "disagreement: dogs19, 200 photos on all boards, with xnnpack: expected top-1 90.0%, "
        "top-5 99.0%, got top-1 85.0%, top-5 100.0%"
    )


@pytest.mark.parametrize(
    ("boards", "judged", "passed"), [(1, True, False), (2, True, True), (2, False, None)]
)
def test_what_a_board_alone_is_judged_by_and_what_is_enough_is_none(
    boards: int, judged: bool, passed: bool | None
) -> None:
    assert disagreements(document(boards, judged=judged, passed=passed)) == []
