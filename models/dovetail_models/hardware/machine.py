"""What this machine has: cores, memory and the limits on both. The platform-dependent part of this folder.

Accelerators are listed by llama.cpp, in the host's process (`engine/runtime/devices.py`).
"""

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import psutil

AcceleratorKind = Literal["gpu", "integrated", "accelerator"]

CGROUP_ROOT = Path("/sys/fs/cgroup")

KNOWN_INSTRUCTIONS = (
    ("avx512_bf16", "AVX512_BF16"),
    ("avx512_vnni", "AVX512_VNNI"),
    ("avx512f", "AVX512"),
    ("amx_int8", "AMX_INT8"),
    ("avx_vnni", "AVX_VNNI"),
    ("avx2", "AVX2"),
    ("fma", "FMA"),
    ("f16c", "F16C"),
    ("avx", "AVX"),
    ("i8mm", "MATMUL_INT8"),
    ("asimddp", "DOTPROD"),
    ("sve", "SVE"),
    ("asimd", "NEON"),
)
"""Flags of Linux's /proc/cpuinfo, with the names that llama.cpp gives the same instruction sets."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A device that llama.cpp can put layers on."""

    name: str
    """llama.cpp's, such as "CUDA0"."""
    description: str
    kind: AcceleratorKind
    """An "integrated" GPU shares main memory."""
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process on this machine can use."""

    system: str
    """Python's name of the platform: "Linux", "Darwin", "Windows"."""
    processor: str
    physical_cores: int
    usable_cores: int
    """Logical cores that this process may run on."""
    quota_cores: float | None
    """Cores' worth of time that a container grants, None where it grants all."""
    instruction_sets: tuple[str, ...]
    """By llama.cpp's names; empty where the system does not list them."""
    total_bytes: int
    """Main memory."""
    free_bytes: int
    """What this process can still have of it, all limits counted."""
    limited_by: str = ""
    """Which limit `free_bytes` follows from, "" where it is the machine's own memory."""
    accelerators: tuple[Accelerator, ...] = ()
    nvidia_driver: bool = False
    """Whether an NVIDIA driver is loaded, whatever llama.cpp was built for."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """A limit of this process: bytes that are left, and what sets it."""

    name: str
    left_bytes: int


def detect(accelerators: tuple[Accelerator, ...] = ()) -> Machine:
    """Return what there is now. `accelerators` are llama.cpp's, where it is loaded."""
    memory = psutil.virtual_memory()
    limits = (MemoryLimit("", int(memory.available)), *memory_limits())
    tightest = min(limits, key=lambda limit: limit.left_bytes)
    return Machine(
        system=platform.system(),
        processor=platform.machine(),
        physical_cores=psutil.cpu_count(logical=False) or usable_cores(),
        usable_cores=usable_cores(),
        quota_cores=quota_cores(),
        instruction_sets=instruction_sets(),
        total_bytes=int(memory.total),
        free_bytes=max(0, tightest.left_bytes),
        limited_by=tightest.name,
        accelerators=accelerators,
        nvidia_driver=has_nvidia_driver(),
    )


def usable_cores() -> int:
    """Return the logical cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def free_bytes() -> int:
    """Return what this process can still have of main memory, all limits counted."""
    limits = (int(psutil.virtual_memory().available), *(limit.left_bytes for limit in memory_limits()))
    return max(0, min(limits))


def memory_limits() -> tuple[MemoryLimit, ...]:
    """Return the limits of this process beside the machine's memory: its container's and its own."""
    return (*_cgroup_memory(), *_address_space())


def quota_cores(root: Path = CGROUP_ROOT, process: Path = Path("/proc/self/cgroup")) -> float | None:
    """Return the cores' worth of time that the container grants, None where there is no such limit."""
    quotas = []
    for folder in _cgroup_folders(root, process, "cpu"):
        if found := _words(folder / "cpu.max"):
            quota, period = found[0], found[-1]
        else:
            quota = next(iter(_words(folder / "cpu.cfs_quota_us")), "max")
            period = next(iter(_words(folder / "cpu.cfs_period_us")), "0")
        if quota.isdecimal() and period.isdecimal() and int(period):
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def instruction_sets(text: str | None = None) -> tuple[str, ...]:
    """Return the instruction sets that speed llama.cpp up, by `text` in the form of /proc/cpuinfo."""
    if text is None:
        try:
            text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        except OSError:
            return ("NEON",) if sys.platform == "darwin" and platform.machine() == "arm64" else ()
    found = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    return tuple(name for flag, name in KNOWN_INSTRUCTIONS if flag in flags)


def has_nvidia_driver() -> bool:
    """Return whether an NVIDIA driver is loaded."""
    if sys.platform == "win32":
        folder = os.environ.get("SYSTEMROOT", r"C:\Windows")
        return (Path(folder) / "System32" / "nvcuda.dll").exists()
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()


def _cgroup_memory(root: Path = CGROUP_ROOT, process: Path = Path("/proc/self/cgroup")) -> Iterator[MemoryLimit]:
    for folder in _cgroup_folders(root, process, "memory"):
        for limit_file, used_file in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit = next(iter(_words(folder / limit_file)), "")
            used = next(iter(_words(folder / used_file)), "")
            # Version 1 writes the largest multiple of a page where there is no limit.
            if limit.isdecimal() and used.isdecimal() and int(limit) < 2**60:
                reclaimable = _file_cache_bytes(folder / "memory.stat")
                yield MemoryLimit("the container's memory limit", int(limit) - int(used) + reclaimable)


def _file_cache_bytes(stat: Path) -> int:
    """Return the bytes of file pages in a container's use that the system gives up when memory is short."""
    words = _words(stat)
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    found = pairs.get("inactive_file", "0")
    return int(found) if found.isdecimal() else 0


def _cgroup_folders(root: Path, process: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control groups, from its own up to the root: a limit may be set in each."""
    if sys.platform != "linux" and root == CGROUP_ROOT:
        return
    try:
        lines = process.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        base = root / controller if controllers else root
        relative = PurePosixPath(path.lstrip("/"))
        # Inside a container the path is the one that the machine outside sees; there the root is the group itself.
        for part in (relative, *relative.parents):
            if ".." not in part.parts and (base / part).is_dir():
                yield base / part


def _address_space() -> Iterator[MemoryLimit]:
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield MemoryLimit("the limit on address space (ulimit -v)", limit - int(psutil.Process().memory_info().vms))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").split()
    except (OSError, ValueError):
        return []
