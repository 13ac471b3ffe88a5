"""The number of threads that leave room for the user's own work."""

from __future__ import annotations

import pytest

from dovetail_models.engine.runtime.threads import WAITING, Threads, waiting


def settled(most: int, cores: int, load: float) -> int:
    threads = Threads(most, cores)
    for _ in range(8):
        threads.note_load(load)
    return threads.count


@pytest.mark.parametrize(
    ("most", "cores", "load", "count"),
    [
        (2, 2, 0.0, 2),
        (2, 2, 0.2, 2),  # an editor, a browser
        (2, 2, 0.67, 1),  # one busy process beside two threads, then beside one
        (2, 2, 1.0, 1),
        (2, 2, 1.33, 1),  # two of them
        (2, 2, 2.0, 1),
        (4, 8, 2.0, 4),  # logical cores are left
        (8, 8, 3.0, 5),
        (8, 8, 99.0, 1),
        (1, 1, 1.0, 1),
    ],
)
def test_as_many_as_cores_are_free(most: int, cores: int, load: float, count: int) -> None:
    assert settled(most, cores, load) == count


def test_one_short_burst_does_not_move_it_and_calm_brings_all_threads_back() -> None:
    threads = Threads(2, 2)
    threads.note_load(0.6)
    assert threads.count == 2
    for _ in range(3):
        threads.note_load(2.0)
    assert threads.count == 1
    for _ in range(4):
        threads.note_load(0.05)
    assert threads.count == 2


def test_nonsense_of_a_clock_is_bounded() -> None:
    threads = Threads(2, 2)
    threads.note_load(-50.0)
    assert threads.count == 2
    threads.note_load(1e9)
    for _ in range(6):
        threads.note_load(0.0)
    assert threads.count == 2


def test_how_threads_wait_is_set_unless_the_user_has_set_it() -> None:
    assert waiting({"PATH": "/bin"}) == WAITING
    assert waiting({"OMP_WAIT_POLICY": "active"}) == waiting({"GOMP_SPINCOUNT": "5"}) == {}
