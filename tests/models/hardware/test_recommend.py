"""Which model is recommended, by what the machine has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dovetail_models.catalog.fit import recommendable
from dovetail_models.catalog.read import catalog, find_entry
from dovetail_models.hardware.recommend import ModelRow, recommend, shortage
from tests.models.hardware.test_choose import GIB, gpu, machine

FAST = (80e9, 800e9)
"""Bytes and multiplications a second of a desktop with eight cores."""
SLOW = (12e9, 60e9)
"""Of a small laptop."""


DEEPSEEK_CODER = (
    ModelRow("deepseek-coder-1.3b-base", 1_346_471_936, 24 * 2 * 2048),
    ModelRow("deepseek-coder-5.7bmqa-base", 5_690_000_000, 32 * 2 * 128),
    ModelRow("deepseek-coder-6.7b-base", 6_740_512_768, 32 * 2 * 4096),
    ModelRow("deepseek-coder-33b-base", 33_340_000_000, 62 * 2 * 1024),
)


@pytest.mark.parametrize(
    ("there", "speed", "model", "quantization"),
    [
        (machine(8, 48), FAST, "deepseek-coder-6.7b-base", "Q4_K_M"),
        (machine(8, 8), FAST, "deepseek-coder-5.7bmqa-base", "Q6_K"),
        (machine(4, 16), SLOW, "deepseek-coder-1.3b-base", "Q4_K_M"),
        (machine(4, 3), FAST, "deepseek-coder-1.3b-base", "Q8_0"),
        (machine(8, 16, gpu(23)), SLOW, "deepseek-coder-33b-base", "Q4_K_M"),
        (machine(8, 16, gpu(11)), SLOW, "deepseek-coder-6.7b-base", "Q8_0"),
        (machine(8, 16, gpu(3)), SLOW, "deepseek-coder-1.3b-base", "Q8_0"),
        (machine(8, 16, gpu(23, kind="integrated")), SLOW, "deepseek-coder-1.3b-base", "Q4_K_M"),
    ],
)
def test_recommended(there, speed, model, quantization) -> None:  # type: ignore[no-untyped-def]
    found = recommend(DEEPSEEK_CODER, there, *speed)
    assert found is not None
    assert (found.row.name, found.quantization) == (model, quantization), found.reason


def test_a_machine_that_is_too_slow_for_all_gets_the_smallest() -> None:
    found = recommend(DEEPSEEK_CODER, machine(1, 64), 2e9, 2e9)
    assert found is not None and found.row.name == "deepseek-coder-1.3b-base" and "slow" in found.reason


def test_no_memory_for_any() -> None:
    there = replace(machine(8, 1), free_bytes=GIB // 2)
    assert recommend(DEEPSEEK_CODER, there, *FAST) is None
    assert "512 MiB are free" in shortage(DEEPSEEK_CODER, there)


def test_only_quantizations_that_there_are() -> None:
    rows = [ModelRow("m", 10**9, 1000, (("Q4_K_M", 600 * 2**20),))]
    found = recommend(rows, machine(8, 16), *FAST)
    assert found is not None and (found.quantization, found.bytes) == ("Q4_K_M", 600 * 2**20)


@pytest.mark.parametrize(
    ("there", "speed", "name"),
    [
        (machine(8, 48), FAST, "deepseek-coder-6.7b"),
        (machine(4, 16), SLOW, "deepseek-coder-1.3b"),
        (machine(8, 16, gpu(23)), SLOW, "deepseek-coder-33b"),
    ],
)
def test_what_is_recommended_can_be_pulled(there, speed, name) -> None:  # type: ignore[no-untyped-def]
    found = recommend(recommendable(catalog()), there, *speed)
    assert found is not None and found.row.name == name
    assert find_entry(name) is not None
