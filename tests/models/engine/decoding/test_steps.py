"""Guesses change how many evaluations a text takes, never the text."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from dovetail_models.engine.decoding import prompt_lookup
from dovetail_models.engine.decoding.draft_length import DraftLengthPolicy
from dovetail_models.engine.decoding.prompt_lookup import PromptLookup
from dovetail_models.engine.decoding.steps import Steps
from dovetail_models.engine.kv.cache import KvCache

TOKENS = 6
SOURCES = [[1, 2, 3, 4]]


@pytest.fixture(autouse=True)
def unlikely_drafts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short texts make every guess unlikely; continue drafting anyway."""
    monkeypatch.setattr(prompt_lookup, "MIN_LIKELIHOOD", 0.0)


class Model:
    """The next token follows from the last two, so the text soon repeats; sometimes it follows from the position."""

    def __init__(self, seed: int, n_ctx: int = 200, n_batch: int = 8) -> None:
        self.n_batch, self.n_ctx, self.sequences = n_batch, n_ctx, 1
        self.seed = seed
        self.tokens: list[int] = []
        self.rows = 0
        self.batches: list[int] = []

    def held(self, sequence: int) -> int:
        return len(self.tokens)

    def forget_from(self, position: int, sequence: int) -> None:
        del self.tokens[position:]

    def share(self, source: int, target: int, length: int) -> None:
        raise AssertionError("there is one sequence")

    def save(self, sequence: int, most: int) -> bytearray | None:
        raise AssertionError("nothing is offloaded")

    def restore(self, state: bytearray, sequence: int) -> None:
        raise AssertionError("nothing is offloaded")

    def evaluate(self, ids: Sequence[int], start: int, rows: int, sequence: int) -> bool:
        assert len(ids) <= self.n_batch and start == len(self.tokens) and start + len(ids) <= self.n_ctx
        self.tokens += ids
        self.rows = rows
        self.batches.append(len(ids))
        self.evaluated = list(self.tokens)
        return True

    def logits(self, row: int) -> npt.NDArray[np.float32]:
        assert 0 <= row < self.rows
        before = self.evaluated[: len(self.evaluated) - self.rows + 1 + row]
        key = (self.seed, *before[-2:], len(before) if len(before) % 7 == 0 else 0)
        return np.random.default_rng(key).random(TOKENS, np.float32)


class Clock:
    """Each look at it is one second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class Reckless(DraftLengthPolicy):
    """Tries every draft as far as it goes."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[int, float]] = []
        self.guesses: list[tuple[int, bool]] = []

    def length(self, kinds: Sequence[int]) -> int:
        return len(kinds)

    def note_batch(self, tokens: int, ms: float) -> None:
        self.batches.append((tokens, ms))

    def note_guess(self, kind: int, right: bool) -> None:
        self.guesses.append((kind, right))


def text(steps: Steps, count: int) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < count:
        chosen.append(int(np.argmax(steps.logits())))
        if len(chosen) < count and not steps.advance(chosen[-1], count - len(chosen)):
            break
    return chosen


def begin(
    model: Model, prompt: list[int], guesses: tuple[int, ...] = (), policy: DraftLengthPolicy | None = None
) -> Steps:
    sequence = KvCache(model).claim(0, prompt)
    sequence.extend([*prompt, *guesses], lambda: False, rows=1 + len(guesses))
    drafts = PromptLookup(SOURCES, prompt, 50) if policy else None
    return Steps(sequence, model.logits, lambda: False, Clock(), guesses, drafts, policy)


@pytest.mark.long
def test_the_text_is_that_of_plain_decoding() -> None:
    dice = random.Random(1)
    drafted = accepted = batches = 0
    for seed in range(150):
        prompt = [dice.randrange(TOKENS) for _ in range(dice.randrange(1, 10))]
        plain = text(begin(Model(seed), prompt), 40)
        guesses = tuple(dice.randrange(TOKENS) for _ in range(dice.randrange(4)))
        model, policy = Model(seed, n_batch=dice.randrange(4, 10)), Reckless()
        steps = begin(model, prompt, guesses, policy)
        assert text(steps, 40) == plain
        assert steps.accepted <= steps.drafted
        drafted, accepted, batches = drafted + steps.drafted, accepted + steps.accepted, batches + len(policy.batches)
    assert drafted > accepted > 0 and batches < 150 * 39, "else nothing was tried"


def test_right_guesses_are_all_that_was_evaluated() -> None:
    plain = text(begin(Model(5), [1, 2]), 4)
    model = Model(5)
    steps = begin(model, [1, 2], tuple(plain[:3]))
    assert text(steps, 4) == plain
    assert model.batches == [5] and (steps.drafted, steps.accepted) == (0, 0)


def test_a_full_window_has_no_more_logits() -> None:
    model = Model(3, n_ctx=9)
    assert len(text(begin(model, [1, 2, 3], policy=Reckless()), 40)) == 7
    assert len(model.tokens) == 9


def test_no_more_is_guessed_than_will_be_chosen() -> None:
    model = Model(3)
    steps = begin(model, [1, 2, 3, 4, 1], policy=Reckless())
    assert steps.advance(2, 1) and model.batches[-1] == 1
    steps = begin(Model(3), [1, 2, 3, 4, 1], policy=Reckless())
    assert steps.advance(2, 2) and steps.drafted == 1


def test_the_controller_hears_of_every_batch_and_every_guess_up_to_the_first_wrong_one() -> None:
    policy = Reckless()
    steps = begin(Model(3), [5, 1], policy=policy)
    assert steps.advance(2, 9)  # It drafts 3 and 4, after two equal tokens.
    assert policy.batches == [(3, 1000.0)] and policy.guesses == []
    assert steps.advance(3, 8)
    assert [right for _, right in policy.guesses] == [True] and steps.accepted == 1
    assert steps.advance(0, 7)
    assert [right for _, right in policy.guesses] == [True, False]
    assert tuple(kind for kind, _ in policy.guesses) == PromptLookup(SOURCES, [5, 1, 2], 0).propose().kinds


def test_a_draft_that_is_not_tried_is_judged_by_its_first_token() -> None:
    class Timid(Reckless):
        def length(self, kinds: Sequence[int]) -> int:
            return 0

    policy = Timid()
    steps = begin(Model(3), [4, 1], policy=policy)
    assert steps.advance(2, 9) and steps.drafted == 0
    assert steps.advance(3, 8)
    assert [right for _, right in policy.guesses] == [True] and policy.batches == [(1, 1000.0)] * 2
