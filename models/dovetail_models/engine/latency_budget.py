"""Compute the tokens that a completion may use to arrive in time, from a target and this machine's speed. Pure.

The target is the time to the first suggestion on a warm cache. A budget never exceeds the request; it only cuts it.
"""

from dataclasses import dataclass

from dovetail_models.engine.speed import Speed

TARGET_MS = 300.0
"""Milliseconds to the first suggestion if all but the last keystroke is in the KV cache. Users notice a longer wait."""

COLD_PATIENCE = 10.0
"""A cold prompt, as when a file is opened, may take this many times the target. Cold prompts are rare and mostly read
while nobody waits."""

ANSWER_PATIENCE = 8.0
"""The end of a long answer may take this many times the target, since its first line is shown long before."""

TYPED_TOKENS = 3
"""The number of tokens that the model reads and spells after a keystroke, before the first new token."""

MIN_CONTEXT = 256
"""The minimum number of context tokens on any machine. A smaller context cannot hold a signature and its body."""

MIN_WINDOW = 384
"""The minimum number of tokens of the current file. Completions with less are useless."""

MIN_ANSWER = 12
"""The minimum number of tokens of an answer: most lines of code are no longer."""


@dataclass(frozen=True, slots=True)
class LatencyBudget:
    """What a completion may cost, in tokens."""

    context: int
    """Context of other files, in a prompt that the KV cache does not hold at all."""
    window: int
    """Text of the current file in such a prompt."""
    first: int
    """Tokens of the answer that come within the target."""
    answer: int
    """Tokens of the whole answer."""


def latency_budget(
    speed: Speed, context: int, window: int, answer: int, target_ms: float = TARGET_MS, warm: bool = False
) -> LatencyBudget:
    """Return how many tokens a request may use when it wants `context`, `window` and `answer` tokens.

    `warm` means that the prompt is in the KV cache or will be read while nobody waits. Its length is then not limited.
    Nothing is cut before a speed has been measured.
    """
    if not speed.prefill_tokens_s or not speed.decode_ms:
        return LatencyBudget(context, window, answer, answer)
    first = int(target_ms / speed.decode_ms) - TYPED_TOKENS
    longest = int(target_ms * ANSWER_PATIENCE / speed.decode_ms)
    answer = min(answer, max(MIN_ANSWER, longest))
    if not warm:
        room = int(target_ms * COLD_PATIENCE / 1000 * speed.prefill_tokens_s)
        # Each gives way by the same share, but the context first where the file would get too little.
        share = min(room * context // max(context + window, 1), room - MIN_WINDOW)
        context = min(context, max(MIN_CONTEXT, share))
        window = min(window, max(MIN_WINDOW, room - context))
    return LatencyBudget(context, window, min(answer, max(1, first)), answer)
