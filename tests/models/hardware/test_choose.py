"""How a model is loaded on a table of machines, and what is reduced when memory is short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dovetail_models.hardware.choose import Wishes, choose, explain, fits
from dovetail_models.hardware.estimate import Plan, memory_need
from dovetail_models.hardware.machine import Accelerator, Machine
from dovetail_models.hardware.shape import ModelShape
from dovetail_models.hardware.steps import next_step

GIB = 2**30


def shape(layers: int, width: int, megabytes: int, kv_heads_width: int | None = None) -> ModelShape:
    """Return a model of the Llama architecture with DeepSeek-Coder's vocabulary, most of its weights q4_K."""
    layer = megabytes * 2**20 * 9 // 10 // layers
    rest = megabytes * 2**20 // 20
    return ModelShape(
        architecture="llama",
        name="",
        layers=layers,
        embedding=width,
        feed_forward=width * 8 // 3,
        heads=width // 128,
        kv_elements=layers * 2 * (kv_heads_width or width),
        vocabulary=32256,
        trained_context=16384,
        parameters=megabytes * 2**20 * 8 // 5,
        layer_bytes=(layer,) * layers,
        input_bytes=rest,
        output_bytes=rest,
        matrices=(("q4_K", layer * layers * 3 // 4), ("q6_K", layer * layers // 4)),
        file_bytes=megabytes * 2**20,
    )


SMALL = shape(24, 2048, 832)
"""DeepSeek-Coder 1.3B, Q4_K_M."""
MEDIUM = shape(32, 4096, 3890)
"""DeepSeek-Coder 6.7B, Q4_K_M."""
LARGE = shape(62, 7168, 18980, kv_heads_width=1024)
"""DeepSeek-Coder 33B, Q4_K_M."""


def machine(cores: int, free_gib: float, *gpus: Accelerator, **changes: object) -> Machine:
    plain = Machine(
        system="Linux",
        processor="x86_64",
        physical_cores=cores,
        usable_cores=2 * cores,
        quota_cores=None,
        instruction_sets=("AVX2", "FMA"),
        total_bytes=int(free_gib * 1.5 * GIB),
        free_bytes=int(free_gib * GIB),
        accelerators=gpus,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def gpu(free_gib: float, name: str = "CUDA0", kind: str = "gpu") -> Accelerator:
    return Accelerator(name, "a GPU", kind, int(free_gib * 1.1 * GIB), int(free_gib * GIB))  # type: ignore[arg-type]


MACHINES = {
    # name: (machine, model, window, KV type, flash attention, micro-batch, threads, GPU layers)
    "desktop, 1.3B": (machine(8, 16), SMALL, 4096, "f16", False, 128, 8, 0),
    "desktop, 6.7B": (machine(8, 24), MEDIUM, 4096, "f16", False, 128, 8, 0),
    "laptop with 4 GiB free": (machine(4, 4), SMALL, 4096, "f16", False, 128, 4, 0),
    "laptop with 2 GiB free": (machine(2, 2), SMALL, 1024, "f16", False, 128, 2, 0),
    "6.7B where 8 GiB are free": (machine(4, 8.4), MEDIUM, 2048, "f16", False, 128, 4, 0),
    "6.7B where not even that is free": (machine(4, 7.6), MEDIUM, 1024, "q8_0", True, 128, 4, 0),
    "container with 2 of 32 cores": (
        machine(32, 16, quota_cores=2.0),
        SMALL,
        *(4096, "f16", False, 128, 2, 0),
    ),
    "container with half a core": (machine(8, 16, quota_cores=0.5), SMALL, 4096, "f16", False, 128, 1, 0),
    "pinned to one core": (machine(16, 16, usable_cores=1), SMALL, 4096, "f16", False, 128, 1, 0),
    "NVIDIA with 8 GiB, 1.3B": (machine(8, 16, gpu(7.5)), SMALL, 8192, "f16", None, 512, 4, 25),
    "NVIDIA with 8 GiB, 6.7B": (machine(8, 16, gpu(7.5)), MEDIUM, 8192, "f16", None, 128, 8, 27),
    "NVIDIA with 24 GiB, 33B": (machine(16, 48, gpu(23)), LARGE, 8192, "f16", None, 512, 4, 63),
    "NVIDIA with 2 GiB, 6.7B": (machine(8, 24, gpu(1.8)), MEDIUM, 8192, "f16", None, 128, 8, 3),
    "NVIDIA that is full": (machine(8, 16, gpu(0.4)), SMALL, 4096, "f16", False, 128, 8, 0),
    "two NVIDIA with 12 GiB, 33B": (
        machine(16, 48, gpu(11.5), gpu(11.5, "CUDA1")),
        LARGE,
        *(8192, "f16", None, 512, 4, 63),
    ),
    "integrated GPU": (machine(8, 16, gpu(8, "Vulkan0", "integrated")), SMALL, 4096, "f16", False, 128, 8, 0),
    "Apple silicon": (
        machine(8, 10, gpu(11, "Metal"), system="Darwin", usable_cores=8, instruction_sets=("NEON",)),
        SMALL,
        *(8192, "f16", None, 512, 4, 25),
    ),
    "driver without a build for it": (machine(8, 16, nvidia_driver=True), SMALL, 4096, "f16", False, 128, 8, 0),
}


@pytest.mark.parametrize("name", MACHINES)
def test_machines(name: str) -> None:
    there, model, *expected = MACHINES[name]
    plan = choose(model, there, Wishes()).plan
    found = [plan.n_ctx, plan.kv_type, plan.flash_attention, plan.micro_batch, plan.threads, plan.gpu_layers]
    assert found == expected


@pytest.mark.parametrize("name", MACHINES)
def test_every_value_has_a_reason(name: str) -> None:
    there, model, *_ = MACHINES[name]
    chosen = choose(model, there, Wishes())
    choices = explain(model, chosen.plan, chosen, there)
    assert len(choices) == 6 and all(choice.value and choice.reason for choice in choices)
    lowered = {choice.name for choice in choices if "lowered" in choice.reason}
    assert bool(lowered) == bool(chosen.steps)


def test_what_the_user_asks_for_is_kept() -> None:
    wishes = Wishes(n_ctx=2000, kv_type="q8_0", flash_attention="on", micro_batch=64, threads=3, gpu_layers=5)
    chosen = choose(MEDIUM, machine(8, 32, gpu(23)), wishes)
    assert chosen.plan == Plan(2000, "q8_0", True, 64, 3, 5)
    choices = explain(MEDIUM, chosen.plan, chosen, machine(8, 32, gpu(23)))
    assert all("the setting" in one.reason or "needs it" in one.reason for one in choices)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [(Wishes(n_ctx=10**6), 16384), (Wishes(n_ctx=1), 256), (Wishes(n_ctx=0), 4096)],
)
def test_windows_out_of_range(wishes: Wishes, expected: int) -> None:
    assert choose(SMALL, machine(8, 64), wishes).plan.n_ctx == expected


def test_steps_come_in_order_and_end() -> None:
    plan, whats = Plan(8192, "f16", None, 512, 8, 33), []
    while step := next_step(plan, MEDIUM):
        assert step.before == plan
        before = memory_need(MEDIUM, plan, ())
        after = memory_need(MEDIUM, step.plan, ())
        assert after.gpu < before.gpu, "each step saves memory where the model is"
        whats.append(step.what)
        plan = step.plan
    assert whats == [
        "a window of 4096 tokens instead of 8192",
        "a window of 2048 tokens instead of 4096",
        "a window of 1024 tokens instead of 2048",
        "a KV cache of type q8_0 instead of f16",
        "24 layers on the GPU instead of 33",
        "16 layers on the GPU instead of 24",
        "8 layers on the GPU instead of 16",
        "0 layers on the GPU instead of 8",
    ]


def test_a_window_that_the_user_made_small_is_not_raised_by_a_step() -> None:
    step = next_step(Plan(512, "f16", False, 128, 2, 0), SMALL)
    assert step is not None and step.plan.n_ctx == 512 and step.plan.kv_type == "q8_0"


def test_a_named_cache_type_is_kept() -> None:
    chosen = choose(SMALL, machine(2, 1.5), Wishes(kv_type="f16"))
    assert chosen.plan.kv_type == "f16" and chosen.plan.n_ctx == 1024 and not chosen.fits


def test_heads_that_cannot_be_quantized() -> None:
    odd = replace(SMALL, embedding=16 * 100, heads=16)
    assert next_step(Plan(1024, "f16", False, 128, 2, 0), odd) is None


def test_a_plan_that_fits_is_reported_to_fit() -> None:
    chosen = choose(SMALL, machine(8, 16), Wishes())
    assert chosen.fits and not chosen.steps and fits(SMALL, chosen.plan, machine(8, 16))
