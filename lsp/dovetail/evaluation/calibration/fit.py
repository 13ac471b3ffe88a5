"""Which threshold shows least for what it saves, and how a model's probabilities are to be corrected. Pure.

First the log-odds of all parts are corrected by a shift and a slope, so that of parts with a probability of 70 % about
seven in ten are right (Platt scaling). Then the least gain is searched. Thresholds are compared by two counts over the
same samples: the suggestions shown, and the characters saved, which are those of suggestions that were right as a
whole. A right word saves little, a right line much, and each suggestion is something to look at. The best threshold
shows the fewest suggestions among all that save as much as the shipped one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dovetail.completion.postprocessing.confidence import (
    AFTER_REJECTION,
    SHIPPED,
    Threshold,
    is_enough,
    most_promising,
    own_odds,
)
from dovetail.evaluation.calibration.samples import Part, Sample
from dovetail.evaluation.rejected import REJECTED
from dovetail.session.calibrations import Shown

STEPS = 40
"""Number of quantiles of the gains that are tried as the least one. More would fit the noise."""
MARGIN = 1.15
"""How much more than the shipped threshold a new one must save: on other code it will save less than here."""
MIN_SAMPLES = 60
"""A language with fewer samples has the threshold of all languages together."""
FAITH = 10.0
"""How much it takes to move the correction from what it was before: a unit of shift or slope costs as much as this half
of it squared in log-likelihood. So a few dozen samples correct little, and hundreds what they show."""
ROUNDS = 30
"""The most steps of Newton's method; five are usual."""


PartOf = Callable[[Sample], Part | None]
"""What is shown of a sample."""


def shown_part(sample: Sample, threshold: Threshold) -> Part | None:
    """Return the part that a threshold shows of a sample, as the pipeline does; None where it shows nothing."""
    best = most_promising(sample.parts, threshold)
    if best is None or not is_enough(best.gain(threshold), threshold, after_rejection=sample.quiet == REJECTED):
        return None
    return best


def shown_by(samples: Sequence[Sample], threshold: Threshold) -> Shown:
    """Return the counts of what a threshold shows."""
    return count_shown(samples, lambda sample: shown_part(sample, threshold))


def count_shown(samples: Sequence[Sample], shown: PartOf) -> Shown:
    """Return the counts of what is shown, by whatever rule."""
    found = [(part, sample) for sample in samples if (part := shown(sample)) is not None]
    return Shown(
        len(samples),
        len(found),
        sum(1 for part, _ in found if part.is_right),
        sum(part.saved for part, _ in found),
        sum(1 for part, sample in found if is_disturbing(part, sample)),
    )


def is_disturbing(part: Part | None, sample: Sample) -> bool:
    """Return whether something wrong is shown where silence is right."""
    return bool(sample.quiet and part is not None and not part.is_right)


def fit(samples: Sequence[Sample], before: Threshold = SHIPPED) -> Threshold:
    """Return the threshold that shows the fewest suggestions among those that save enough; never more than shipped.

    Enough is `MARGIN` times what the shipped one saves, or else as much. Of equal ones those with more right, then more
    saved win. The correction starts from that of `before`. Without any that save enough, as where there is no sample,
    the shipped one is returned.
    """
    shipped = shown_by(samples, SHIPPED)
    corrected = correct(samples, before)
    found = [(each, shown_by(samples, each)) for each in (*_candidates(samples, corrected), SHIPPED)]
    found = [each for each in found if each[1].saved and each[1].shown <= shipped.shown]
    for enough in (shipped.saved * MARGIN, shipped.saved):
        some = [each for each in found if each[1].saved >= enough]
        if some:
            return min(some, key=lambda each: (each[1].shown, -each[1].right, -each[1].saved))[0]
    return SHIPPED


def correct(samples: Iterable[Sample], before: Threshold) -> Threshold:
    """Return `before` with the shift and the slope that make the parts of the samples most likely to be right or wrong
    as they are; a regression that holds on to the former ones, with `FAITH`."""
    known = [
        (own_odds(part.logprob), float(part.is_right))
        for sample in samples
        for part in sample.parts
        if part.logprob is not None
    ]
    shift, slope = before.shift, before.slope
    for _ in range(ROUNDS):
        # Newton's method: the gradient and the second derivatives of the penalized log-likelihood.
        down, along = FAITH * (before.shift - shift), FAITH * (before.slope - slope)
        first, mixed, second = FAITH, 0.0, FAITH
        for odds, right in known:
            expected = 1 / (1 + math.exp(-(shift + slope * odds)))
            weight = expected * (1 - expected)
            down, along = down + right - expected, along + (right - expected) * odds
            first, mixed, second = first + weight, mixed + weight * odds, second + weight * odds * odds
        determinant = first * second - mixed * mixed
        steps = (second * down - mixed * along) / determinant, (first * along - mixed * down) / determinant
        shift, slope = shift + steps[0], slope + steps[1]
        if max(map(abs, steps)) < 1e-6:
            break
    return replace(before, shift=round(shift, 4), slope=round(max(slope, 0.0), 4))


def _candidates(samples: Sequence[Sample], corrected: Threshold) -> list[Threshold]:
    """Return the threshold with all least gains that are worth trying: quantiles, half way between two samples."""
    gains = sorted(gain for sample in samples if (gain := _gain(sample, corrected)) is not None)
    places = sorted({round(step * len(gains) / STEPS) for step in range(STEPS)} - {0, len(gains)})
    edges = {round((gains[at - 1] + gains[at]) / 2, 4) for at in places}
    return [replace(corrected, least_gain=edge) for edge in sorted(edges) if edge > 0]


def _gain(sample: Sample, threshold: Threshold) -> float | None:
    """Return the least gain up to which something is shown of a sample; None where that does not decide."""
    best = most_promising(sample.parts, threshold)
    gain = best.gain(threshold) if best is not None else None
    return gain if gain is None or sample.quiet != REJECTED else gain / AFTER_REJECTION
