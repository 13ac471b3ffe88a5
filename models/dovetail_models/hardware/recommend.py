"""Which of several models, and in which quantization, suits this machine best. Pure.

The largest model whose answers come in time; larger ones of a family complete better. Rows are values, from a catalogue
or from what is installed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dovetail_models.hardware.choose import CPU_CONTEXT, ESTIMATE_ERROR, GPU_SPARE_BYTES, SPARE_BYTES, free_words, mib
from dovetail_models.hardware.estimate import (
    BYTES_PER_ELEMENT,
    PREFILL_SHARE,
    PROCESS_BYTES,
    SpeedEstimate,
    decode_ms,
    repacked_types,
)
from dovetail_models.hardware.machine import Machine

BITS_PER_WEIGHT = {"Q8_0": 8.5, "Q6_K": 6.6, "Q5_K_M": 5.7, "Q4_K_M": 4.85}
"""Bits that each weight takes in a file, the best quantization first (llama.cpp's quantize tool)."""

REPACKED_SHARE = {"Q4_K_M": ("q4_K", 0.75), "Q8_0": ("q8_0", 1.0), "Q5_K_M": ("q5_K", 0.8), "Q6_K": ("q6_K", 1.0)}
"""Type of most weights of a quantization, and about what share of the bytes is of it."""

MAX_DECODE_MS = 80.0
"""Milliseconds a token: a line of twelve tokens then takes about a second."""

MIN_PREFILL_TOKENS_S = 60.0
"""Tokens a second: a file that is opened is then read, with its context, in some twenty seconds."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model that could be used."""

    name: str
    parameters: int
    kv_elements: int
    """Elements that one token takes in the KV cache, keys and values of all layers together."""
    sizes: tuple[tuple[str, int], ...] = ()
    """Quantizations that there are, with their bytes; empty where each can be had."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A model for this machine, and why."""

    row: ModelRow
    quantization: str
    bytes: int
    """Of the file."""
    speed: SpeedEstimate | None
    """What to expect on the CPU; None where an accelerator computes, whose speed is not known before it is measured."""
    reason: str


def recommend(
    rows: Sequence[ModelRow], machine: Machine, bandwidth_bytes_s: float, multiplications_s: float
) -> Recommendation | None:
    """Return the best model for this machine, None if memory holds none of them."""
    fallback = None
    for row in sorted(rows, key=_size_of, reverse=True):
        for quantization, size in _sizes(row):
            gpu = _gpu_with_room(row, size, machine)
            if gpu:
                return Recommendation(row, quantization, size, None, f"all of it fits on {gpu}")
            if _main_bytes(row, quantization, size, machine) > machine.free_bytes:
                continue
            speed = _speed(row, size, bandwidth_bytes_s, multiplications_s)
            if speed.decode_ms <= MAX_DECODE_MS and speed.prefill_tokens_s >= MIN_PREFILL_TOKENS_S:
                return Recommendation(
                    row, quantization, size, speed, f"the largest that is fast enough: {_words(speed)}"
                )
            fallback = Recommendation(
                row, quantization, size, speed, f"the smallest that fits, though slow: {_words(speed)}"
            )
    return fallback


def shortage(rows: Sequence[ModelRow], machine: Machine) -> str:
    """Return why memory holds none of the models, for the user to read."""
    least = min(_main_bytes(row, name, size, machine) for row in rows for name, size in _sizes(row))
    return f"the smallest takes {mib(least)} and {free_words(machine)}"


def _size_of(row: ModelRow) -> tuple[int, int]:
    return row.parameters, max((size for _, size in row.sizes), default=0)


def _sizes(row: ModelRow) -> tuple[tuple[str, int], ...]:
    """Return quantizations with the bytes of their files, the best first."""
    computed = tuple((name, int(row.parameters * bits / 8)) for name, bits in BITS_PER_WEIGHT.items())
    return tuple(sorted(row.sizes or computed, key=lambda size: size[1], reverse=True))


def _main_bytes(row: ModelRow, quantization: str, size: int, machine: Machine) -> int:
    """Return the main memory that must be free for a model on the CPU, with the usual window."""
    kind, share = REPACKED_SHARE.get(quantization, ("", 0.0))
    repacked = size * share if kind in repacked_types(machine.instruction_sets) else 0
    cache = CPU_CONTEXT * row.kv_elements * BYTES_PER_ELEMENT["f16"]
    return int((size + repacked + cache + PROCESS_BYTES) * (1 + ESTIMATE_ERROR) + SPARE_BYTES)


def _gpu_with_room(row: ModelRow, size: int, machine: Machine) -> str:
    """Return the name of an accelerator that holds all of a model, "" if none does."""
    need = size + CPU_CONTEXT * row.kv_elements * BYTES_PER_ELEMENT["f16"] + GPU_SPARE_BYTES
    for one in machine.accelerators:
        if one.kind != "integrated" and one.free_bytes >= need:
            return one.name
    return ""


def _speed(row: ModelRow, size: int, bandwidth_bytes_s: float, multiplications_s: float) -> SpeedEstimate:
    return SpeedEstimate(multiplications_s * PREFILL_SHARE / row.parameters, decode_ms(size, bandwidth_bytes_s))


def _words(speed: SpeedEstimate) -> str:
    return f"about {speed.decode_ms:.0f} ms a token, {speed.prefill_tokens_s:.0f} prompt tokens a second"
