"""Pure: from a machine to the wheel index tags that it can use, best first, and why not others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from dovetail_models.backend.drivers.machine import Gpu, Platform, Version

Backend = Literal["cpu", "cuda", "metal", "vulkan", "rocm"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

CUDA_TAGS: tuple[Version, ...] = ((11, 8), (12, 1), (12, 2), (12, 3), (12, 4), (12, 5), (13, 0), (13, 2))
"""CUDA versions with an index of their own (llama-cpp-python's README)."""

CUDA_TAGS_WINDOWS: tuple[Version, ...] = ((11, 8), (12, 4), (12, 5), (13, 0), (13, 2))
"""Those with wheels for Windows (llama-cpp-python's workflow for CUDA wheels)."""

CAPABILITIES: dict[int, tuple[Version, Version]] = {11: ((6, 0), (8, 9)), 12: ((6, 0), (99, 9)), 13: ((7, 5), (99, 9))}
"""The lowest and highest compute capability that a CUDA version's wheels hold code for."""

NEWEST_MACHINE_CODE: Version = (9, 0)
"""GPUs above run code that the driver compiles first, which it does for its own CUDA version or an older one only."""

ROCM_MAJOR = 7
"""The ROCm wheels need the libraries of this major release (libamdhip64.so.7)."""

_RDNA = frozenset({"gfx1030", "gfx1100", "gfx1101", "gfx1102", "gfx1150", "gfx1151", "gfx1200", "gfx1201"})
ROCM_TARGETS = _RDNA | {"gfx908", "gfx90a", "gfx942"}
HIP_TARGETS = _RDNA | {"gfx1031", "gfx1032"}
"""Instruction sets in the wheels for Linux and for Windows (llama-cpp-python's workflow for ROCm wheels)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index that may have a wheel for this machine."""

    backend: Backend
    tag: str
    """The index's last path segment, such as "cu124"."""

    reason: str
    """Why it fits, for people."""

    @property
    def cuda(self) -> Version | None:
        """Return the CUDA version of the tag; None for other backends."""
        digits = self.tag.removeprefix("cu")
        return (int(digits[:2]), int(digits[2:])) if self.backend == "cuda" else None


@dataclass(frozen=True, slots=True)
class Advice:
    """What a machine could use."""

    candidates: tuple[Candidate, ...]
    """Best first."""

    notes: tuple[str, ...]
    """What prevents a better one, and what to do about it."""


CPU = Candidate("cpu", "cpu", "runs on any processor with AVX2 or of 64-bit Arm")


def advise(machine: Platform, wanted: Backend | None = None) -> Advice:
    """Return what suits a machine best, with the CPU last; with `wanted`, that backend's tags alone.

    Integrated GPUs get Vulkan only where it is wanted.
    """
    if wanted == "cpu":
        return Advice((CPU,), ())
    found: list[Candidate] = []
    notes: list[str] = []
    for backend, look in (("metal", _metal), ("cuda", _cuda), ("rocm", _rocm), ("vulkan", _vulkan)):
        if wanted in (None, backend):
            candidates, problems = look(machine, wanted is not None)
            found += candidates
            notes += problems
    if wanted is None:
        found.append(CPU)
    return Advice(tuple(found), tuple(notes))


Found = tuple[list[Candidate], list[str]]


def _metal(machine: Platform, wanted: bool) -> Found:
    if machine.translated:
        return [], ["this Python is an Intel program under Rosetta: install an arm64 Python to use the GPU"]
    if machine.of("apple"):
        return [Candidate("metal", "metal", "Apple silicon")], []
    return [], ["Metal needs a Mac with Apple silicon: choose another backend"] if wanted else []


def _cuda(machine: Platform, wanted: bool) -> Found:
    gpus, driver = machine.of("nvidia"), machine.nvidia
    if driver is None:
        if gpus:
            return [], [f"{gpus[0].name} has no NVIDIA driver: install NVIDIA's driver, then run this again"]
        return [], ["no NVIDIA GPU was found: choose another backend"] if wanted else []
    if driver.problem:
        return [], [f"NVIDIA's driver does not answer ({driver.problem}): reinstall it or restart, then run this again"]
    if machine.architecture not in ("x86_64", "amd64"):
        return [], [f"there are no CUDA wheels for {machine.architecture}: compile with --compile"]
    if driver.cuda is None or driver.cuda < (11, 0):
        return [], [f"NVIDIA's driver {driver.version} is too old for CUDA 11: update it to 525 or newer"]
    found = list(_cuda_candidates(machine, driver.cuda, gpus))
    if not found:
        names = ", ".join(gpu.label for gpu in gpus) or "this GPU"
        limit = f"CUDA {driver.cuda[0]}.{driver.cuda[1]}"
        return [], [f"no CUDA wheel runs {names} with a driver for {limit}: update the driver, or use --compile"]
    return found, []


def _cuda_candidates(machine: Platform, driver: Version, gpus: tuple[Gpu, ...]) -> Iterator[Candidate]:
    """Return the tags that the driver supports, newest first; then newer ones of its major version; then older
    majors."""
    tags = CUDA_TAGS_WINDOWS if machine.system == "Windows" else CUDA_TAGS
    capabilities = [gpu.capability for gpu in gpus if gpu.capability is not None]
    usable = [tag for tag in tags if all(_has_code(tag, each) for each in capabilities)]
    names = f"NVIDIA driver for CUDA {driver[0]}.{driver[1]}"
    same_major = [tag for tag in usable if tag[0] == driver[0]]
    older = [tag for tag in usable if tag[0] < driver[0]]
    for tag in reversed([tag for tag in same_major if tag <= driver]):
        yield Candidate("cuda", _tag(tag), names)
    if capabilities and max(capabilities) <= NEWEST_MACHINE_CODE:
        for tag in [tag for tag in same_major if tag > driver]:
            yield Candidate("cuda", _tag(tag), f"{names}, compatible within CUDA {tag[0]}")
    for tag in reversed(older):
        yield Candidate("cuda", _tag(tag), names)


def _has_code(tag: Version, capability: Version) -> bool:
    lowest, highest = CAPABILITIES[tag[0]]
    return lowest <= capability <= highest


def _tag(version: Version) -> str:
    return f"cu{version[0]}{version[1]}"


def _rocm(machine: Platform, wanted: bool) -> Found:
    gpus = machine.of("amd")
    if not gpus:
        return [], ["no AMD GPU was found: choose another backend"] if wanted else []
    gpu = next((gpu for gpu in gpus if not gpu.integrated), gpus[0])
    if gpu.integrated and not wanted:
        return [], []
    if machine.system == "Windows":
        if gpu.target in HIP_TARGETS:
            return [Candidate("rocm", "hip-radeon", gpu.label)], []
        return [], [f"there is no HIP wheel for {gpu.label}: use vulkan"]
    if gpu.target not in ROCM_TARGETS:
        return [], [f"there is no ROCm wheel for {gpu.label}: use vulkan"]
    if machine.rocm is None or machine.rocm[0] != ROCM_MAJOR:
        installed = f"ROCm {machine.rocm[0]}.{machine.rocm[1]}" if machine.rocm else "no ROCm"
        return [], [f"the ROCm wheel needs ROCm {ROCM_MAJOR} and {installed} is installed: install it, or use vulkan"]
    return [Candidate("rocm", "rocm72", f"{gpu.label}, ROCm {machine.rocm[0]}.{machine.rocm[1]}")], []


def _vulkan(machine: Platform, wanted: bool) -> Found:
    if machine.system == "Darwin":
        return [], ["there is no Vulkan on macOS: use metal"] if wanted else []
    gpus = [gpu for gpu in machine.gpus if wanted or not gpu.integrated]
    if not gpus:
        if wanted:
            return [], ["no GPU was found: install its driver, or use cpu"]
        return [], [
            f"{gpu.label} shares the processor's memory, so it is seldom faster: `dovetail backend vulkan` tries "
            "it and keeps it only if it is"
            for gpu in machine.gpus
            if machine.vulkan and gpu.integrated and gpu.vendor in ("intel", "amd")
        ]
    if not machine.vulkan:
        what = "libvulkan1 and the GPU's Vulkan driver" if machine.system == "Linux" else "the GPU's current driver"
        note = f"the Vulkan loader is missing: install {what} to use {gpus[0].label}"
        return [], [note] if wanted or gpus[0].vendor != "nvidia" else []
    gpu = next((gpu for gpu in gpus if not gpu.integrated), gpus[0])
    return [Candidate("vulkan", "vulkan", f"{gpu.label}, Vulkan")], []
