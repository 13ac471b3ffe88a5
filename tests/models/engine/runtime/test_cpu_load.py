"""Others' work on the cores, from the system's clocks."""

from __future__ import annotations

import pytest

from dovetail_models.engine.runtime import cpu_load
from dovetail_models.engine.runtime.cpu_load import CpuLoad
from dovetail_models.engine.runtime.threads import SAMPLE_S, STALE_S

Clocks = tuple[float, float, float]


def samples(monkeypatch: pytest.MonkeyPatch, *clocks: Clocks) -> list[float | None]:
    """Return the load at each reading after the first, from (time, busy seconds of all processors, our own seconds)."""
    readings = iter(clocks)
    now: list[Clocks] = []

    def read() -> Clocks:
        now.append(next(readings))
        return now[-1]

    monkeypatch.setattr(cpu_load, "_now", read)
    measured = CpuLoad()
    found = []
    for clock in clocks[1:]:
        monkeypatch.setattr(cpu_load.time, "perf_counter", lambda clock=clock: clock[0])
        found.append(measured.sample())
    return found


def test_what_is_not_ours_is_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert samples(monkeypatch, (0.0, 10.0, 5.0), (1.0, 12.0, 5.5)) == [1.5]
    assert samples(monkeypatch, (0.0, 10.0, 5.0), (1.0, 11.0, 6.1)) == [0.0], "clocks that disagree a little"


def test_too_short_and_too_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    assert samples(monkeypatch, (0.0, 0.0, 0.0), (SAMPLE_S / 2, 9.0, 0.0)) == [None]
    long = STALE_S * 5
    assert samples(monkeypatch, (0.0, 0.0, 0.0), (long, 9.0, 0.0), (long + 1, 11.0, 0.5)) == [None, 1.5]


def test_the_real_clocks_run() -> None:
    first, second = cpu_load._now(), cpu_load._now()
    assert all(after >= before >= 0 for before, after in zip(first, second, strict=True))
