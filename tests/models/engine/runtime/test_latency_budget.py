"""What may be asked for on this machine: speeds that are learnt, budgets that follow from them."""

from __future__ import annotations

import random

import pytest

from dovetail_models.engine.latency_budget import (
    MIN_ANSWER,
    MIN_CONTEXT,
    MIN_WINDOW,
    LatencyBudget,
    latency_budget,
)
from dovetail_models.engine.speed import Speed

LAPTOP = Speed(prefill_tokens_s=120.0, decode_ms=35.0)
GPU = Speed(prefill_tokens_s=4000.0, decode_ms=8.0)
SLOW = Speed(prefill_tokens_s=15.0, decode_ms=400.0)


def test_nothing_is_cut_before_anything_has_been_measured() -> None:
    assert latency_budget(Speed(), 1024, 1280, 64) == LatencyBudget(1024, 1280, 64, 64)


def test_a_fast_machine_gets_what_is_wanted() -> None:
    assert latency_budget(GPU, 2048, 1280, 64) == LatencyBudget(2048, 1280, 34, 64)


def test_a_laptop_reads_less_cold_and_all_warm() -> None:
    cold, warm = latency_budget(LAPTOP, 1024, 1280, 64), latency_budget(LAPTOP, 1024, 1280, 64, warm=True)
    assert cold.context == MIN_CONTEXT and cold.window == MIN_WINDOW
    assert (warm.context, warm.window) == (1024, 1280)
    assert cold.answer == warm.answer == 64
    assert cold.first == warm.first == 5


def test_a_slow_machine_still_gets_the_least() -> None:
    assert latency_budget(SLOW, 1024, 1280, 64) == LatencyBudget(MIN_CONTEXT, MIN_WINDOW, 1, MIN_ANSWER)


@pytest.mark.parametrize("warm", [False, True])
def test_never_more_than_wanted_and_more_speed_is_never_less(warm: bool) -> None:
    dice = random.Random(1)
    for _ in range(1000):
        wanted = dice.randrange(4000), dice.randrange(3000), dice.randrange(1, 200)
        slower = Speed(dice.uniform(1, 5000), dice.uniform(1, 500))
        faster = Speed(slower.prefill_tokens_s * 2, slower.decode_ms / 2)
        low, high = (latency_budget(speed, *wanted, warm=warm) for speed in (slower, faster))
        for name, most in zip(("context", "window", "answer"), wanted, strict=True):
            assert 0 <= getattr(low, name) <= getattr(high, name) <= most
        assert 1 <= low.first <= high.first <= high.answer


def test_speed_is_learnt_and_follows() -> None:
    speed = Speed().after_prefill(100, 1000.0).after_decode(10, 400.0)
    assert speed == Speed(100.0, 40.0)
    for _ in range(40):
        speed = speed.after_prefill(100, 500.0).after_decode(10, 200.0)
    assert speed.prefill_tokens_s == pytest.approx(200.0, rel=0.01)
    assert speed.decode_ms == pytest.approx(20.0, rel=0.01)


def test_small_batches_and_nonsense_teach_nothing_and_outliers_little() -> None:
    assert LAPTOP.after_prefill(3, 5000.0) == LAPTOP.after_decode(0, 5.0) == LAPTOP.after_prefill(100, 0.0) == LAPTOP
    after = LAPTOP.after_prefill(100, 1e9).after_decode(1, 1e9)
    assert after.prefill_tokens_s > 70 and after.decode_ms < 60
