"""Intervals against worked examples."""

from __future__ import annotations

import random

import pytest

from dovetail.evaluation.interval import mean_of


def test_independent_yes_and_no_get_wilsons_interval() -> None:
    """By hand: 10 of 20 is 0.299 to 0.701, and for none of 10 the interval ends at z^2 / (10 + z^2) = 0.278."""
    half = mean_of([1.0] * 10 + [0.0] * 10, [str(number) for number in range(20)])
    assert (round(half.low, 3), round(half.high, 3)) == (0.299, 0.701)
    none = mean_of([0.0] * 10, [str(number) for number in range(10)])
    assert none.low == 0 and round(none.high, 3) == 0.278


def test_equal_answers_of_a_group_count_once() -> None:
    """Twenty tasks in four groups that are answered alike are four tasks."""
    values = [1.0] * 10 + [0.0] * 10
    four = mean_of(values, [f"{number // 5}" for number in range(20)])
    twenty = mean_of(values, [str(number) for number in range(20)])
    assert four.high - four.low > 1.5 * (twenty.high - twenty.low)
    assert (four.count, four.groups) == (20, 4)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """300 draws of 40 groups of 5 tasks: the mean that they are drawn from is in 95 % of the intervals, or nearly."""
    rng = random.Random(1)
    covered = 0
    for _ in range(300):
        values, groups = [], []
        for group in range(40):
            ease = rng.random()
            values += [float(rng.random() < ease) for _ in range(5)]
            groups += [str(group)] * 5
        mean = mean_of(values, groups)
        covered += mean.low <= 0.5 <= mean.high
    assert 0.91 <= covered / 300 <= 0.985


def test_other_scores_get_a_normal_interval_within_0_and_1() -> None:
    mean = mean_of([0.2, 0.4, 0.6, 0.8], ["a", "b", "c", "d"])
    # Standard error 0.2582 / sqrt(4) = 0.1291, times 1.96.
    assert round(mean.low, 3) == 0.247 and round(mean.high, 3) == 0.753
    assert mean_of([0.99, 0.2], ["a", "b"]).high == 1.0


def test_no_scores_are_an_error() -> None:
    with pytest.raises(ValueError, match="give each score its group"):
        mean_of([], [])
    with pytest.raises(ValueError, match="give each score its group"):
        mean_of([1.0], [])
