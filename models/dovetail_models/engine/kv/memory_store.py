"""States of sequences that had to leave the KV cache, in main memory: to copy one back costs a hundredth of reading its
prompt again.

Pure bookkeeping; what a state is, only llama.cpp knows. What may outlive the process is `shelf.py`'s.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from dovetail_models.engine.kv.common_length import common_length

State = bytearray | memoryview
"""A state's bytes; llama.cpp must be let write there."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The tokens of a sequence, its state as llama.cpp gave it, and the files that its text is from (none: untold)."""

    tokens: tuple[int, ...]
    state: State
    files: frozenset[str] = frozenset()


class Parking:
    """Holds at most so many bytes of states, one for each key; what was put in longest ago makes way."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._places: OrderedDict[Hashable, Parked] = OrderedDict()

    @property
    def count(self) -> int:
        """How many states are kept."""
        return len(self._places)

    def put(self, key: Hashable, parked: Parked) -> None:
        """Keep a state in place of the key's last one; too large a one is not kept."""
        self.take(key)
        if len(parked.state) > self.capacity:
            return
        self._places[key] = parked
        self.used += len(parked.state)
        while self.used > self.capacity:
            self.used -= len(self._places.popitem(last=False)[1].state)

    def take(self, key: Hashable) -> Parked | None:
        """Hand a state out; it is no longer kept."""
        parked = self._places.pop(key, None)
        if parked is not None:
            self.used -= len(parked.state)
        return parked

    def newest(self) -> Iterator[tuple[Hashable, Parked]]:
        """What is kept now, the newest first; what leaves meanwhile is passed over."""
        for key in tuple(reversed(self._places)):
            if key in self._places:
                yield key, self._places[key]

    def best(self, prompt: Sequence[int]) -> tuple[Hashable, int]:
        """The key whose state holds most of `prompt` from its front, and how many tokens that is; (None, 0) if none
        holds any."""
        commons = ((common_length(parked.tokens, prompt), key) for key, parked in self._places.items())
        common, key = max(commons, key=lambda pair: pair[0], default=(0, None))
        return (key, common) if common else (None, 0)
