"""What `dovetail doctor` reports of a loaded model: how it was loaded and why, memory, speed, rights. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dovetail.cli.reports.check import Check
from dovetail_models.api import (
    CompletionReply,
    EngineStatus,
    Machine,
    ModelRow,
    SpeedEstimate,
    free_words,
    mib,
    recommend,
    shortage,
)

# Below this much free memory beside the model, the system begins to swap and every completion stalls.
SPARE_BYTES = 512 << 20
# Slower decoding than this shows a line only after more than a second.
SLOW_DECODE_TOKENS_S = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast this machine is with all of its usable cores."""

    bytes_s: float
    """Bytes of memory that are read in a second."""
    multiplications_s: float
    is_busy: bool = False
    """Whether other programs wanted all cores when this was measured."""


def machine_check(machine: Machine, pace: Pace) -> Check:
    """Return what the machine has."""
    quota = f", a quota of {machine.quota_cores:g}" if machine.quota_cores is not None else ""
    found = (
        f"{machine.processor}, {machine.physical_cores} cores ({machine.usable_cores} usable{quota}), "
        f"{' '.join(machine.instruction_sets) or 'instruction sets unknown'}; "
        f"{free_words(machine)}, {mib(machine.total_bytes)} in all; reads {pace.bytes_s / 1e9:.1f} GB/s, "
        f"{pace.multiplications_s / 1e9:.0f} G multiplications/s"
    )
    if pace.is_busy:
        found += " (too low: other programs keep all cores busy)"
    return Check("machine", "ok", found)


def build_check(status: EngineStatus, unused: str) -> Check:
    """Return how llama.cpp was built, and whether that leaves a GPU unused: `unused` names the GPU, "" for none."""
    devices = ", ".join(status.devices)
    listed = ", ".join(f"{one.name} ({one.description})" for one in status.accelerators)
    use = f"offload to {devices}" if devices else f"CPU only, though there is {listed}" if listed else "CPU only"
    found = f"{status.build.strip()}; {use}; {status.threads} threads"
    if not status.accelerators and unused:
        return Check("llama.cpp", "warn", found, f"there is a GPU ({unused}): run `dovetail backend auto`")
    return Check("llama.cpp", "ok", found)


def choice_checks(status: EngineStatus) -> Iterator[Check]:
    """Yield how the model was loaded, each value with its reason, and each thing that gave way."""
    for choice in status.choices:
        yield Check(choice.name, "ok", f"{choice.value}: {choice.reason}")
    for step in status.steps:
        yield Check("stepped down", "warn", step, "close other programs, or choose a smaller model or window")


def memory_check(status: EngineStatus, resident_bytes: int, machine: Machine) -> Check:
    """Return the memory that the host uses, next to the expected amount; `machine` as it is with the model loaded."""
    found = (
        f"the model's process takes {mib(resident_bytes)}, {mib(status.predicted_bytes)} were expected; "
        f"{free_words(machine)}, {mib(machine.total_bytes)} in all"
    )
    if machine.free_bytes < SPARE_BYTES:
        return Check("memory", "warn", found, "choose a smaller model or quantization, or lower context_window")
    return Check("memory", "ok", found)


def states_check(status: EngineStatus) -> Check:
    """Return the size of the states of other places that are kept in addition to the KV cache."""
    return Check("KV states", "ok", f"{status.offloaded_states} in main memory ({mib(status.offloaded_bytes)})")


def sandbox_check(status: EngineStatus) -> Check:
    """Return which rights the host has given up. The user is not at fault for what a platform does not offer."""
    return Check("sandbox", "ok", "; ".join((*status.sandboxed, *status.unsandboxed)) or "none")


def speed_check(status: EngineStatus, reply: CompletionReply, expected: SpeedEstimate | None) -> Check:
    """Return the speed of one completion, next to the speed expected on a CPU."""
    read = reply.prompt_tokens - reply.reused_tokens
    read_speed = read / max(reply.prefill_ms, 1e-3) * 1000
    write_speed = reply.generated_tokens / max(reply.decode_ms, 1e-3) * 1000
    found = (
        f"{status.model} loaded in {status.load_ms:.0f} ms, "
        f"reads {_rate(read_speed)} and writes {_rate(write_speed)} tokens a second"
    )
    if expected is not None:
        found += f" (expected {_rate(expected.prefill_tokens_s)} and {_rate(1000 / max(expected.decode_ms, 1e-3))})"
    if reply.generated_tokens and write_speed < SLOW_DECODE_TOKENS_S:
        return Check("speed", "warn", found, "choose a smaller model or a Q4_K_M quantization, or offload to a GPU")
    return Check("speed", "ok", found)


def recommendation_check(rows: tuple[ModelRow, ...], machine: Machine, pace: Pace) -> Check:
    """Return the model that suits this machine; `machine` as it is without a model loaded."""
    found = recommend(rows, machine, pace.bytes_s, pace.multiplications_s)
    if found is None:
        return Check("recommended model", "ok", f"the starter: {shortage(rows, machine)}")
    file = f"{found.row.name} ({found.quantization}, {mib(found.bytes)}): `dovetail models pull {found.row.name}`"
    if pace.is_busy:  # no fault of the installation's, and it passes
        hint = "measured while other programs kept all cores busy, so run doctor again when they are done"
        return Check("recommended model", "ok", f"{file}; {hint}")
    return Check("recommended model", "ok", f"{file}; {found.reason}")


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def prompt_format_check(status: EngineStatus) -> Check:
    """Return which format the model's prompts have, and whether it is doubtful that the model fills holes."""
    order = "the suffix follows the prefix" if status.frozen_anchor else "the suffix comes first"
    if status.advice:
        doubt, _, fix = status.advice.partition(": ")
        return Check("prompt format", "warn", f"{status.format}; {doubt}", fix)
    return Check("prompt format", "ok", f"{status.format}; {order}")
