"""What the KV cache holds, and how it comes to hold a prompt with the least evaluation.

One sequence for now; several (one an anchor, sharing what they have in common) have their place here. Knows tokens
only.
"""

from collections.abc import Callable, Sequence
from typing import Protocol


class Evaluator(Protocol):
    """What the cache asks of a llama.cpp context."""

    @property
    def n_batch(self) -> int: ...
    @property
    def n_ctx(self) -> int: ...
    def held(self) -> int: ...
    def forget_from(self, position: int) -> None: ...
    def evaluate(self, ids: Sequence[int], start: int, want_logits: bool) -> bool: ...


class CachedSequence:
    """The tokens whose keys and values the cache holds, kept in step with llama.cpp."""

    def __init__(self, context: Evaluator) -> None:
        self._context = context
        self._held: list[int] = []

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)

    def keep(self, prompt: Sequence[int]) -> int:
        """Forget all that does not belong to `prompt`; how many tokens remain.

        The last token of the prompt never remains: the next token follows from its logits, which only evaluation gives.
        """
        common = min(common_length(self._held, prompt), len(prompt) - 1)
        if common < len(self._held):
            self._context.forget_from(common)
            self._agree()
        return len(self._held)

    def extend(self, ids: Sequence[int], interrupted: Callable[[], bool]) -> bool:
        """Evaluate `ids` behind what is held, a micro-batch at a time; logits for the last. False if interrupted."""
        done = 0
        while done < len(ids):
            if interrupted():
                return False
            batch = ids[done : done + self._context.n_batch]
            done += len(batch)
            whole = self._context.evaluate(batch, len(self._held), want_logits=done == len(ids))
            self._held += batch
            self._agree()
            if not whole:
                return False
        return True

    def _agree(self) -> None:
        """Let go of what llama.cpp does not hold (an abort, or a model that cannot forget in part)."""
        del self._held[self._context.held() :]


def common_length(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the longest common beginning. Halves the range by comparing slices, which is fast where most is
    equal."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if list(a[low:middle]) == list(b[low:middle]):
            low = middle
        else:
            high = middle - 1
    return low
