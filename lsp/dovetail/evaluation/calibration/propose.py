"""From samples to calibrations: fit on the earlier ones, measure on the later ones, keep what proved better. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from dovetail.completion.postprocessing.confidence import SHIPPED, Threshold
from dovetail.evaluation.calibration.compare import Comparison, compare
from dovetail.evaluation.calibration.fit import MIN_SAMPLES, fit, shown_by
from dovetail.evaluation.calibration.samples import Sample
from dovetail.evaluation.task import Task
from dovetail.session.calibrations import ALL_LANGUAGES, Calibration

ABOUT_AS_MUCH = 0.95
"""A new threshold that saves less than this share of what the shipped one saves is not kept."""
CLEARLY = 0.1
"""A new threshold that neither shows fewer suggestions by this share, nor has more that are right, is not kept: what is
less may be chance."""
FITTED_SHARE = 0.6
"""The share of the tasks, the oldest, that a threshold is fitted to. The rest measures it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Thresholds by language, and what they changed on the tasks that were held out."""

    calibrations: tuple[Calibration, ...]
    """One for all languages, then one for each language that has enough tasks of its own."""
    comparison: Comparison
    """New over shipped, on the tasks held out, each language with the threshold that it would get."""

    @property
    def is_better(self) -> bool:
        """Return whether the held-out tasks speak for it: about as much saved, clearly fewer shown or more of them
        right, and silence kept where it is right."""
        compared = self.comparison
        if compared.disturbing is not None and compared.disturbing.value > 1.0:
            return False
        if compared.shown is None or compared.right is None or compared.saved is None:
            return False
        is_less = compared.shown.value <= 1 - CLEARLY
        is_righter = compared.shown.value <= 1.0 and compared.right.value >= 1 + CLEARLY
        return (is_less or is_righter) and compared.saved.value >= ABOUT_AS_MUCH


def propose(samples: Sequence[Sample], model: str, key: str, source: str, day: str) -> Proposal:
    """Return the proposal for a model of a name and a key. `samples` come in the order of time; `day` is today as
    YYYY-MM-DD."""
    early, late = split(samples)
    found = {ALL_LANGUAGES: fit(early)}
    for language in dict.fromkeys(sample.language for sample in early):
        some = [sample for sample in early if sample.language == language]
        if MIN_SAMPLES <= len(some) < len(early):
            found[language] = fit(some, found[ALL_LANGUAGES])

    def new(sample: Sample) -> Threshold:
        return found.get(sample.language, found[ALL_LANGUAGES])

    calibrations = tuple(
        _calibration(language, threshold, early, late, model=model, key=key, source=source, day=day)
        for language, threshold in found.items()
    )
    return Proposal(calibrations, compare(late, lambda sample: SHIPPED, new))


_Grouped = TypeVar("_Grouped", Sample, Task)


def split(samples: Sequence[_Grouped]) -> tuple[list[_Grouped], list[_Grouped]]:
    """Return the samples, or tasks, to fit to and those to measure on; those of one group stay together."""
    at = round(len(samples) * FITTED_SHARE)
    while 0 < at < len(samples) and samples[at].group == samples[at - 1].group:
        at += 1
    return list(samples[:at]), list(samples[at:])


def earlier(tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks whose samples a threshold will be fitted to."""
    return split(tasks)[0]


def _calibration(
    language: str,
    threshold: Threshold,
    early: Sequence[Sample],
    late: Sequence[Sample],
    *,
    model: str,
    key: str,
    source: str,
    day: str,
) -> Calibration:
    fitted, held_out = (
        [sample for sample in some if language in (ALL_LANGUAGES, sample.language)] for some in (early, late)
    )
    return Calibration(
        model,
        key,
        language,
        threshold,
        (shown_by(fitted, SHIPPED), shown_by(fitted, threshold)),
        (shown_by(held_out, SHIPPED), shown_by(held_out, threshold)),
        source,
        day,
    )
