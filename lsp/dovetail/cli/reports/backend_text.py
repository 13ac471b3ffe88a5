"""The human-readable output of `dovetail backend`."""

from __future__ import annotations

from dovetail_models.api import (
    LLAMA_CPP_PROJECT as PROJECT,
    RECIPES,
    Advice,
    Backend,
    BuildReport,
    Candidate,
    Failure,
    Platform as Machine,
    Trial,
    Wheel,
)

GIB = 1 << 30


def installed_lines(trial: Trial | None) -> list[str]:
    """Return the installed build: its version, what it was built for, and its devices."""
    if trial is None:
        return [f"installed: no {PROJECT}: run `dovetail backend auto`"]
    if isinstance(trial, Failure):
        return [f"installed: a {PROJECT} that does not work ({trial.reason}): run `dovetail backend auto`"]
    lines = [f"installed: {PROJECT} {trial.version}, built for {', '.join(trial.backends)}"]
    for device in trial.devices:
        memory = f", {device.memory_bytes / GIB:.1f} GiB" if device.memory_bytes else ""
        lines.append(f"  device {device.name}: {device.description.strip()} ({device.kind}{memory})")
    return lines


def machine_lines(machine: Machine) -> list[str]:
    """Return what the probes found."""
    lines = [f"machine: {machine.system} {machine.architecture}"]
    lines += [f"  GPU: {gpu.label}" for gpu in machine.gpus]
    if machine.nvidia is not None and machine.nvidia.version:
        cuda = machine.nvidia.cuda
        supports = f", supports CUDA {cuda[0]}.{cuda[1]}" if cuda else ""
        lines.append(f"  NVIDIA driver {machine.nvidia.version}{supports}")
    if machine.rocm is not None:
        lines.append(f"  ROCm {machine.rocm[0]}.{machine.rocm[1]}")
    if machine.vulkan:
        lines.append("  Vulkan loader")
    return lines


def advice_lines(advice: Advice) -> list[str]:
    """Return what this machine could use, best first, and what prevents it from using more."""
    best: dict[Backend, Candidate] = {}
    for candidate in advice.candidates:
        best.setdefault(candidate.backend, candidate)
    lines = ["could use, best first:"]
    lines += [f"  {name}: {each.tag} ({each.reason})" for name, each in best.items()]
    return [*lines, *(f"note: {note}" for note in advice.notes), "to install: dovetail backend auto"]


def plan_line(candidate: Candidate, wheel: Wheel, before: Trial | None) -> str:
    """Return what would be installed in place of what."""
    old = (
        f"{before.version} ({', '.join(before.backends)})" if isinstance(before, BuildReport) else "nothing that works"
    )
    new = f"{PROJECT} {wheel.version} ({candidate.tag}: {candidate.reason})"
    return f"install {new} in place of {old}, from {wheel.link.url}"


def compile_line(backend: Backend, versions: str, before: Trial | None) -> str:
    """Return what would be compiled in place of what."""
    old = (
        f"{before.version} ({', '.join(before.backends)})" if isinstance(before, BuildReport) else "nothing that works"
    )
    return (
        f"compile {PROJECT}{versions} for {backend} in place of {old}; this takes minutes and needs "
        f"{RECIPES[backend].needs}"
    )


def success_line(backend: str, before: Trial | None, after: BuildReport) -> str:
    """Return what is installed now and how fast it is."""
    devices = ", ".join(device.description.strip() for device in after.gpus) or "the CPU"
    line = f"{PROJECT} {after.version} for {backend} is installed and works on {devices}"
    if isinstance(before, BuildReport) and before.answer_s and after.answer_s:
        ratio = before.answer_s / after.answer_s
        speed = f"{ratio:.1f} times as fast as" if ratio >= 1 else f"{1 / ratio:.1f} times slower than"
        line += f"; {speed} the build before ({after.answer_s:.2f} s against {before.answer_s:.2f} s for one answer)"
    return line
