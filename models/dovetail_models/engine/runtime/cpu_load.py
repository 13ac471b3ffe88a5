"""What other processes make of this machine's cores, by the system's own count. The engine's thread asks."""

import os
import time

import psutil

from dovetail_models.engine.runtime.threads import SAMPLE_S, STALE_S


class CpuLoad:
    """Measures other processes' work: the time used on all processors minus the time of this process."""

    def __init__(self) -> None:
        self._at, self._busy, self._own = _now()

    def sample(self) -> float | None:
        """Return how many cores' worth of time other processes used since the last sample.

        Return None if that sample is too recent, or so old that measuring starts again.
        """
        if time.perf_counter() - self._at < SAMPLE_S:
            return None
        at, busy, own = _now()
        others = (busy - self._busy) - (own - self._own)
        elapsed = at - self._at
        self._at, self._busy, self._own = at, busy, own
        return max(0.0, others / elapsed) if elapsed < STALE_S else None


def _now() -> tuple[float, float, float]:
    """Return a clock, seconds of all processors that were not idle, and seconds of this process."""
    times = psutil.cpu_times()
    # Time that a virtual machine's host took counts as busy: it is not ours either.
    idle = times.idle + getattr(times, "iowait", 0.0)
    own = os.times()
    # What guests take is part of what their host processes take.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return time.perf_counter(), total - idle, own.user + own.system
