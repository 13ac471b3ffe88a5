"""How fast this machine reads prompts and writes tokens: measured at load, kept current while working. Pure.

Durations are given by the caller; no clock here. What follows from them for a completion is `latency_budget.py`'s.
"""

from dataclasses import dataclass

LEARNING_RATE = 0.2
"""How far one measured duration moves the estimate: about ten of them replace it."""

OUTLIER = 4.0
"""A duration beyond this many times the estimate counts as just that many times."""

MIN_MEASURED_TOKENS = 16
"""Tokens. Reading fewer takes one small batch, which is a poor measure of long prompts."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast this machine is with a model. Zero where nothing has been measured."""

    prefill_tokens_s: float = 0.0
    """Prompt tokens evaluated in a second."""
    decode_ms: float = 0.0
    """Milliseconds for each generated token, drafts counted."""

    def after_prefill(self, tokens: int, ms: float) -> "Speed":
        """Return the speed after `tokens` of a prompt were evaluated in `ms`."""
        if tokens < MIN_MEASURED_TOKENS or ms <= 0:
            return self
        # Durations are averaged, not speeds: a budget is a sum of durations.
        believed = 1000 / self.prefill_tokens_s if self.prefill_tokens_s else 0.0
        return Speed(1000 / _moved(believed, ms / tokens), self.decode_ms)

    def after_decode(self, tokens: int, ms: float) -> "Speed":
        """Return the speed after `tokens` were generated in `ms`."""
        if tokens < 1 or ms <= 0:
            return self
        return Speed(self.prefill_tokens_s, _moved(self.decode_ms, ms / tokens))


def _moved(believed: float, measured: float) -> float:
    if not believed:
        return measured
    measured = min(max(measured, believed / OUTLIER), believed * OUTLIER)
    return believed + LEARNING_RATE * (measured - believed)
