# SPDX-License-Identifier: MIT
"""Comparing tensors, ranking scores, and agreement of predictions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.model.accuracy import accuracy, agreement
from hil.model.compare import compare
from hil.model.topk import top_k

scores = st.lists(st.integers(0, 255), min_size=1, max_size=300)


def test_the_first_difference_is_named_with_both_values() -> None:
    expected = np.zeros((2, 3), np.int8)
    actual = expected.copy()
    actual[1, 0], actual[1, 2] = -128, 5
    outcome = compare(actual, expected)
    assert (outcome.exact, outcome.differing, outcome.largest) == (False, 2, 128.0)
    assert outcome.message == (
        "2 of 6 elements differ, by at most 128; the first at [1, 0]: -128 instead of 0"
    )


def test_8_bit_differences_do_not_wrap() -> None:
    outcome = compare(np.array([0], np.uint8), np.array([255], np.uint8))
    assert outcome.largest == 255.0


def test_floats_are_compared_by_their_bits() -> None:
    nan = np.array([np.nan, 1.0], np.float32)
    assert compare(nan, nan.copy()).exact
    assert not compare(np.array([0.0], np.float32), np.array([-0.0], np.float32)).exact


def test_tensors_of_different_kinds_are_not_compared() -> None:
    with pytest.raises(BadInputError, match=r"int8 \[2\] with uint8 \[2\]"):
        compare(np.zeros(2, np.int8), np.zeros(2, np.uint8))


@given(scores, st.data())
def test_exact_means_equal(values: list[int], data: st.DataObject) -> None:
    left = np.array(values, np.uint8)
    right = left.copy()
    position = data.draw(st.integers(0, len(values) - 1))
    right[position] = data.draw(st.integers(0, 255))
    outcome = compare(left, right)
    assert outcome.exact == np.array_equal(left, right)
    assert outcome.differing == int(np.sum(left != right))


@given(scores, st.integers(1, 10))
def test_top_k_is_the_stable_descending_order(values: list[int], k: int) -> None:
    ranked = top_k(np.array([values], np.uint8), k)
    expected = sorted(enumerate(values), key=lambda pair: (-pair[1], pair[0]))[:k]
    assert ranked == expected


def test_top_k_keeps_class_ids_above_255_and_signed_scores() -> None:
    output = np.full(1000, -128, np.int8)
    output[[999, 300]] = 127, -5
    assert top_k(output, 3) == [(999, 127), (300, -5), (0, -128)]


def test_agreement_counts_best_classes_and_shared_top_fives() -> None:
    left = [[1, 2, 3, 4, 5], [9, 8, 7, 6, 5]]
    right = [[1, 2, 3, 4, 5], [8, 9, 7, 0, 1]]
    result = agreement(left, right)
    assert (result.count, result.top1) == (2, 0.5)
    assert result.top5 == pytest.approx((1.0 + 0.6) / 2)


def test_agreement_with_fewer_than_five_classes_can_be_complete() -> None:
    assert agreement([[1, 0]], [[1, 0]]).top5 == 1.0


def test_accuracy_counts_only_labelled_photos() -> None:
    assert accuracy([[3], [1], [2]], [3, None, 1]) == 0.5
    assert accuracy([[3]], [None]) is None


def test_statistics_of_nothing_are_refused() -> None:
    with pytest.raises(BadInputError, match="at least one"):
        agreement([], [])
    with pytest.raises(BadInputError, match="same photos"):
        accuracy([[1]], [1, 2])
