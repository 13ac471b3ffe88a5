"""How a model is best loaded on a machine, each value with its reason. Pure.

What the user asked for is kept as long as it fits. What does not fit is reduced step by step (`steps.py`).
"""

import math
from dataclasses import dataclass, replace

from dovetail_models.hardware.estimate import KvType, MemoryNeed, Plan, cache_bytes, memory_need
from dovetail_models.hardware.machine import Accelerator, Machine
from dovetail_models.hardware.shape import ModelShape
from dovetail_models.hardware.steps import Step, next_step

CPU_CONTEXT = 4096
"""Tokens: on a CPU each step looks at all of them, and a longer prompt takes many seconds to read."""

GPU_CONTEXT = 8192
"""Tokens: room for more of the project where reading is fast."""

CPU_MICRO_BATCH = 128
"""Tokens: a cancelled prefill loses at most this many, and larger ones are no faster on a CPU (measured)."""

GPU_MICRO_BATCH = 512
"""Tokens: an accelerator needs many at a time to be busy, and has them read within milliseconds."""

MIN_CONTEXT = 256
"""Tokens: smaller windows hold no useful prompt."""

ESTIMATE_ERROR = 0.1
"""Share by which the estimate of memory may be off."""

SPARE_BYTES = 128 * 2**20
"""Main memory that stays free for others."""

GPU_SPARE_BYTES = 512 * 2**20
"""Of each accelerator's free memory: for its driver, and for the desktop."""

GPU_THREADS = 4
"""Threads beside an accelerator that computes everything: they only feed it."""

LOST_AT_MOST = "a cancelled prompt loses at most this many"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for; 0, -1 and "auto" leave it open."""

    n_ctx: int = 0
    """Tokens of the window."""
    kv_type: str = "auto"
    """"f16", "q8_0" or "auto"."""
    flash_attention: str = "auto"
    """"on", "off" or "auto"."""
    micro_batch: int = 0
    """Tokens."""
    threads: int = 0
    gpu_layers: int = -1


@dataclass(frozen=True, slots=True)
class Choice:
    """One value and why it was chosen, for the user to read."""

    name: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChosenPlan:
    """How to load a model."""

    plan: Plan
    reasons: dict[str, str]
    """Why, by the name of each value."""
    steps: tuple[Step, ...]
    """What gave way because the estimate did not fit."""
    fits: bool
    """Whether the plan fits the free memory, by estimate."""


def choose(shape: ModelShape, machine: Machine, wishes: Wishes) -> ChosenPlan:
    """Return how to load a model on this machine; where nothing fits, the plan that needs least."""
    plan, reasons = _wanted(shape, machine, wishes)
    steps: list[Step] = []
    while not fits(shape, plan, machine) and (step := next_step(plan, shape, may_quantize(wishes))):
        steps.append(step)
        plan = step.plan
    return ChosenPlan(plan, reasons, tuple(steps), fits(shape, plan, machine))


def may_quantize(wishes: Wishes) -> bool:
    """Return whether the KV cache may become q8_0 to save memory."""
    return wishes.kv_type == "auto" and wishes.flash_attention != "off"


def fits(shape: ModelShape, plan: Plan, machine: Machine) -> bool:
    """Return whether a plan fits the free memory by estimate and leaves some for other programs."""
    need = memory_need(shape, plan, machine.instruction_sets)
    if need.main * (1 + ESTIMATE_ERROR) + SPARE_BYTES > machine.free_bytes:
        return False
    return not plan.gpu_layers or need.gpu <= _gpu_room(machine)


def is_hopeless(need: MemoryNeed, machine: Machine) -> bool:
    """Return whether a load can only fail, or be ended by the system: what cannot be read again from the file is more
    than there is."""
    return need.main - need.weights > machine.free_bytes


def explain(shape: ModelShape, plan: Plan, chosen: ChosenPlan, machine: Machine) -> tuple[Choice, ...]:
    """Return each value of the `plan` that was loaded with its reason: `chosen`'s, or that memory was short."""
    wanted = chosen.steps[0].before if chosen.steps else chosen.plan
    short = f"lowered to fit: {free_words(machine)}"
    values = (
        ("window", f"{plan.n_ctx} tokens", plan.n_ctx == wanted.n_ctx),
        (
            "KV cache",
            f"{plan.kv_type}, {mib(cache_bytes(shape, plan.n_ctx, plan.kv_type))}",
            plan.kv_type == wanted.kv_type,
        ),
        ("flash attention", {True: "on", False: "off", None: "as llama.cpp decides"}[plan.flash_attention], True),
        ("micro-batch", f"{plan.micro_batch} tokens", True),
        ("threads", str(plan.threads), True),
        ("GPU layers", f"{plan.gpu_layers} of {shape.layers + 1}", plan.gpu_layers == wanted.gpu_layers),
    )
    reasons = dict(chosen.reasons)
    if plan.flash_attention is True and wanted.flash_attention is not True:
        reasons["flash attention"] = "a quantized KV cache needs it"
    return tuple(Choice(name, value, reasons[name] if kept else short) for name, value, kept in values)


def free_words(machine: Machine) -> str:
    """Return a description of the free memory and the limit that determines it, for the user to read."""
    return f"{mib(machine.free_bytes)} are free" + (f" under {machine.limited_by}" if machine.limited_by else "")


def mib(size: float) -> str:
    """Return a size in MiB, for the user to read."""
    return f"{size / 2**20:.0f} MiB"


def _wanted(shape: ModelShape, machine: Machine, wishes: Wishes) -> tuple[Plan, dict[str, str]]:
    """Return the plan where memory is no object, but for the accelerator's, and its reasons."""
    reasons: dict[str, str] = {}
    has_gpu = bool(_gpus(machine)) and wishes.gpu_layers != 0
    context, reasons["window"] = _context(shape, wishes, has_gpu)
    kv_type, reasons["KV cache"] = _kv_type(wishes)
    flash, reasons["flash attention"] = _flash_attention(wishes, kv_type, has_gpu)
    micro_batch, reasons["micro-batch"] = _micro_batch(wishes, context, has_gpu)
    plan = Plan(context, kv_type, flash, micro_batch, 1, 0)
    layers, reasons["GPU layers"] = _gpu_layers(shape, machine, wishes, plan)
    if has_gpu and layers == 0:
        # Nothing fits on it: everything else is chosen as without.
        plan, others = _wanted(shape, replace(machine, accelerators=()), wishes)
        return plan, {**others, "GPU layers": reasons["GPU layers"]}
    if layers <= shape.layers and not wishes.micro_batch:
        plan = replace(plan, micro_batch=min(CPU_MICRO_BATCH, context))
        reasons["micro-batch"] = LOST_AT_MOST
    threads, reasons["threads"] = _threads(machine, wishes, all_on_gpu=layers > shape.layers)
    return replace(plan, threads=threads, gpu_layers=layers), reasons


def _context(shape: ModelShape, wishes: Wishes, has_gpu: bool) -> tuple[int, str]:
    wanted, reason = wishes.n_ctx, "the setting context_window"
    if not wanted and has_gpu:
        wanted, reason = GPU_CONTEXT, "a GPU reads long prompts quickly"
    elif not wanted:
        wanted, reason = CPU_CONTEXT, "a CPU reads longer prompts too slowly"
    if shape.trained_context and wanted > shape.trained_context:
        wanted, reason = shape.trained_context, "the model was trained for no more"
    return max(MIN_CONTEXT, wanted), reason


def _kv_type(wishes: Wishes) -> tuple[KvType, str]:
    if wishes.kv_type == "q8_0":
        return "q8_0", "the setting kv_type"
    if wishes.kv_type == "f16":
        return "f16", "the setting kv_type"
    return "f16", "exact, and fastest on a CPU"


def _flash_attention(wishes: Wishes, kv_type: KvType, has_gpu: bool) -> tuple[bool | None, str]:
    if kv_type != "f16":
        return True, "a quantized KV cache needs it"
    if wishes.flash_attention in ("on", "off"):
        return wishes.flash_attention == "on", "the setting flash_attention"
    if has_gpu:
        return None, "it depends on the accelerator"
    return False, "slower than the plain kernels on a CPU"


def _micro_batch(wishes: Wishes, context: int, has_gpu: bool) -> tuple[int, str]:
    if wishes.micro_batch:
        return max(1, min(wishes.micro_batch, context)), "the setting micro_batch"
    if has_gpu:
        return min(GPU_MICRO_BATCH, context), "a GPU needs many tokens at a time to be busy"
    return min(CPU_MICRO_BATCH, context), LOST_AT_MOST


def _threads(machine: Machine, wishes: Wishes, all_on_gpu: bool) -> tuple[int, str]:
    usable = machine.usable_cores
    if wishes.threads > usable:
        return usable, "the setting threads, but no more than usable cores"
    if wishes.threads:
        return wishes.threads, "the setting threads"
    threads, reason = min(machine.physical_cores, usable), "one a physical core"
    if usable < machine.physical_cores:
        reason = "one a core that this process may use"
    if machine.quota_cores is not None and machine.quota_cores < threads:
        threads, reason = math.floor(machine.quota_cores), "the container grants no more"
    if all_on_gpu and threads > GPU_THREADS:
        threads, reason = GPU_THREADS, "the GPU computes, threads only feed it"
    return max(1, threads), reason


def _gpu_layers(shape: ModelShape, machine: Machine, wishes: Wishes, plan: Plan) -> tuple[int, str]:
    every = shape.layers + 1  # llama.cpp counts the output as one layer more.
    if not machine.accelerators:
        driver = ", though an NVIDIA driver is loaded" if machine.nvidia_driver else ""
        return 0, f"this llama.cpp finds no accelerator{driver}"
    if wishes.gpu_layers >= 0:
        return min(wishes.gpu_layers, every), "the setting gpu_layers"
    gpus = _gpus(machine)
    if not gpus:
        return 0, "an integrated GPU shares the CPU's memory and is seldom faster"
    where = f"in the {mib(_gpu_room(machine))} that {', '.join(gpu.name for gpu in gpus)} can spare"
    for layers in range(every, 0, -1):
        if memory_need(shape, replace(plan, gpu_layers=layers), machine.instruction_sets).gpu <= _gpu_room(machine):
            return layers, f"all fit {where}" if layers == every else f"as many as fit, with their KV cache, {where}"
    return 0, f"not one fits {where}"


def _gpus(machine: Machine) -> tuple[Accelerator, ...]:
    """Return the accelerators that are chosen by themselves: those with memory of their own."""
    return tuple(one for one in machine.accelerators if one.kind != "integrated")


def _gpu_room(machine: Machine) -> int:
    """Return the bytes that accelerators can spare, the integrated ones only where there is no other."""
    devices = _gpus(machine) or machine.accelerators
    return sum(max(0, one.free_bytes - GPU_SPARE_BYTES) for one in devices)
