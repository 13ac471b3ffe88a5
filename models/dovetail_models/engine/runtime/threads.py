"""How many threads to compute on beside the user's own work, and how they wait. Pure: loads are given, in cores.

llama.cpp's threads wait for each other after every operation, so one that has to share its core with a compiler holds
up all: fewer threads than free cores are faster than more. The user's work also needs its cores more than we do.
"""

import math
from collections.abc import Mapping

SAMPLE_S = 0.25
"""Seconds. A shorter measurement is too coarse: systems count processor time in steps of a hundredth of a second."""

STALE_S = 2.0
"""Seconds. A longer measurement describes the past, mostly a pause between two keystrokes."""

FADE = 0.5
"""The weight of one measured load in the running estimate: two measurements in a row decide."""

SLACK = 0.35
"""The share of a core that others may use while it still counts as free: editors and browsers are never quite idle."""

WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "4000"}
"""How OpenMP's threads wait for each other: GNU's check this often, some 50 microseconds, then sleep; others sleep
at once. Without a limit they spin away what a busy compiler leaves; asleep at once, they are woken hundreds of times a
token, which on a virtual machine makes two threads as slow as one."""


def waiting(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables to set before llama.cpp is loaded; a user's own setting is kept."""
    return {} if WAITING.keys() & environment.keys() else WAITING


class Threads:
    """Tracks the load of other processes on the cores and reports how many threads fit beside it."""

    def __init__(self, most: int, cores: int) -> None:
        """Use `most` threads on an idle machine with `cores` cores."""
        self._most = most
        self._cores = cores
        self._busy = 0.0

    @property
    def count(self) -> int:
        """Return the number of threads to compute on: as many as cores are free, at least one."""
        free = self._cores - math.ceil(max(0.0, self._busy - SLACK))
        return max(1, min(self._most, free))

    def note_load(self, busy_cores: float) -> None:
        """Learn that other processes took this many cores' worth of time."""
        busy = min(max(busy_cores, 0.0), float(self._cores))
        self._busy += FADE * (busy - self._busy)
