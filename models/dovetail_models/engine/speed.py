"""How fast this machine reads prompts and writes tokens: measured at load, kept current while working. Pure.

Durations are given by the caller; no clock here. What follows from them for a completion is `budget.py`'s.
"""

from dataclasses import dataclass

LEARNING_RATE = 0.2
"""How far one measured duration moves what is believed: some ten of them make a new belief."""

OUTLIER = 4.0
"""A duration beyond this many times what is believed counts as just that many times."""

TELLING_PROMPT = 16
"""Tokens: reading fewer is one small batch, which tells little about long prompts."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second that are read from a prompt, and milliseconds that each written token takes, drafts counted.
    Zero where nothing has been measured."""

    prefill_tokens_s: float = 0.0
    decode_ms: float = 0.0

    def after_prefill(self, tokens: int, ms: float) -> "Speed":
        """So many tokens of a prompt were read in so long."""
        if tokens < TELLING_PROMPT or ms <= 0:
            return self
        # Durations are averaged, not speeds: a budget is a sum of durations.
        believed = 1000 / self.prefill_tokens_s if self.prefill_tokens_s else 0.0
        return Speed(1000 / _moved(believed, ms / tokens), self.decode_ms)

    def after_decode(self, tokens: int, ms: float) -> "Speed":
        """So many tokens were written in so long."""
        if tokens < 1 or ms <= 0:
            return self
        return Speed(self.prefill_tokens_s, _moved(self.decode_ms, ms / tokens))


def _moved(believed: float, measured: float) -> float:
    if not believed:
        return measured
    measured = min(max(measured, believed / OUTLIER), believed * OUTLIER)
    return believed + LEARNING_RATE * (measured - believed)
