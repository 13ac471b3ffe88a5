"""The cache's bookkeeping against an evaluator that aborts and forgets as llama.cpp does."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dovetail_models.engine.kv import CachedSequence, common_length


class FakeContext:
    """Holds tokens; aborts at the evaluations whose numbers are given; may be unable to forget in part."""

    def __init__(self, n_batch: int = 4, abort_at: Sequence[int] = (), partial: bool = True) -> None:
        self.n_batch, self.n_ctx = n_batch, 1000
        self.tokens: list[int] = []
        self.evaluated = 0
        self.logits_for: list[int] = []
        self._calls = 0
        self._abort_at = abort_at
        self._partial = partial

    def held(self) -> int:
        return len(self.tokens)

    def forget_from(self, position: int) -> None:
        self.tokens = self.tokens[:position] if self._partial else []

    def evaluate(self, ids: Sequence[int], start: int, rows: int) -> bool:
        assert start == len(self.tokens) and 0 < len(ids) <= self.n_batch
        self._calls += 1
        if self._calls in self._abort_at:
            return False
        self.tokens += ids
        self.evaluated += len(ids)
        if rows:
            self.logits_for.append(ids[-1])
        return True


def never() -> bool:
    return False


def test_only_what_follows_the_common_beginning_is_evaluated() -> None:
    context = FakeContext()
    sequence = CachedSequence(context)
    assert sequence.keep([1, 2, 3, 4, 5]) == 0
    assert sequence.extend([1, 2, 3, 4, 5], never)
    assert sequence.keep([1, 2, 3, 9, 9, 9]) == 3
    assert sequence.extend([9, 9, 9], never)
    assert context.tokens == list(sequence.held) == [1, 2, 3, 9, 9, 9]
    assert context.evaluated == 8


def test_the_same_prompt_again_costs_its_last_token() -> None:
    context = FakeContext()
    sequence = CachedSequence(context)
    sequence.extend([1, 2, 3], never)
    assert sequence.keep([1, 2, 3]) == 2
    assert context.tokens == [1, 2]


def test_logits_are_asked_for_the_last_token_only() -> None:
    context = FakeContext(n_batch=2)
    CachedSequence(context).extend([1, 2, 3, 4, 5], never)
    assert context.logits_for == [5]


def test_an_abort_keeps_whole_batches_and_the_next_prompt_goes_on_from_there() -> None:
    context = FakeContext(n_batch=2, abort_at=(3,))
    sequence = CachedSequence(context)
    assert not sequence.extend([1, 2, 3, 4, 5, 6], never)
    assert sequence.held == (1, 2, 3, 4)
    assert sequence.keep([1, 2, 3, 4, 5, 6]) == 4
    assert sequence.extend([5, 6], never)
    assert context.tokens == [1, 2, 3, 4, 5, 6]


def test_an_interrupt_between_batches_stops() -> None:
    context = FakeContext(n_batch=2)
    answers = iter([False, True])
    assert not CachedSequence(context).extend([1, 2, 3, 4], lambda: next(answers))
    assert context.tokens == [1, 2]


def test_where_nothing_can_be_forgotten_in_part_all_is_evaluated_anew() -> None:
    context = FakeContext(partial=False)
    sequence = CachedSequence(context)
    sequence.extend([1, 2, 3, 4], never)
    assert sequence.keep([1, 2, 9]) == 0
    assert sequence.extend([1, 2, 9], never)
    assert context.tokens == [1, 2, 9]


def test_random_prompts_and_aborts_leave_exactly_the_prompt() -> None:
    dice = random.Random(3)
    for _ in range(200):
        context = FakeContext(n_batch=dice.randrange(1, 6), abort_at=[dice.randrange(1, 40) for _ in range(5)])
        sequence = CachedSequence(context)
        for _ in range(10):
            ids = [dice.randrange(2) for _ in range(dice.randrange(1, 20))]
            reused = sequence.keep(ids)
            whole = sequence.extend(ids[reused:], never)
            assert list(sequence.held) == context.tokens
            assert context.tokens == (ids if whole else ids[: len(context.tokens)])


def test_common_length() -> None:
    dice = random.Random(5)
    for _ in range(500):
        a = [dice.randrange(2) for _ in range(dice.randrange(12))]
        b = [dice.randrange(2) for _ in range(dice.randrange(12))]
        expected = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        assert common_length(a, tuple(b)) == expected
