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
    def evaluate(self, ids: Sequence[int], start: int, rows: int) -> bool: ...


class CachedSequence:
    """The tokens whose keys and values the cache holds, kept in step with llama.cpp."""

    def __init__(self, context: Evaluator) -> None:
        self._context = context
        self._held: list[int] = []
        self.evaluated = 0
        """Tokens evaluated, ever."""

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)

    @property
    def room(self) -> int:
        """How many more tokens the window has room for."""
        return self._context.n_ctx - len(self._held)

    def keep(self, prompt: Sequence[int], rows: int = 1) -> int:
        """Forget all that does not belong to `prompt`; how many tokens remain.

        The last `rows` tokens of the prompt never remain: their logits are wanted, which only evaluation gives.
        """
        common = min(common_length(self._held, prompt), len(prompt) - rows)
        self.drop(len(self._held) - common)
        return len(self._held)

    def drop(self, count: int) -> None:
        """Forget the last `count` tokens."""
        if count > 0:
            self._context.forget_from(len(self._held) - count)
            self._agree()

    def extend(self, ids: Sequence[int], interrupted: Callable[[], bool], rows: int = 1) -> bool:
        """Evaluate `ids` behind what is held, a micro-batch at a time. False if interrupted.

        The last evaluation gives logits for the last `rows` of them, 1 to `n_batch`.
        """
        done = 0
        while done < len(ids):
            if interrupted():
                return False
            batch = ids[done : done + _batch_size(len(ids) - done, self._context.n_batch, rows)]
            done += len(batch)
            self.evaluated += len(batch)
            whole = self._context.evaluate(batch, len(self._held), rows if done == len(ids) else 0)
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


def _batch_size(left: int, n_batch: int, rows: int) -> int:
    """How many of the `left` tokens the next batch takes: full ones, but the last must hold all `rows`."""
    if left <= n_batch:
        return left
    return min(n_batch, left - rows)
