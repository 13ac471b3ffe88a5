"""Manage the sequences of the KV cache so that each prompt needs the least evaluation.

There is one sequence for each position that is worked on. Sequences share the cells of the tokens that their prompts
have in common. Evicted states are offloaded to main memory (`memory_store.py`). States that may outlive the process are
persisted to disk (`disk_store.py`). This module knows only tokens, and llama.cpp only as an `Evaluator`.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Protocol

from dovetail_models.engine.kv.common_length import common_length
from dovetail_models.engine.kv.disk_store import DiskStateStore
from dovetail_models.engine.kv.memory_store import KvState, MemoryStateStore, State

FORMER_TOKENS = 8
"""How far what a sequence held before reaches back into what it still holds."""


MIN_OFFLOAD_TOKENS = 64
"""Tokens: a shorter sequence is soon read again, and a state that saves the reading of fewer is not fetched."""

MIN_SAVED_SHARE = 1 / 8
"""A state that saves the reading of no more than this share of its tokens is not fetched from disk."""


class Evaluator(Protocol):
    """What the cache asks of a llama.cpp context."""

    @property
    def n_batch(self) -> int: ...
    @property
    def n_ctx(self) -> int: ...
    @property
    def sequences(self) -> int: ...
    def held(self, sequence: int) -> int: ...
    def forget_from(self, position: int, sequence: int) -> None: ...
    def share(self, source: int, target: int, length: int) -> None: ...
    def evaluate(self, ids: Sequence[int], start: int, rows: int, sequence: int) -> bool: ...
    def save(self, sequence: int, most: int) -> State | None: ...
    def restore(self, state: State, sequence: int) -> None: ...


class CachedSequence:
    """The tokens of one sequence whose keys and values the cache holds, kept in step with llama.cpp.

    `KvCache` creates them. The caller that has claimed one may extend it and drop its tokens.
    """

    def __init__(self, cache: "KvCache", context: Evaluator, id: int) -> None:
        self.key: Hashable = None
        self.former: tuple[int, ...] = ()
        """What it held before it was last claimed, from a little before where the prompt goes another way: the last
        suggestion, mostly."""
        self.files: frozenset[str] = frozenset()
        """Files that the text of its prompt is from; none if the job names none."""
        self.frozen = 0
        """How many tokens from the front are text of these files; what was typed or generated follows."""
        self._cache = cache
        self._context = context
        self._id = id
        self._held: list[int] = []
        self._cells: list[int] = []

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)

    @property
    def batch(self) -> int:
        """Return how many tokens one evaluation takes at most."""
        return self._context.n_batch

    @property
    def room(self) -> int:
        """Return how many more tokens the window has room for; other sequences make way for them."""
        return self._context.n_ctx - len(self._held)

    def common(self, prompt: Sequence[int]) -> int:
        """Return how many tokens from the front this sequence holds of `prompt`."""
        return common_length(self._held, prompt)

    def drop(self, count: int) -> None:
        """Forget the last `count` tokens."""
        if count > 0:
            self._context.forget_from(len(self._held) - count, self._id)
            self._agree()

    def drop_unfrozen(self) -> None:
        """Forget the typed or generated tokens after the frozen ones."""
        self.drop(len(self._held) - self.frozen)

    def clear(self) -> None:
        """Forget everything."""
        self.drop(len(self._held))
        self.key = None
        self.files, self.frozen = frozenset(), 0

    def branch(self, source: "CachedSequence", length: int) -> None:
        """Hold the first `length` tokens of another sequence, and nothing else, in the same cells."""
        self.clear()
        if length:
            self._context.share(source._id, self._id, length)
            self._held = source._held[:length]
            self._cells = source._cells[:length]
            self._cache.cells.share(self._cells)
            self._agree()

    def saved(self, most: int) -> KvState | None:
        """Return a copy of the state; None if it takes more than `most` bytes."""
        state = self._context.save(self._id, most)
        return None if state is None else KvState(self.held, state, self.files)

    def restore(self, kv_state: KvState) -> None:
        """Hold a saved state, and nothing else."""
        self.clear()
        self._cache.make_room(len(kv_state.tokens), self)
        self._context.restore(kv_state.state, self._id)
        self._held = list(kv_state.tokens)
        self._cells = list(self._cache.cells.take(len(self._held)))
        self._agree()

    def extend(self, ids: Sequence[int], interrupted: Callable[[], bool], rows: int = 1) -> bool:
        """Evaluate `ids` after the held tokens, one micro-batch at a time. Return False if interrupted.

        The last evaluation gives logits for the last `rows` of them, 1 to `n_batch`.
        """
        done = 0
        while done < len(ids):
            if interrupted():
                return False
            batch = ids[done : done + _batch_size(len(ids) - done, self._context.n_batch, rows)]
            done += len(batch)
            self._cache.make_room(len(batch), self)
            whole = self._context.evaluate(batch, len(self._held), rows if done == len(ids) else 0, self._id)
            self._held += batch
            self._cells += self._cache.cells.take(len(batch))
            self._cache.evaluated += len(batch)
            self._agree()
            if not whole:
                return False
        return True

    def _agree(self) -> None:
        """Drop the tokens that llama.cpp no longer holds, after an abort or if the model cannot forget in part."""
        held = self._context.held(self._id)
        self._cache.cells.release(self._cells[held:])
        del self._held[held:], self._cells[held:]


class KvCache:
    """The sequences of a context, and who may have its cells.

    A sequence belongs to a key: requests with the same key continue the same sequence. If sequences or cells run out,
    the cache evicts the least recently used sequence. It offloads that state to at most `memory_bytes` bytes of main
    memory. It also finds states in `disk_store`.
    """

    def __init__(self, context: Evaluator, memory_bytes: int = 0, disk_store: DiskStateStore | None = None) -> None:
        self.evaluated = 0
        """The number of tokens evaluated since the start."""
        self.cells = Cells(context.n_ctx)
        self._memory_store = MemoryStateStore(memory_bytes)
        self._disk_store = disk_store
        # The least recently used one comes first.
        self._sequences = [CachedSequence(self, context, id) for id in range(context.sequences)]

    @property
    def offloaded_states(self) -> int:
        """Return how many KV states are offloaded to main memory."""
        return self._memory_store.count

    @property
    def offloaded_bytes(self) -> int:
        return self._memory_store.used

    def claim(
        self, key: Hashable, prompt: Sequence[int], rows: int = 1, files: Collection[str] = (), frozen: int = 0
    ) -> CachedSequence:
        """Return the key's sequence, with as much of `prompt` in it as any sequence holds, and nothing else.

        The last `rows` tokens of the prompt are never held: their logits are wanted, which only evaluation gives.
        `files` are those that the text of its first `frozen` tokens is from, if these may be kept on disk.
        """
        commons = {sequence: sequence.common(prompt) for sequence in self._sequences}
        own = next((sequence for sequence in self._sequences if sequence.key == key), None) or self._idle()
        best = max(commons, key=lambda sequence: (commons[sequence], sequence is own))
        common = min(commons[best], len(prompt) - rows)
        own.former = own.held[max(0, commons[own] - FORMER_TOKENS) :] if own.key == key else ()
        kv_state, memory_common = self._fetched(prompt[: len(prompt) - rows], common)
        if own.key != key:
            self._offload(own)
        if kv_state is not None:
            own.restore(kv_state)
            own.drop(len(own.held) - memory_common)
        elif best is own:
            own.drop(len(own.held) - common)
        else:
            own.branch(best, common)
        own.key = key
        own.files, own.frozen = frozenset(files), frozen
        self._sequences.remove(own)
        self._sequences.append(own)
        return own

    def make_room(self, count: int, claimant: CachedSequence) -> None:
        """Free `count` cells: other sequences are evicted, the least recently used first."""
        for sequence in self._sequences:
            if self.cells.free >= count:
                return
            if sequence is not claimant:
                self._offload(sequence)
                sequence.clear()

    def persist(self, files: Collection[str], stamp: str) -> Iterator[None]:
        """Persist what holds text of these files alone, the newest first; each step writes one state.
        Work may go on between steps. Ends where something has been forgotten since `stamp`. Raises OSError where a
        state cannot be written."""
        if self._disk_store is None:
            return
        room, done = self._disk_store.capacity, set[Hashable]()
        for key, state in self._keepable(frozenset(files), room):
            if key in done:
                continue  # the state in main memory under a sequence's key is older
            room -= self._disk_store.size(state)
            if room < 0 or not self._disk_store.put(key, state, stamp, len(done)):
                return
            done.add(key)
            yield

    def _keepable(self, files: frozenset[str], capacity: int) -> Iterator[tuple[Hashable, KvState]]:
        for sequence in tuple(reversed(self._sequences)):
            if sequence.files and sequence.files <= files:
                sequence.drop_unfrozen()
                if len(sequence.held) >= MIN_OFFLOAD_TOKENS and (state := sequence.saved(capacity)):
                    yield sequence.key, state
        for key, kv_state in self._memory_store.newest():
            if kv_state.files and kv_state.files <= files:
                yield key, kv_state

    def _fetched(self, prompt: Sequence[int], common: int) -> tuple[KvState | None, int]:
        """Return a state that saves much more of the reading of `prompt` than the `common` tokens which the cache
        holds, from memory or else from disk, and how many tokens they have in common."""
        key, memory_common = self._memory_store.best(prompt)
        if memory_common >= common + MIN_OFFLOAD_TOKENS:
            return self._memory_store.take(key), memory_common
        if self._disk_store is not None:
            stored, disk_common = self._disk_store.best(prompt, self.cells.capacity)
            if stored and disk_common - common >= max(MIN_OFFLOAD_TOKENS, len(stored.tokens) * MIN_SAVED_SHARE):
                return self._disk_store.read(stored), disk_common
        return None, 0

    def _offload(self, sequence: CachedSequence) -> None:
        if self._disk_store is not None and sequence.files:
            sequence.drop_unfrozen()  # a state cannot be shortened later
        worth_it = sequence.key is not None and len(sequence.held) >= MIN_OFFLOAD_TOKENS
        if worth_it and self._memory_store.capacity and (kv_state := sequence.saved(self._memory_store.capacity)):
            self._memory_store.put(sequence.key, kv_state)

    def _idle(self) -> CachedSequence:
        """Return a sequence without a key, or else the least recently used one."""
        return next((sequence for sequence in self._sequences if sequence.key is None), self._sequences[0])


class Cells:
    """Which cells of the KV cache are in use, and by how many sequences. Cells have names of our own, not
    llama.cpp's positions."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._users: dict[int, int] = {}
        self._next = 0

    @property
    def free(self) -> int:
        return self.capacity - len(self._users)

    def take(self, count: int) -> range:
        """Return cells for new tokens of one sequence."""
        taken = range(self._next, self._next + count)
        self._next += count
        self._users.update(dict.fromkeys(taken, 1))
        return taken

    def share(self, cells: Sequence[int]) -> None:
        """One more sequence uses these cells."""
        for cell in cells:
            self._users[cell] += 1

    def release(self, cells: Sequence[int]) -> None:
        """One sequence less uses these cells."""
        for cell in cells:
            self._users[cell] -= 1
            if not self._users[cell]:
                del self._users[cell]


def _batch_size(left: int, n_batch: int, rows: int) -> int:
    """Return how many of the `left` tokens the next batch takes: full ones, but the last must hold all `rows`."""
    if left <= n_batch:
        return left
    return min(n_batch, left - rows)
