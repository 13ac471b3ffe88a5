"""How many drafted tokens are worth a try: what a batch costs on this machine against what is likely to be right. Pure.

A decode step reads all weights for one token; a batch of n reads them once, too, and costs less than n steps. How much
less depends on the machine, how much of a draft is right depends on the text: both are learnt while working. Durations
are given by the caller; no clock here.
"""

import math

from dovetail_models.engine.draft import LONGEST_DRAFT, LONGEST_MATCH

COST_EXPONENT = 0.65
"""A batch of n tokens takes n ** 0.65 times as long as one: measured on two cores with a 1.3B model, where the model of
a power fits from 2 to 32 tokens. It is where learning starts."""

ACCEPTANCE = (0.3, 0.4, 0.55, 0.7, 0.75, 0.8, 0.85, 0.9)
"""Share of drafted tokens that are right, by the number of tokens before them that were the same: where learning
starts."""

PRIOR_WEIGHT = 4.0
"""Drafted tokens that the starting shares count for."""

MEMORY = 200
"""Drafted tokens after which what was learnt of acceptance counts for a third: texts change."""

LEARNING_RATE = 0.15
"""How far one measured duration moves what is believed."""

OUTLIER = 3.0
"""A duration beyond this many times what was expected, or below that part of it, counts as just that many times: other
processes' work is not ours to learn."""

CHEAP_STEP_MS = 3.0
"""A step that takes less is over before the search for a draft (some 0.06 ms) could win anything worth it."""

MARGIN = 1.08
"""A draft is tried where tokens come so many times faster than one by one, as far as is known."""

RETRY_STEPS = 64
"""After so many single steps a draft is tried that only promises to pay at the starting cost: its cost may have been
learnt in a bad moment. One batch of two in so many steps costs one percent."""


class Pace:
    """Learns costs and acceptance, and says how long a draft may be."""

    def __init__(self) -> None:
        self._step_ms: float | None = None
        self._exponent = COST_EXPONENT
        self._seen = [PRIOR_WEIGHT] * LONGEST_MATCH
        self._right = [PRIOR_WEIGHT * share for share in ACCEPTANCE]
        self._singles = 0

    @property
    def worth_drafting(self) -> bool:
        """Whether steps take long enough for drafts to be looked for at all."""
        return self._step_ms is None or self._step_ms >= CHEAP_STEP_MS

    def length(self, match: int, available: int) -> int:
        """How many of `available` drafted tokens to try, where `match` tokens before them were the same. 0 for none."""
        length = self._best(match, available, self._exponent)
        if not length and self._singles >= RETRY_STEPS:
            length = min(1, self._best(match, available, COST_EXPONENT))
        return length

    def note_batch(self, tokens: int, ms: float) -> None:
        """A batch of so many tokens took so long."""
        if self._step_ms is None:
            self._step_ms = ms / tokens**self._exponent
        expected = self._step_ms * tokens**self._exponent
        ms = min(max(ms, expected / OUTLIER), expected * OUTLIER)
        if tokens == 1:
            self._singles += 1
            self._step_ms += LEARNING_RATE * (ms - self._step_ms)
        else:
            self._singles = 0
            exponent = math.log(ms / self._step_ms) / math.log(tokens)
            self._exponent += LEARNING_RATE * (min(max(exponent, 0.0), 1.0) - self._exponent)

    def note_guess(self, match: int, right: bool) -> None:
        """A drafted token behind so many equal ones was right, or was not; whether it was tried or not."""
        kind = _kind(match)
        fade = 1 - 1 / MEMORY
        self._seen[kind] = self._seen[kind] * fade + 1
        self._right[kind] = self._right[kind] * fade + right

    def acceptance(self, match: int) -> float:
        """How likely a drafted token is right behind so many equal ones."""
        return self._right[_kind(match)] / self._seen[_kind(match)]

    def _best(self, match: int, available: int, exponent: float) -> int:
        best, best_gain = 0, MARGIN
        expected, likely = 1.0, 1.0
        for length in range(1, min(available, LONGEST_DRAFT) + 1):
            likely *= self.acceptance(match + length - 1)
            expected += likely
            gain = expected / (length + 1) ** exponent
            if gain > best_gain:
                best, best_gain = length, gain
        return best


def _kind(match: int) -> int:
    return min(max(match, 1), LONGEST_MATCH) - 1
