"""What the tests of calibration share: samples, thresholds and prompts as a calibration finds them."""

from __future__ import annotations

import random

from dovetail.completion.postprocessing.confidence import Thresholds
from dovetail.completion.tuning import Layout
from dovetail.evaluation.calibration.samples import Part, Sample
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibration,
    PromptChoice,
    PromptTrial,
    Shown,
)

QUIETER = Thresholds(-0.5, -0.4, -0.3)


def sample(logprob: float | None, right: str = "", language: str = "python", group: str = "") -> Sample:
    """Return a sample whose parts named in `right` (w, l, a) are right."""
    texts = ("word", "word + line", "word + line\nmore")
    parts = [Part(text, letter in right) for text, letter in zip(texts, "wla", strict=True)]
    return Sample(group or f"{logprob}", language, logprob, *parts)


def noisy(count: int, seed: int) -> list[Sample]:
    """Return samples that are right the more often, the surer the model is; a line as often as its word."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        logprob = -1.6 * source.random()
        found.append(sample(logprob, "wl" if source.random() < 1 + logprob else "", group=f"{seed}/{number}"))
    return found


def calibration(
    model: str, language: str = ALL_LANGUAGES, thresholds: Thresholds = QUIETER, key: str | None = None
) -> Calibration:
    counts = (Shown(9, 8, 2, 30), Shown(9, 4, 3, 31))
    return Calibration(
        model, f"key of {model}" if key is None else key, language, thresholds, counts, counts, "game", "2026-01-31"
    )


def choice(model: str, layout: Layout = "plain", tokens: int | None = 120) -> PromptChoice:
    trials = (
        PromptTrial("frozen", 240, 64, 0.4, (0.0, 0.0, 0.0), 40.0),
        PromptTrial(layout, 120, 64, 0.5, (0.1, 0.02, 0.18), 90.0),
    )
    return PromptChoice(model, f"key of {model}", layout, tokens, trials, "game", "2026-01-31")
