"""What gives way when a model does not fit: the window, the type of the KV cache, layers on the accelerator. Pure.

A smaller model is the last step; which one is the caller's to know.
"""

from dataclasses import dataclass, replace

from dovetail_models.hardware.estimate import Plan
from dovetail_models.hardware.shape import ModelShape

MIN_CONTEXT = 1024
"""Tokens: a smaller window leaves too little of the file and the project to complete well. Less is only loaded where
the user asked for less."""

GPU_SHARES = (3 / 4, 1 / 2, 1 / 4, 0)
"""Shares of the layers that are tried on the accelerator, one after the other."""

KV_BLOCK = 32
"""q8_0 stores this many elements together: a model's heads must be a multiple of it in size."""


@dataclass(frozen=True, slots=True)
class Step:
    """A reduction of a plan that does not fit."""

    before: Plan
    plan: Plan
    """The plan to try next."""
    what: str
    """For the user to read."""


def next_step(plan: Plan, shape: ModelShape, may_quantize_cache: bool = True) -> Step | None:
    """Return the plan to try when `plan` did not fit; None where only a smaller model is left.

    `may_quantize_cache` is False where the user named the type of the KV cache.
    """
    if plan.n_ctx > MIN_CONTEXT:
        smaller = max(MIN_CONTEXT, plan.n_ctx // 2)
        return Step(plan, replace(plan, n_ctx=smaller), f"a window of {smaller} tokens instead of {plan.n_ctx}")
    if may_quantize_cache and plan.kv_type == "f16" and can_quantize_cache(shape):
        quantized = replace(plan, kv_type="q8_0", flash_attention=True)
        return Step(plan, quantized, "a KV cache of type q8_0 instead of f16")
    if plan.gpu_layers > 0:
        counts = [int((shape.layers + 1) * share) for share in GPU_SHARES]
        fewer = next((count for count in counts if count < plan.gpu_layers), 0)
        return Step(plan, replace(plan, gpu_layers=fewer), f"{fewer} layers on the GPU instead of {plan.gpu_layers}")
    return None


def can_quantize_cache(shape: ModelShape) -> bool:
    """Return whether llama.cpp can keep the model's KV cache in q8_0."""
    head = shape.embedding // max(shape.heads, 1)
    return shape.kv_elements > 0 and head % KV_BLOCK == 0
