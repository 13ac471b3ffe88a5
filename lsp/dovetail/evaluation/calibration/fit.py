"""Which thresholds show least for what they save. Pure.

Thresholds are compared by two counts over the same samples: the suggestions shown, and the characters saved, which are
those of suggestions that were right as a whole. A right word saves little, a right line much, and each suggestion is
something to look at. The best thresholds show the fewest suggestions among all that save as much as the shipped ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from dovetail.completion.postprocessing.confidence import SHIPPED, Thresholds
from dovetail.evaluation.calibration.samples import Part, Sample
from dovetail.evaluation.rejected import REJECTED
from dovetail.session.calibrations import Shown

STEPS = 40
"""Number of quantiles of the log-probabilities that are tried as edges. More would fit the noise."""
MARGIN = 1.15
"""How much more than the shipped thresholds new ones must save: on other code they will save less than here."""
MIN_SAMPLES = 60
"""A language with fewer samples has the thresholds of all languages together."""
ALMOST_SURE = -0.0005
"""The mean log-probability of an edge above all samples: whatever is below it shows less."""


def shown_part(sample: Sample, thresholds: Thresholds) -> Part:
    """Return what thresholds show of a sample: what `confident_part` decides, and after a rejection `withheld`."""
    logprob = sample.logprob
    is_rejected = sample.quiet == REJECTED
    if logprob is None:
        return sample.whole
    if logprob < (thresholds.nothing_after_rejection_below if is_rejected else thresholds.nothing_below):
        return Part()
    if logprob >= thresholds.line_below:
        return sample.whole
    return sample.line if logprob >= thresholds.word_below else sample.word


def shown_by(samples: Sequence[Sample], thresholds: Thresholds) -> Shown:
    """Return the counts of what thresholds show."""
    parts = [shown_part(sample, thresholds) for sample in samples]
    return Shown(
        len(parts),
        sum(1 for part in parts if part.text),
        sum(1 for part in parts if part.is_right),
        sum(part.saved for part in parts),
        sum(1 for part, sample in zip(parts, samples, strict=True) if is_disturbing(part, sample)),
    )


def is_disturbing(part: Part, sample: Sample) -> bool:
    """Return whether something wrong is shown where silence is right."""
    return bool(sample.quiet and part.text and not part.is_right)


def fit(samples: Sequence[Sample]) -> Thresholds:
    """Return the thresholds that show the fewest suggestions among those that save enough; never more than shipped.

    Enough is `MARGIN` times what the shipped ones save, or else as much. Of equal ones those with more right, then more
    saved win. Without any that save enough, as where there is no sample, the shipped ones are returned.
    """
    shipped = shown_by(samples, SHIPPED)
    candidates = [each for each in _candidates(samples) if each[1].saved and each[1].shown <= shipped.shown]
    for enough in (shipped.saved * MARGIN, shipped.saved):
        found = [each for each in candidates if each[1].saved >= enough]
        if found:
            return min(found, key=lambda each: (each[1].shown, -each[1].right, -each[1].saved))[0]
    return SHIPPED


@dataclass(frozen=True, slots=True)
class _Sums:
    """Running sums over samples in the order of their log-probability: shown, right, saved."""

    shown: list[int]
    right: list[int]
    saved: list[int]

    def between(self, first: int, end: int) -> tuple[int, int, int]:
        each = (self.shown, self.right, self.saved)
        return tuple(sums[end] - sums[first] for sums in each)  # type: ignore[return-value]


def _candidates(samples: Sequence[Sample]) -> list[tuple[Thresholds, Shown]]:
    """Return all rising triples of edges with their counts."""
    sure = [each for each in samples if each.logprob is not None]
    restrained = [each for each in sure if each.quiet == REJECTED]  # few: each is looked at for itself
    ordered = sorted((each for each in sure if each.quiet != REJECTED), key=lambda each: each.logprob or 0.0)
    unsure = [each.whole for each in samples if each.logprob is None]
    fixed = (sum(1 for part in unsure if part.text), sum(1 for part in unsure if part.is_right))
    fixed_saved = sum(part.saved for part in unsure)
    words, lines, wholes = (_sums([getattr(each, name) for each in ordered]) for name in ("word", "line", "whole"))
    edges = _edges([each.logprob or 0.0 for each in ordered])
    found = []
    for low, (nothing, first) in enumerate(edges):
        for middle in range(low, len(edges)):
            word, second = edges[middle]
            for line, third in edges[middle:]:
                thresholds = Thresholds(nothing, word, line)
                after_rejection = shown_by(restrained, thresholds)
                counted = zip(
                    words.between(first, second),
                    lines.between(second, third),
                    wholes.between(third, len(ordered)),
                    (*fixed, fixed_saved),
                    (after_rejection.shown, after_rejection.right, after_rejection.saved),
                    strict=True,
                )
                shown, right, saved = (sum(each) for each in counted)
                found.append((thresholds, Shown(len(samples), shown, right, saved)))
    return found


def _sums(parts: Sequence[Part]) -> _Sums:
    return _Sums(
        list(accumulate((1 if part.text else 0 for part in parts), initial=0)),
        list(accumulate((1 if part.is_right else 0 for part in parts), initial=0)),
        list(accumulate((part.saved for part in parts), initial=0)),
    )


def _edges(logprobs: Sequence[float]) -> list[tuple[float, int]]:
    """Return edges and the number of samples below each: quantiles, half way between two samples, and one above all."""
    count = len(logprobs)
    places = sorted({round(step * count / STEPS) for step in range(STEPS)} - {count}) if count else []
    edges = [
        (round((logprobs[at - 1] + logprobs[at]) / 2, 4) if at else round(logprobs[0] - 0.1, 4), at) for at in places
    ]
    return [*edges, (ALMOST_SURE, sum(1 for each in logprobs if each < ALMOST_SURE))]
