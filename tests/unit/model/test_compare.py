# SPDX-License-Identifier: MIT
"""Comparing tensors, ranking scores, and agreement of predictions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.model.accuracy import agreement
from hil.model.compare import compare
from hil.model.topk import shared_best, top_k

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


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        ([9, 8, 7, 6, 5, 1, 0], [9, 8, 7, 6, 1, 5, 0], 4),
        ([9, 8, 7, 6, 5, 5, 0], [9, 8, 7, 6, 1, 5, 0], 5),  # a tie on the left
        ([9, 8, 7, 6, 1, 5, 0], [9, 8, 7, 6, 5, 5, 0], 5),  # on the right
        ([9, 8, 7, 5, 5, 5, 0], [9, 8, 7, 0, 5, 5, 5], 5),  # on both, in part
        ([9, 5, 5, 5, 5, 5, 0], [0, 5, 5, 5, 5, 5, 9], 4),
        ([0, 0, 0, 0, 0, 0, 0], [9, 8, 7, 6, 5, 1, 0], 5),
        ([3, 2], [2, 3], 2),
    ],
)
def test_what_ties_with_the_fifth_is_as_good_as_the_fifth(
    left: list[int], right: list[int], shared: int
) -> None:
    assert shared_best(np.array([left], np.uint8), np.array([right], np.int8)) == shared


@given(
    st.lists(st.integers(0, 3), min_size=5, max_size=9).flatmap(
        lambda scores: st.tuples(st.just(scores), st.permutations(scores))
    )
)
def test_shared_classes_are_as_many_as_any_choice_among_ties_gives(
    scores: tuple[list[int], list[int]],
) -> None:
    def choices(values: list[int]) -> set[frozenset[int]]:
        fifth = sorted(values)[-5]
        sure = {i for i, value in enumerate(values) if value > fifth}
        tied = [i for i, value in enumerate(values) if value == fifth]
        return {frozenset(sure | set(more)) for more in itertools.combinations(tied, 5 - len(sure))}

    left, right = scores
    best = max(len(a & b) for a in choices(left) for b in choices(right))
    assert shared_best(np.array(left), np.array(right)) == best


def test_counts_of_shared_classes_go_before_the_ids() -> None:
    ids = [[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 6]]
    assert agreement(*ids, [5]).top5 == 1.0
    assert agreement(*ids, [None]).top5 == 0.8


def test_statistics_of_nothing_are_refused() -> None:
    with pytest.raises(BadInputError, match="at least one"):
        agreement([], [])
    with pytest.raises(BadInputError, match="same photos"):
        agreement([[1]], [[1], [2]])
