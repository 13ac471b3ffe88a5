"""Decide whether memory ran out, from the messages of llama.cpp and the system and from the free memory."""

import re

from dovetail_models.hardware.machine import free_bytes

FACTOR = 3
SPARE_BYTES = 2**30
"""If a model file's size times FACTOR plus SPARE_BYTES is free, an allocation does not fail for lack of memory."""

_REASONS = re.compile(
    r"bad_alloc|MemoryError|OutOfDeviceMemory|cudaMalloc failed|cannot allocate|failed to allocate|unable to allocate|"
    r"out of memory|failed to map segment",
    re.IGNORECASE,
)


def is_lack_of_memory(reason: str) -> bool:
    """Return whether a reason that a library or the system gives is that memory could not be had."""
    return _REASONS.search(reason) is not None


def is_short_for(file_bytes: int) -> bool:
    """Return whether a sound model file of this size might not fit. A damaged one can ask for more than any machine
    has."""
    return free_bytes() < FACTOR * file_bytes + SPARE_BYTES


def fits(file_bytes: int) -> bool:
    """Return whether there is memory for a model file of this size, its KV cache and the rest of the process."""
    return free_bytes() > file_bytes + file_bytes // 5 + SPARE_BYTES // 2
