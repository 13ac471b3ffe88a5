"""Decide how many drafted tokens to try, from a batch's cost on this machine and the acceptance probability. Pure.

A decode step reads all weights for one token. A batch of n also reads them once, so it costs less than n steps. The
saving depends on the machine, and the accepted part of a draft depends on the text. The policy learns both as it
works. The caller provides the durations; this module has no clock.
"""

from collections.abc import Sequence

from dovetail_models.engine.decoding.acceptance_probability import KINDS, acceptance_probability
from dovetail_models.engine.decoding.prompt_lookup import MAX_DRAFT

COSTS = (1.0, 1.85, 2.25, 2.7, 3.2, 3.7, 4.0, 4.0, 4.4, 4.8, 5.0, 5.2, 5.5, 5.7, 5.7, 5.6)
"""A batch of 1, 2, ... 16 tokens takes this many times as long as one: two cores, 1.3B model, 4-bit weights. It is
where learning starts; the steps are those of the processor's kernels, which take four rows at a time."""

PRIOR_WEIGHT = 20.0
"""Guesses of a kind that its starting probability (`acceptance_probability.py`) counts for."""

MEMORY = 200
"""Drafted tokens after which what was learnt of acceptance counts for a third: texts change."""

LEARNING_RATE = 0.15
"""The weight of one measured duration in the running estimate."""

OUTLIER = 3.0
"""Durations are limited to between the expected one divided by this factor and multiplied by it. Otherwise the policy
would learn from other processes' work."""

CHEAP_STEP_MS = 8.0
"""Steps shorter than this are too cheap for the search for a draft (0.2 to 0.5 ms) to pay."""

MARGIN = 1.08
"""The minimum expected speed-up for which a draft is tried, as a factor over decoding one by one."""

RETRY_STEPS = 64
"""After this many single steps a draft is tried that only promises to pay at the starting cost: its cost may have been
learnt in a bad moment. Where it still does not pay, most of its tokens are still right: less than two percent is
lost."""


class DraftLengthPolicy:
    """Learn costs and acceptance probabilities, and return how long a draft may be."""

    def __init__(self) -> None:
        self._step_ms: float | None = None
        self._costs = list(COSTS)
        self._seen = [PRIOR_WEIGHT] * KINDS
        self._right = [PRIOR_WEIGHT * acceptance_probability(kind) for kind in range(KINDS)]
        self._singles = 0

    @property
    def worth_drafting(self) -> bool:
        """Return whether steps take long enough for drafts to be looked for at all."""
        return self._step_ms is None or self._step_ms >= CHEAP_STEP_MS

    def length(self, kinds: Sequence[int]) -> int:
        """Return how many of some guesses, of these kinds, to try. 0 for none."""
        length = self._best(kinds, self._costs)
        if not length and self._singles >= RETRY_STEPS:
            length = self._best(kinds, COSTS)
        return length

    def note_batch(self, tokens: int, ms: float) -> None:
        """Record that a batch of `tokens` tokens took `ms` milliseconds."""
        if not 0 < tokens <= len(COSTS):
            return
        if self._step_ms is None:
            self._step_ms = ms / self._costs[tokens - 1]
        expected = self._step_ms * self._costs[tokens - 1]
        ms = min(max(ms, expected / OUTLIER), expected * OUTLIER)
        if tokens == 1:
            self._singles += 1
            self._step_ms += LEARNING_RATE * (ms - self._step_ms)
        else:
            self._singles = 0
            self._learn_cost(tokens, min(max(ms / self._step_ms, 1.0), float(tokens)))

    def note_guess(self, kind: int, right: bool) -> None:
        """Record whether a guess of this kind was right, even if it was not tried."""
        fade = 1 - 1 / MEMORY
        self._seen[kind] = self._seen[kind] * fade + 1
        self._right[kind] = self._right[kind] * fade + right

    def acceptance(self, kind: int) -> float:
        """Return how likely a guess of this kind is right."""
        return self._right[kind] / self._seen[kind]

    def _learn_cost(self, tokens: int, cost: float) -> None:
        """Record the measured cost of one batch size; the costs of nearby sizes move with it, those far away less."""
        change = LEARNING_RATE * (cost / self._costs[tokens - 1] - 1)
        for i in range(1, len(self._costs)):
            near = min(i + 1, tokens) / max(i + 1, tokens)
            self._costs[i] = min(max(self._costs[i] * (1 + change * near), 1.0), float(i + 1))

    def _best(self, kinds: Sequence[int], costs: Sequence[float]) -> int:
        best, best_gain = 0, MARGIN
        expected, likely = 1.0, 1.0
        for length, kind in enumerate(kinds[:MAX_DRAFT], 1):
            likely *= self.acceptance(kind)
            expected += likely
            gain = expected / costs[length]
            if gain > best_gain:
                best, best_gain = length, gain
        return best
