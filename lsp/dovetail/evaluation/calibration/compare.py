"""How a threshold compares with another on the same samples: ratios with 95 % intervals. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dovetail.completion.postprocessing.confidence import Threshold
from dovetail.evaluation.calibration.fit import PartOf, count_shown, shown_part
from dovetail.evaluation.calibration.samples import Sample

DRAWS = 2000
"""Bootstrap samples: the edges of the interval are good to a percent or two."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """New over old, and its 95 % interval; None where the old count is 0."""

    value: float
    """The ratio of the counts."""
    low: float
    """Where the interval begins."""
    high: float
    """Where it ends."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a new threshold changes."""

    shown: Ratio | None
    """Suggestions shown."""
    right: Ratio | None
    """Suggestions that are right as a whole."""
    saved: Ratio | None
    """Characters saved."""
    disturbing: Ratio | None
    """Suggestions, not right, at places where silence is right."""


COUNTS = 4
"""The number of counts that a comparison has."""

ThresholdOf = Callable[[Sample], Threshold]
"""Which threshold holds for a sample: each language may have its own."""


def compare(samples: Sequence[Sample], old: ThresholdOf, new: ThresholdOf) -> Comparison:
    """Compare thresholds on samples. Whole groups are drawn for the intervals, always the same ones."""
    return compare_shown(
        samples,
        lambda sample: shown_part(sample, old(sample)),
        lambda sample: shown_part(sample, new(sample)),
    )


def compare_shown(samples: Sequence[Sample], old: PartOf, new: PartOf) -> Comparison:
    """Compare what is shown, by whatever rule."""
    groups: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.group].append(sample)
    counted = [(_counts(some, old), _counts(some, new)) for some in groups.values()]
    source = random.Random(0)
    drawn = [_ratios(source.choices(counted, k=len(counted))) for _ in range(DRAWS)] if counted else []
    found = [_ratio(value, [each[number] for each in drawn]) for number, value in enumerate(_ratios(counted))]
    return Comparison(*found)


def _counts(samples: Sequence[Sample], shown: PartOf) -> tuple[int, ...]:
    """Return the counts of a comparison, in its order."""
    found = count_shown(samples, shown)
    return found.shown, found.right, found.saved, found.disturbing


def _ratios(counted: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float | None]:
    old = [sum(before[number] for before, _ in counted) for number in range(COUNTS)]
    new = [sum(after[number] for _, after in counted) for number in range(COUNTS)]
    return [each / of if of else None for each, of in zip(new, old, strict=True)]


def _ratio(value: float | None, drawn: Sequence[float | None]) -> Ratio | None:
    known = sorted(each for each in drawn if each is not None)
    if value is None or not known:
        return None
    return Ratio(value, known[int(0.025 * len(known))], known[int(0.975 * (len(known) - 1))])
