"""What depends on the platform: whether the machine runs on its battery, and how a process yields to all others."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import lru_cache

import psutil

_LOOK_AGAIN_S = 30


def on_battery() -> bool:
    """Return True only if the platform reports battery power; check it every half minute."""
    return _looked_up(int(time.monotonic() / _LOOK_AGAIN_S))


def yield_to_others(pid: int) -> None:
    """Let a process compute only where no other one wants to. A process that has ended is left alone."""
    with suppress(psutil.Error):
        psutil.Process(pid).nice(psutil.IDLE_PRIORITY_CLASS if sys.platform == "win32" else 19)


@lru_cache(maxsize=1)
def _looked_up(_half_minute: int) -> bool:
    look = getattr(psutil, "sensors_battery", None)
    battery = look() if look else None
    return battery is not None and battery.power_plugged is False
