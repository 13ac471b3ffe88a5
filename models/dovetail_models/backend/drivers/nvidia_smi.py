"""Pure: what nvidia-smi and the NVIDIA kernel module report."""

import re

from dovetail_models.backend.drivers.machine import Gpu, NvidiaDriver, Version

QUERIES = (
    ("--query-gpu=name,compute_cap", "--format=csv,noheader"),
    ("--query-gpu=name", "--format=csv,noheader"),
)
"""Arguments that list the GPUs: drivers before 470 know no `compute_cap` and fail on it."""

_DRIVER = re.compile(r"(?:Driver|KMD) Version\s*:\s*([\d.]+)")
_CUDA = re.compile(r"CUDA (?:UMD )?Version\s*:\s*(\d+)\.(\d+)")
"""Since driver 610 the header has "KMD Version" and "CUDA UMD Version"."""

_KERNEL_MODULE = re.compile(r"Kernel Module(?: for \S+)?\s+(\d+\.[\d.]+)")

_CUDA_OF_DRIVER: tuple[tuple[int, Version], ...] = (
    (595, (13, 2)),
    (590, (13, 1)),
    (580, (13, 0)),
    (575, (12, 9)),
    (570, (12, 8)),
    (560, (12, 6)),
    (555, (12, 5)),
    (550, (12, 4)),
    (545, (12, 3)),
    (535, (12, 2)),
    (530, (12, 1)),
    (525, (12, 0)),
    (520, (11, 8)),
    (450, (11, 0)),
)
"""The CUDA version of a driver branch (CUDA Toolkit release notes, table 3), for where nvidia-smi is missing."""


def driver_of(header: str) -> NvidiaDriver:
    """Return the driver in the output of nvidia-smi without arguments; any other output becomes the problem."""
    cuda = _CUDA.search(header)
    driver = _DRIVER.search(header)
    if driver is None:
        message = next((line.strip() for line in header.splitlines() if line.strip()), "nvidia-smi prints nothing")
        return NvidiaDriver("", None, message)
    return NvidiaDriver(driver[1], (int(cuda[1]), int(cuda[2])) if cuda else cuda_of(driver[1]))


def driver_of_kernel_module(text: str) -> NvidiaDriver | None:
    """Return the driver in /proc/driver/nvidia/version, None where the text has none."""
    found = _KERNEL_MODULE.search(text)
    return NvidiaDriver(found[1], cuda_of(found[1])) if found else None


def cuda_of(driver: str) -> Version | None:
    """Return the CUDA version that a driver version supports, None for drivers older than any wheel needs."""
    branch = int(driver.partition(".")[0] or 0)
    return next((cuda for first, cuda in _CUDA_OF_DRIVER if branch >= first), None)


def gpus_of(csv: str) -> tuple[Gpu, ...]:
    """Return the GPUs in the output of one of QUERIES; none where nvidia-smi printed an error."""
    found = []
    for line in csv.splitlines():
        name, _, capability = (part.strip() for part in line.partition(","))
        if not name or name.lower().startswith(("field ", "no devices", "failed", "nvidia-smi has failed")):
            continue
        major, _, minor = capability.partition(".")
        known = (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None
        found.append(Gpu("nvidia", name, capability=known))
    return tuple(found)
