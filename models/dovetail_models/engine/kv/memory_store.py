"""KV states that were evicted from the cache, in main memory: to copy one back costs a hundredth of evaluating its
prompt again.

Pure bookkeeping; what a state is, only llama.cpp knows. What may outlive the process is `disk_store.py`'s.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from dovetail_models.engine.kv.common_length import common_length

State = bytearray | memoryview
"""A state's bytes; llama.cpp must be let write there."""


@dataclass(frozen=True, slots=True)
class KvState:
    """The state of one sequence."""

    tokens: tuple[int, ...]
    """The tokens that it holds."""
    state: State
    """Its bytes, as llama.cpp gave them."""
    files: frozenset[str] = frozenset()
    """Absolute paths of the files that its text is from; none if the job named none."""


class MemoryStateStore:
    """Hold at most `capacity` bytes of states, one for each key, and evict the oldest."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._states: OrderedDict[Hashable, KvState] = OrderedDict()

    @property
    def count(self) -> int:
        """Return the number of states."""
        return len(self._states)

    def put(self, key: Hashable, kv_state: KvState) -> None:
        """Keep a state in place of the key's last one; too large a one is not kept."""
        self.take(key)
        if len(kv_state.state) > self.capacity:
            return
        self._states[key] = kv_state
        self.used += len(kv_state.state)
        while self.used > self.capacity:
            self.used -= len(self._states.popitem(last=False)[1].state)

    def take(self, key: Hashable) -> KvState | None:
        """Remove and return a state; None if there is none."""
        kv_state = self._states.pop(key, None)
        if kv_state is not None:
            self.used -= len(kv_state.state)
        return kv_state

    def newest(self) -> Iterator[tuple[Hashable, KvState]]:
        """Return what is kept now, the newest first; what leaves meanwhile is passed over."""
        for key in tuple(reversed(self._states)):
            if key in self._states:
                yield key, self._states[key]

    def best(self, prompt: Sequence[int]) -> tuple[Hashable, int]:
        """Return the key whose state holds most of `prompt` from its front, and how many tokens that is; (None, 0) if
        none holds any."""
        commons = ((common_length(kv_state.tokens, prompt), key) for key, kv_state in self._states.items())
        common, key = max(commons, key=lambda pair: pair[0], default=(0, None))
        return (key, common) if common else (None, 0)
