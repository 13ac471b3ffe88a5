"""95 % intervals of means over tasks that come in groups. Pure.

Lines of one function are not independent: if the model knows the function, it knows most of its lines. The variance is
therefore that of the groups' sums (linearized ratio estimate, with G/(G-1) groups), not that of single tasks.
A share of yes and no gets Wilson's interval at the effective number of tasks, which stays honest at 0 % and 100 %.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

Z = 1.959964
"""The normal distribution has 95 % of its mass within this many standard deviations."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of scores and its 95 % interval."""

    value: float
    """The mean."""
    low: float
    """Where the interval begins."""
    high: float
    """Where it ends."""
    count: int
    """The number of scores."""
    groups: int
    """The number of groups that they come from."""


def mean_of(values: Sequence[float], groups: Sequence[str]) -> Mean:
    """Return the mean of scores between 0 and 1, whose groups have these names.

    Raises ValueError where there is no score, or another number of groups than of scores.
    """
    if len(values) != len(groups) or not values:
        raise ValueError(f"{len(values)} scores and {len(groups)} groups: give each score its group")
    mean = fmean(values)
    variance, count = _variance(values, groups, mean)
    if set(values) <= {0.0, 1.0}:
        low, high = _wilson(mean, _effective(mean, variance, len(values), count))
    else:
        margin = Z * math.sqrt(variance)
        low, high = max(0.0, mean - margin), min(1.0, mean + margin)
    return Mean(mean, low, high, len(values), count)


def _variance(values: Sequence[float], groups: Sequence[str], mean: float) -> tuple[float, int]:
    """Return the variance of the mean, and the number of groups. One group alone says nothing: its variance is 1/4."""
    deviations: defaultdict[str, float] = defaultdict(float)
    for value, group in zip(values, groups, strict=True):
        deviations[group] += value - mean
    count = len(deviations)
    if count == 1:
        return 0.25, count
    total = math.fsum(deviation**2 for deviation in deviations.values())
    return total / len(values) ** 2 * count / (count - 1), count


def _effective(mean: float, variance: float, tasks: int, groups: int) -> float:
    """Return the number of independent tasks that would have this variance."""
    if mean in (0.0, 1.0):
        return groups
    return min(float(tasks), mean * (1 - mean) / variance + 1) if variance else float(tasks)


def _wilson(share: float, number: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share of `number` trials."""
    number = max(number, 1.0)
    spread = Z**2 / number
    middle = (share + spread / 2) / (1 + spread)
    margin = Z / (1 + spread) * math.sqrt(share * (1 - share) / number + spread / (4 * number))
    return max(0.0, middle - margin), min(1.0, middle + margin)
