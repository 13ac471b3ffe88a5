"""How fast the user types and the model answers, learnt over time: decides when waiting is worthwhile. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dovetail_models.api import CompletionReply

# Longer gaps are thinking, not typing.
LONGEST_GAP_S = 1.0
# The share of the newest observation in what is remembered.
_NEWEST = 0.2
# Who answers this fast may be asked at every keystroke: what it costs is less than what waiting costs.
INSTANT_S = 0.06
# The maximum number of seconds to wait before the model is asked, on mains and on battery.
LONGEST_PAUSE_S, LONGEST_PAUSE_ON_BATTERY_S = 0.2, 0.5
# A prompt that is read within this time is rebuilt for every request; otherwise it stays frozen while the user types.
FRESH_PROMPT_S = 0.15


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two keystrokes, seconds from a question to its answer on a warm cache, and seconds that a token
    of a prompt takes to read. Zero: not known yet."""

    gap_s: float = 0.0
    answer_s: float = 0.0
    token_s: float = 0.0

    def typed(self, gap_s: float) -> Rhythm:
        """Return the rhythm after a keystroke that came `gap_s` seconds after the last one."""
        return replace(self, gap_s=_mixed(self.gap_s, gap_s)) if 0 < gap_s < LONGEST_GAP_S else self

    def answered(self, reply: CompletionReply) -> Rhythm:
        """Return the rhythm after an answer of the model."""
        read = reply.prompt_tokens - reply.reused_tokens
        known = replace(self, answer_s=_mixed(self.answer_s, (reply.prompt_ms + reply.decode_ms) / 1000))
        # A short prompt reveals more about the cost of one evaluation than about the cost of a token.
        return replace(known, token_s=_mixed(self.token_s, reply.prefill_ms / 1000 / read)) if read >= 64 else known

    def wait_s(self, on_battery: bool) -> float:
        """Return how long to wait for the next keystroke before asking the model about this one."""
        if self.answer_s < INSTANT_S and not on_battery:
            return 0.0
        longest = LONGEST_PAUSE_ON_BATTERY_S if on_battery else LONGEST_PAUSE_S
        return min(self.gap_s * (1.5 if on_battery else 0.75), longest)

    def reads_quickly(self, tokens: int) -> bool:
        """Return whether a prompt of this many tokens is read before anyone notices."""
        return self.token_s * tokens < FRESH_PROMPT_S


def _mixed(known: float, newest: float) -> float:
    return newest if known == 0.0 else known + _NEWEST * (newest - known)
