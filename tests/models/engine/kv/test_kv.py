"""The cache's bookkeeping against an evaluator that aborts, forgets and shares as llama.cpp does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from dovetail_models.engine.kv import cache as cache_module
from dovetail_models.engine.kv.cache import MIN_OFFLOAD_TOKENS, KvCache
from dovetail_models.engine.kv.common_length import common_length
from dovetail_models.engine.kv.disk_store import DiskStateStore
from dovetail_models.engine.kv.memory_store import KvState, MemoryStateStore


class FakeContext:
    """A context that holds tokens in cells, aborts at the given evaluations, and may be unable to forget or share in
    part. It fails if more than `n_ctx` cells are used."""

    def __init__(
        self,
        n_batch: int = 4,
        n_ctx: int = 1000,
        sequences: int = 1,
        abort_at: Sequence[int] = (),
        partial: bool = True,
    ) -> None:
        self.n_batch, self.n_ctx, self.sequences = n_batch, n_ctx, sequences
        self.cells: list[list[tuple[int, object]]] = [[] for _ in range(sequences)]
        self.evaluated = 0
        self.logits_for: list[int] = []
        self._calls = 0
        self._abort_at = abort_at
        self._partial = partial

    def tokens(self, sequence: int = 0) -> list[int]:
        return [token for token, _ in self.cells[sequence]]

    @property
    def used(self) -> int:
        return len({id(cell) for sequence in self.cells for _, cell in sequence})

    def held(self, sequence: int) -> int:
        return len(self.cells[sequence])

    def forget_from(self, position: int, sequence: int) -> None:
        self.cells[sequence] = self.cells[sequence][:position] if self._partial else []

    def share(self, source: int, target: int, length: int) -> None:
        assert not self.cells[target] and 0 < length <= self.held(source) and source != target
        if self._partial:
            self.cells[target] = self.cells[source][:length]

    def save(self, sequence: int, most: int) -> bytearray | None:
        state = bytearray(b"%d," * self.held(sequence) % tuple(self.tokens(sequence)))
        return state if len(state) <= most else None

    def restore(self, state: bytearray, sequence: int) -> None:
        assert not self.cells[sequence]
        self.cells[sequence] = [(int(token), object()) for token in bytes(state).split(b",")[:-1]]
        assert self.used <= self.n_ctx

    def evaluate(self, ids: Sequence[int], start: int, rows: int, sequence: int) -> bool:
        assert start == self.held(sequence) and 0 < len(ids) <= self.n_batch and rows <= len(ids)
        self._calls += 1
        assert self.used + len(ids) <= self.n_ctx
        if self._calls in self._abort_at:
            return False
        self.cells[sequence] += [(token, object()) for token in ids]
        self.evaluated += len(ids)
        self.logits_for += ids[len(ids) - rows :]
        return True


def never() -> bool:
    return False


def ask(cache: KvCache, key: str, prompt: list[int], rows: int = 1) -> int:
    """Bring a prompt into the cache; how many tokens were evaluated for it."""
    sequence = cache.claim(key, prompt, rows)
    left = prompt[len(sequence.held) :]
    assert sequence.extend(left, never, rows)
    assert list(sequence.held) == prompt
    return len(left)


def test_only_what_follows_the_common_beginning_is_evaluated() -> None:
    context = FakeContext()
    cache = KvCache(context)
    assert ask(cache, "a", [1, 2, 3, 4, 5]) == 5
    assert ask(cache, "a", [1, 2, 3, 9, 9, 9]) == 3
    assert context.tokens() == [1, 2, 3, 9, 9, 9]
    assert context.evaluated == cache.evaluated == 8


def test_the_same_prompt_again_costs_its_last_token() -> None:
    cache = KvCache(FakeContext())
    ask(cache, "a", [1, 2, 3])
    assert ask(cache, "a", [1, 2, 3]) == 1
    assert ask(cache, "a", [1, 2, 3], rows=2) == 2


def test_logits_are_asked_for_the_last_tokens_only_and_come_from_one_batch() -> None:
    for rows in (1, 2, 3):
        context = FakeContext(n_batch=3)
        ask(KvCache(context), "a", [1, 2, 3, 4, 5, 6, 7], rows)
        assert context.logits_for == [5, 6, 7][-rows:]


def test_an_abort_keeps_whole_batches_and_the_next_prompt_goes_on_from_there() -> None:
    context = FakeContext(n_batch=2, abort_at=(3,))
    cache = KvCache(context)
    sequence = cache.claim("a", [1, 2, 3, 4, 5, 6])
    assert not sequence.extend([1, 2, 3, 4, 5, 6], never)
    assert sequence.held == (1, 2, 3, 4)
    assert ask(cache, "a", [1, 2, 3, 4, 5, 6]) == 2
    assert context.tokens() == [1, 2, 3, 4, 5, 6]


def test_an_interrupt_between_batches_stops() -> None:
    context = FakeContext(n_batch=2)
    answers = iter([False, True])
    assert not KvCache(context).claim("a", [1, 2, 3, 4]).extend([1, 2, 3, 4], lambda: next(answers))
    assert context.tokens() == [1, 2]


def test_where_nothing_can_be_forgotten_or_shared_in_part_all_is_evaluated_again() -> None:
    context = FakeContext(partial=False, sequences=2)
    cache = KvCache(context)
    ask(cache, "a", [1, 2, 3, 4])
    assert ask(cache, "a", [1, 2, 9]) == 3
    assert ask(cache, "b", [1, 2, 9]) == 3


def test_another_place_shares_what_it_has_in_common_and_leaves_the_rest_alone() -> None:
    context = FakeContext(sequences=3)
    cache = KvCache(context)
    ask(cache, "a", [1, 2, 3, 4, 5])
    assert ask(cache, "b", [1, 2, 3, 8, 8]) == 2
    assert context.used == 7
    assert ask(cache, "a", [1, 2, 3, 4, 5]) == 1
    assert ask(cache, "b", [1, 2, 3, 8, 8]) == 1


def test_a_sequence_may_take_more_from_another_than_it_has_itself() -> None:
    context = FakeContext(sequences=2)
    cache = KvCache(context)
    ask(cache, "a", [1, 2, 3, 4, 5, 6])
    ask(cache, "b", [1, 2, 9])
    assert ask(cache, "b", [1, 2, 3, 4, 5, 7]) == 1
    assert ask(cache, "a", [1, 2, 3, 4, 5, 6]) == 1


def test_what_a_place_held_before_is_remembered_until_it_is_asked_for_again() -> None:
    cache = KvCache(FakeContext(sequences=2))
    ask(cache, "a", [*range(20), 70, 71, 72])
    assert cache.claim("a", [*range(20), 80]).former == (*range(12, 20), 70, 71, 72)
    assert cache.claim("b", [*range(20), 80]).former == ()
    ask(cache, "c", [1])
    assert cache.claim("a", [*range(20), 80]).former == (), "that was another's"


def test_without_a_sequence_to_spare_the_least_recently_used_one_makes_way() -> None:
    cache = KvCache(FakeContext(sequences=2))
    ask(cache, "a", [1, 2])
    ask(cache, "b", [3, 4])
    ask(cache, "a", [1, 2])
    ask(cache, "c", [5, 6])
    assert ask(cache, "a", [1, 2]) == 1
    assert ask(cache, "b", [3, 4]) == 2


def test_without_cells_to_spare_the_least_recently_used_one_makes_way() -> None:
    context = FakeContext(sequences=4, n_ctx=10)
    cache = KvCache(context)
    ask(cache, "a", [1, 2, 3, 4])
    ask(cache, "b", [5, 6, 7, 8])
    ask(cache, "a", [1, 2, 3, 4])
    ask(cache, "c", [1, 2, 3, 9, 9, 9])
    assert ask(cache, "a", [1, 2, 3, 4]) == 1
    assert ask(cache, "c", [1, 2, 3, 9, 9, 9]) == 1, "shared tokens are held once"
    assert ask(cache, "b", [5, 6, 7, 8]) == 4


LONG = list(range(MIN_OFFLOAD_TOKENS + 1))


def test_what_made_way_comes_back_from_main_memory() -> None:
    context = FakeContext(sequences=1)
    cache = KvCache(context, memory_bytes=1000)
    ask(cache, "a", [*LONG, 1, 2, 3])
    ask(cache, "b", [7, 8])
    assert ask(cache, "a", [*LONG, 1, 2, 9]) == 1
    ask(cache, "b", [7, 8])
    assert ask(cache, "c", [*LONG, 5]) == 1, "another place may have it, too"


def test_without_room_in_main_memory_it_is_read_again() -> None:
    cache = KvCache(FakeContext(sequences=1), memory_bytes=0)
    ask(cache, "a", LONG)
    ask(cache, "b", [7, 8])
    assert ask(cache, "a", LONG) == len(LONG)


def test_what_is_evicted_for_cells_is_offloaded_too() -> None:
    context = FakeContext(sequences=3, n_ctx=100)
    cache = KvCache(context, memory_bytes=10_000)
    ask(cache, "a", LONG)
    ask(cache, "b", [7] * 80)
    assert ask(cache, "a", LONG) == 1
    assert ask(cache, "b", [7] * 80) == 1
    assert context.used == 80


def test_offloading_is_bounded_and_the_least_recently_used_is_evicted() -> None:
    memory_bytes = MemoryStateStore(10)
    memory_bytes.put("a", KvState((1, 2), bytearray(4)))
    memory_bytes.put("b", KvState((1, 3), bytearray(4)))
    memory_bytes.put("a", KvState((1, 2, 5), bytearray(5)))
    assert memory_bytes.used == 9 and memory_bytes.best([1, 2, 5, 6]) == ("a", 3)
    memory_bytes.put("c", KvState((9,), bytearray(3)))
    assert memory_bytes.take("b") is None and memory_bytes.used == 8
    memory_bytes.put("d", KvState((9,), bytearray(11)))
    assert memory_bytes.take("d") is None and memory_bytes.used == 8
    assert memory_bytes.best([4]) == (None, 0)


@pytest.fixture
def disk_store(tmp_path: Path) -> DiskStateStore:
    return DiskStateStore(tmp_path / "model", 100_000, "1.0")


PROMPT = list(range(1, 101))


def test_what_was_kept_on_disk_is_not_read_again_by_the_next_process(disk_store: DiskStateStore) -> None:
    first = KvCache(FakeContext(), disk_store=disk_store)
    first.claim("a", PROMPT, files=["/a.py"], frozen=100).extend(PROMPT, never)
    list(first.persist(["/a.py", "/b.py"], ""))
    assert ask(KvCache(FakeContext(), disk_store=disk_store), "other", [*PROMPT[:90], 7, 7]) == 2


def test_only_prompts_that_name_their_files_and_may_be_kept_go_to_disk(disk_store: DiskStateStore) -> None:
    cache = KvCache(FakeContext(sequences=2), memory_bytes=10_000, disk_store=disk_store)
    places: dict[str, list[str]] = {"kv_state": ["/a"], "secret": ["/a", "/secret"], "untold": [], "held": ["/a"]}
    for number, (key, files) in enumerate(places.items()):
        prompt = [1000 + number, *PROMPT]
        cache.claim(key, prompt, files=files, frozen=101).extend(prompt, never)
    list(cache.persist(["/a"], ""))
    found = [number for number in range(4) if disk_store.best([1000 + number], 1000)[1]]
    assert found == [0, 3]


def test_the_newest_are_kept_where_there_is_no_room_for_all(tmp_path: Path) -> None:
    small = DiskStateStore(
        tmp_path / "model", 1200, "1.0"
    )  # bytes; each state takes about 400, and its tokens as much again
    cache = KvCache(FakeContext(sequences=3), disk_store=small)
    for first in (1000, 1001, 1002):
        prompt = [first, *PROMPT]
        cache.claim(first, prompt, files=["/a"], frozen=101).extend(prompt, never)
    list(cache.persist(["/a"], ""))
    assert [small.best([first], 1000)[1] for first in (1000, 1001, 1002)] == [0, 0, 1]


def test_work_goes_on_while_states_are_kept(disk_store: DiskStateStore) -> None:
    cache = KvCache(FakeContext(sequences=2), memory_bytes=10_000, disk_store=disk_store)
    for first in (1000, 1001):
        prompt = [first, *PROMPT]
        cache.claim(first, prompt, files=["/a"], frozen=101).extend(prompt, never)
    steps = cache.persist(["/a"], "")
    next(steps)
    other = [2000, *PROMPT]
    cache.claim("b", other, files=["/secret"], frozen=101).extend(other, never)
    list(steps)
    assert disk_store.best([2000], 1000)[1] == 0 and disk_store.best([1001], 1000)[1] == 1


def test_a_state_that_saves_little_is_left_on_disk(disk_store: DiskStateStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MIN_OFFLOAD_TOKENS", 4)
    cache = KvCache(FakeContext(), disk_store=disk_store)
    cache.claim("a", PROMPT, files=["/a"], frozen=100).extend(PROMPT, never)
    list(cache.persist(["/a"], ""))
    assert ask(KvCache(FakeContext(), disk_store=disk_store), "a", [*PROMPT[:12], 7]) == 13
    assert ask(KvCache(FakeContext(), disk_store=disk_store), "a", [*PROMPT[:13], 7]) == 1


def test_what_was_typed_or_generated_is_not_kept(disk_store: DiskStateStore) -> None:
    cache = KvCache(FakeContext(), memory_bytes=10_000, disk_store=disk_store)
    sequence = cache.claim("a", PROMPT, files=["/a"], frozen=80)
    sequence.extend([*PROMPT, 7, 7], never)
    kv_state = cache.claim("b", [2000, *PROMPT], files=["/a"], frozen=71)
    kv_state.extend([2000, *PROMPT], never)
    list(cache.persist(["/a"], ""))
    assert sorted(len(each.tokens) for each in disk_store) == [71, 80]


def test_a_state_in_the_cache_and_in_memory_is_persisted_as_it_is_in_the_cache(disk_store: DiskStateStore) -> None:
    cache = KvCache(FakeContext(), memory_bytes=10_000, disk_store=disk_store)
    for key, first in (("a", 1000), ("b", 1001), ("a", 1002)):
        cache.claim(key, [first, *PROMPT], files=["/a"], frozen=101).extend([first, *PROMPT], never)
    list(cache.persist(["/a"], ""))
    assert sorted(each.tokens[0] for each in disk_store) == [1001, 1002]


def test_a_state_that_is_longer_than_the_window_is_left_on_disk(disk_store: DiskStateStore) -> None:
    cache = KvCache(FakeContext(), disk_store=disk_store)
    cache.claim("a", PROMPT, files=["/a"], frozen=100).extend(PROMPT, never)
    list(cache.persist(["/a"], ""))
    small = KvCache(FakeContext(n_ctx=99), disk_store=disk_store)
    assert ask(small, "a", PROMPT[:98]) == 98


def test_one_prompt_may_fill_the_window() -> None:
    context = FakeContext(sequences=3, n_ctx=8)
    cache = KvCache(context)
    ask(cache, "a", [1] * 5)
    ask(cache, "b", [2] * 3)
    ask(cache, "c", [3] * 8)
    assert cache.claim("c", [3] * 8).room == 1
    assert context.used == 7


@pytest.mark.parametrize("partial", [True, False])
def test_random_prompts_and_aborts_leave_exactly_the_prompts(partial: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MIN_OFFLOAD_TOKENS", 4)
    dice = random.Random(3)
    for _ in range(100):
        context = FakeContext(
            n_batch=dice.randrange(2, 6),
            n_ctx=dice.randrange(20, 60),
            sequences=dice.randrange(1, 5),
            abort_at=[dice.randrange(1, 60) for _ in range(5)],
            partial=partial,
        )
        cache = KvCache(context, memory_bytes=dice.choice([0, 30, 1000]))
        for _ in range(30):
            ids = [dice.randrange(2) for _ in range(dice.randrange(2, 20))]
            rows = dice.randrange(1, 3)
            sequence = cache.claim(dice.choice("abcdef"), ids, rows)
            held = len(sequence.held)
            assert list(sequence.held) == ids[:held] and held <= len(ids) - rows
            best = max(common_length(context.tokens(i), ids) for i in range(context.sequences))
            assert held >= min(best, len(ids) - rows) or not partial
            whole = sequence.extend(ids[held:], never, rows)
            assert list(sequence.held) == (ids if whole else ids[: len(sequence.held)])
            sequence.drop(dice.randrange(3) if partial and len(sequence.held) > 3 else 0)
            assert sorted(list(each.held) for each in cache._sequences) == sorted(
                map(context.tokens, range(context.sequences))
            )
            assert context.n_ctx - cache.cells.free == context.used


def test_common_length() -> None:
    dice = random.Random(5)
    for _ in range(500):
        a = [dice.randrange(2) for _ in range(dice.randrange(12))]
        b = [dice.randrange(2) for _ in range(dice.randrange(12))]
        expected = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        assert common_length(a, tuple(b)) == expected
