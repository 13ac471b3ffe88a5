"""What the tests of calibration share: samples, a threshold and prompts as a calibration finds them."""

from __future__ import annotations

import math
import random

from dovetail.completion.postprocessing.confidence import PartName, Threshold
from dovetail.completion.tuning import Layout
from dovetail.evaluation.calibration.samples import Part, Sample
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
    Calibration,
    PromptChoice,
    PromptTrial,
    Shown,
)

QUIETER = Threshold(7.0)
NAMES: tuple[PartName, ...] = ("word", "line", "all")


def sample(logprob: float | None, right: str = "", language: str = "python", group: str = "") -> Sample:
    """Return a sample whose parts named in `right` (w, l, a) are right; its first word has the probability, and each
    further word the same."""
    texts = ("word", "word + line", "word + line\nmore")
    known = [None if logprob is None else logprob * words for words in (1, 2, 3)]
    parts = zip(NAMES, texts, (letter in right for letter in "wla"), known, strict=True)
    return Sample(group or f"{logprob}", language, tuple(Part(*each) for each in parts))


def noisy(count: int, seed: int) -> list[Sample]:
    """Return samples of a model that is far too sure: of words with a probability of 80 % a third is right, and a line
    is as often right as its word."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        logprob = -1.6 * source.random()
        is_right = source.random() < math.exp(logprob) ** 4
        found.append(sample(logprob, "wl" if is_right else "", group=f"{seed}/{number}"))
    return found


def calibration(
    model: str, language: str = ALL_LANGUAGES, threshold: Threshold = QUIETER, key: str | None = None
) -> Calibration:
    counts = (Shown(9, 8, 2, 30), Shown(9, 4, 3, 31))
    return Calibration(
        model, f"key of {model}" if key is None else key, language, threshold, counts, counts, "game", "2026-01-31"
    )


def choice(model: str, layout: Layout = "plain", tokens: int | None = 120) -> PromptChoice:
    trials = (
        PromptTrial("frozen", 240, 64, 0.4, (0.0, 0.0, 0.0), 40.0),
        PromptTrial(layout, 120, 64, 0.5, (0.1, 0.02, 0.18), 90.0),
    )
    return PromptChoice(model, f"key of {model}", layout, tokens, trials, "game", "2026-01-31")
