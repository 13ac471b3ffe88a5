"""Run the probes and combine their reports. This module handles the differences between systems. `nvidia_smi.py`,
`amd.py`, `vulkan.py` and `windows.py` parse the reports.

A probe that is missing, fails or hangs reports nothing: most machines lack most of these tools.
"""

import ctypes.util
import glob
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from dovetail_models.backend.drivers import amd, nvidia_smi, vulkan, windows
from dovetail_models.backend.drivers.machine import Gpu, NvidiaDriver, Platform, Version

PROBE_TIMEOUT_S = 30
"""nvidia-smi takes seconds where the driver must be loaded first; PowerShell starts in one to five."""

_WSL_FOLDER = "/usr/lib/wsl/lib"
"""Where Windows puts nvidia-smi inside WSL 2, outside of PATH."""

_KFD_NODES = "/sys/class/kfd/kfd/topology/nodes/*/properties"
_DISPLAYS = "/sys/class/drm/card?/device/vendor"
_ROCM_VERSIONS = ("/opt/rocm/.info/version", "/opt/rocm/.info/version-dev")


class Probes(Protocol):
    """The machine, as far as probes look at it."""

    system: str
    """As `platform.system()`."""

    architecture: str
    """As `platform.machine()`."""

    def run(self, command: Sequence[str]) -> str | None:
        """Return what a program prints, whatever its exit status; None if it is missing or hangs."""
        ...

    def read(self, path: str) -> str | None:
        """Return a file's text; None if it cannot be read."""
        ...

    def find(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted."""
        ...

    def has_library(self, name: str) -> bool:
        """Return whether the system's loader finds a library."""
        ...


class LocalProbes:
    """The machine that this process runs on."""

    def __init__(self) -> None:
        self.system = platform.system()
        self.architecture = platform.machine()

    def run(self, command: Sequence[str]) -> str | None:
        """Return what a program prints, standard error last; None if it is missing or hangs."""
        folders = os.pathsep.join((os.environ.get("PATH", ""), _WSL_FOLDER))
        program = shutil.which(command[0], path=folders)
        if program is None:
            return None
        try:
            ended = subprocess.run(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return (ended.stdout + b"\n" + ended.stderr).decode("utf-8", "replace")

    def read(self, path: str) -> str | None:
        """Return a file's text; None if it cannot be read."""
        try:
            return Path(path).read_text("utf-8", "replace")
        except OSError:
            return None

    def find(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted."""
        return sorted(glob.glob(pattern))  # noqa: PTH207 - the pattern is absolute

    def has_library(self, name: str) -> bool:
        """Return whether the system's loader finds a library."""
        return ctypes.util.find_library(name) is not None


def detect(probes: Probes) -> Platform:
    """Return what a machine has."""
    architecture = probes.architecture.lower()
    if probes.system == "Darwin":
        translated = (probes.run(("sysctl", "-n", "sysctl.proc_translated")) or "").split()[:1] == ["1"]
        on_arm = architecture == "arm64" or translated
        apple = (Gpu("apple", "Apple silicon", integrated=True),) if on_arm else ()
        return Platform("Darwin", architecture, apple, translated=translated)
    driver, nvidia = _nvidia(probes)
    others = _on_windows(probes) if probes.system == "Windows" else _on_linux(probes)
    gpus = (*nvidia, *(gpu for gpu in others if gpu.vendor != "nvidia" or not nvidia))
    return Platform(
        probes.system,
        architecture,
        gpus,
        driver,
        _rocm(probes),
        probes.has_library("vulkan-1" if probes.system == "Windows" else "vulkan"),
    )


def _nvidia(probes: Probes) -> tuple[NvidiaDriver | None, tuple[Gpu, ...]]:
    header = probes.run(("nvidia-smi",))
    kernel = nvidia_smi.driver_of_kernel_module(probes.read("/proc/driver/nvidia/version") or "")
    if header is None:
        return kernel, ()
    driver = nvidia_smi.driver_of(header)
    if driver.problem:
        return driver, ()
    for query in nvidia_smi.QUERIES:
        if gpus := nvidia_smi.gpus_of(probes.run(("nvidia-smi", *query)) or ""):
            return driver, gpus
    return driver, ()


def _on_windows(probes: Probes) -> tuple[Gpu, ...]:
    text = probes.run(("powershell", "-NoProfile", "-NonInteractive", "-Command", windows.QUERY))
    try:
        return windows.gpus_of(text or "")
    except (ValueError, AttributeError):  # PowerShell printed an error in place of JSON.
        return ()


def _on_linux(probes: Probes) -> tuple[Gpu, ...]:
    """Return the best report of each GPU: ROCm's or the kernel's for AMD, Vulkan's else, the list of displays at
    last."""
    found = list(amd.gpus_of_rocminfo(probes.run(("rocminfo",)) or ""))
    if not found:
        nodes = (amd.gpu_of_kfd_node(probes.read(path) or "") for path in probes.find(_KFD_NODES))
        found = [gpu for gpu in nodes if gpu is not None]
    known = {gpu.vendor for gpu in found}
    found += [gpu for gpu in vulkan.gpus_of(probes.run(("vulkaninfo", "--summary")) or "") if gpu.vendor not in known]
    known = {gpu.vendor for gpu in found}
    return (*found, *(gpu for gpu in _displays(probes) if gpu.vendor not in known))


def _displays(probes: Probes) -> list[Gpu]:
    """Return GPUs by their PCI vendor alone. Intel's integrated GPUs are on bus 0; AMD's have no fixed bus."""
    found = []
    for path in probes.find(_DISPLAYS):
        vendor = vulkan.VENDORS.get(int((probes.read(path) or "0").strip() or "0", 16), "")
        if vendor:
            slot = probes.read(path.removesuffix("vendor") + "uevent") or ""
            found.append(Gpu(vendor, f"{vendor.upper()} GPU", vendor == "intel" and "=0000:00:" in slot))
    return found


def _rocm(probes: Probes) -> Version | None:
    releases = (amd.rocm_release(probes.read(path) or "") for path in _ROCM_VERSIONS)
    return next((release for release in releases if release is not None), None)
