"""How long a draft may be: follows what batches cost and how often drafts are right."""

from __future__ import annotations

import random

import pytest

from dovetail_models.engine.decoding.acceptance_probability import KINDS, kind_of
from dovetail_models.engine.decoding.draft_length import RETRY_STEPS, DraftLengthPolicy
from dovetail_models.engine.decoding.prompt_lookup import MAX_DRAFT

STEP_MS = 40.0
SURE = [kind_of(2.0)] * MAX_DRAFT


def taught(exponent: float, acceptance: float, dice: random.Random) -> DraftLengthPolicy:
    """Return a controller that has worked for a while on a machine and a text of this kind."""
    policy = DraftLengthPolicy()
    for _ in range(400):
        for kind in range(KINDS):
            policy.note_guess(kind, dice.random() < acceptance)
        for tokens in (1, 2, 4, 8, 16):
            policy.note_batch(tokens, STEP_MS * tokens**exponent * dice.uniform(0.9, 1.1))
    return policy


def gain(length: int, exponent: float, acceptance: float) -> float:
    """Return the speed-up with drafts of the given length."""
    return float(sum(acceptance**i for i in range(length + 1)) / (length + 1) ** exponent)


@pytest.mark.parametrize("exponent", [0.05, 0.4, 0.65, 0.9])
@pytest.mark.parametrize("acceptance", [0.1, 0.4, 0.7, 0.95])
def test_the_length_is_near_the_best_one(exponent: float, acceptance: float) -> None:
    dice = random.Random(1)
    policy = taught(exponent, acceptance, dice)
    chosen = gain(policy.length(SURE), exponent, acceptance)
    best = max(gain(length, exponent, acceptance) for length in range(MAX_DRAFT + 1))
    assert chosen > 0.9 * best
    assert chosen >= 1, "never slower than without drafts"


def test_where_it_does_not_pay_nothing_is_tried() -> None:
    policy = taught(1.0, 0.9, random.Random(2))
    assert policy.length(SURE) == 0
    policy = taught(0.6, 0.1, random.Random(3))
    assert policy.length(SURE) == 0


def test_steps_of_a_tiny_model_are_not_worth_a_search() -> None:
    policy = DraftLengthPolicy()
    for ms, worth in ((0.4, False), (STEP_MS, True)):
        for _ in range(100):
            policy.note_batch(1, ms)
        assert policy.worth_drafting is worth


def test_no_more_than_there_is() -> None:
    policy = taught(0.05, 0.95, random.Random(4))
    assert policy.length(SURE) == MAX_DRAFT
    assert policy.length(SURE[:3]) == 3
    assert policy.length([]) == 0


def test_guesses_that_were_not_tried_teach_too() -> None:
    policy = taught(0.6, 0.05, random.Random(5))
    kinds = [kind_of(0.5), kind_of(1.0)]
    assert policy.length(kinds) == 0
    for _ in range(400):
        for kind in kinds:
            policy.note_guess(kind, True)
    assert policy.length(kinds) == 2


def test_a_bad_moment_is_forgotten() -> None:
    """Other processes made batches dear for a while: one in many steps finds out that they are cheap again."""
    dice = random.Random(6)
    policy = taught(1.0, 0.9, dice)
    tried = 0
    for _ in range(RETRY_STEPS * 30):
        length = policy.length(SURE[:8])
        tried += length > 0
        policy.note_batch(length + 1, STEP_MS * (length + 1) ** 0.4)
    assert policy.length(SURE[:8]) > 1
    policy = taught(1.0, 0.9, dice)
    for step in range(RETRY_STEPS * 30):
        length = policy.length(SURE[:8])
        tried = tried * (step > 0) + (length > 0)
        policy.note_batch(length + 1, STEP_MS * (length + 1))
    assert tried <= 31


def test_one_duration_out_of_bounds_changes_little() -> None:
    policy = taught(0.6, 0.8, random.Random(7))
    before = policy.length(SURE)
    policy.note_batch(4, 60_000.0)
    policy.note_batch(1, 60_000.0)
    for _ in range(20):
        policy.note_batch(1, STEP_MS)
    assert abs(policy.length(SURE) - before) <= 4
