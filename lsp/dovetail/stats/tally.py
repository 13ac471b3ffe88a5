"""What is counted: pure. Only counts by day, language and model are ever kept; no text, path, place or time of day.

A latency is counted in the bucket of its order of magnitude. This yields percentiles without a list of latencies.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

# Each bucket is this much wider than the one before it: percentiles are right to within half of it.
BUCKET_GROWTH = 1.1
# Bands of certainty: ten of a tenth each show where rejections begin, and reveal nothing about a text.
BANDS = 10
# Replaces a language that Dovetail has no name for. A client's own name for it might reveal something.
OTHER_LANGUAGE = "other"

Name = Literal[
    "answered",  # answers, whether or not there was something to show
    "remembered",  # those for which the model was not asked
    "shown",  # suggestions that could be read
    "whole",  # accepted whole
    "part",  # accepted in part
    "typed",  # typed through to their end
    "rejected",
    "accepted_characters",  # that nobody had to type
    "kept_30_characters",  # of the accepted characters, those that were still there 30 seconds later
    "kept_30_of",  # the accepted characters that were looked at then
    "kept_300_characters",
    "kept_300_of",
    "model_ms",  # by bucket: milliseconds from request to answer, when the model was asked
    "memory_ms",  # by bucket: when it was not
    "sure_shown",  # by bucket: suggestions that could be read, in the band of the model's certainty
    "sure_rejected",  # by bucket: those of them that were rejected
]


@dataclass(frozen=True, slots=True)
class Key:
    """What a count is of. `bucket` is for times, and for bands of certainty."""

    language: str
    model: str
    name: Name
    bucket: int = 0


Tally = Counter[Key]


def bucket_of(milliseconds: float) -> int:
    """Return the bucket that a time is counted in; times under 0.01 ms share one."""
    return math.floor(math.log(max(milliseconds, 0.01), BUCKET_GROWTH))


def band_of(logprob: float) -> int:
    """Return the band of a mean log-probability a token: that of the probability, each a tenth wide, from 0 to 9."""
    return min(int(math.exp(min(logprob, 0.0)) * BANDS), BANDS - 1)


def percentile(buckets: dict[int, int], share: float) -> float | None:
    """Return the milliseconds that this share of the counted times does not exceed; None if none were counted."""
    wanted, reached = share * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= wanted:
            return math.pow(BUCKET_GROWTH, bucket + 0.5)
    return None
