"""Whether the machine runs on its battery."""

from __future__ import annotations

import time
from functools import lru_cache

import psutil

_LOOK_AGAIN_S = 30


def on_battery() -> bool:
    """Return True only if the platform reports battery power; check it every half minute."""
    return _looked_up(int(time.monotonic() / _LOOK_AGAIN_S))


@lru_cache(maxsize=1)
def _looked_up(_half_minute: int) -> bool:
    look = getattr(psutil, "sensors_battery", None)
    battery = look() if look else None
    return battery is not None and battery.power_plugged is False
