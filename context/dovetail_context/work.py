"""What one piece of work may cost: it can be cancelled, its steps are counted, and it lets shorter work go first.

Threads share one interpreter, and a thread cannot be stopped from outside. So whoever starts long work opens it here,
and the loops inside call `checkpoint`. Without open work a checkpoint does nothing.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

# Steps between two looks at the clock and the caller: some 0.2 ms.
STEPS_BETWEEN_LOOKS = 128
# Work that has taken this long rests while shorter work is open, or while any is if it runs in the background.
LONG_S = 0.05
# It then works for one part and rests for four: who has just begun keeps most of the interpreter.
WORK_S, REST_S = 0.005, 0.02
UNLIMITED = 1 << 62

Item = TypeVar("Item")


class Stopped(Exception):
    """The work was not finished."""


class Cancelled(Stopped):
    """Nobody waits for the answer any more."""


class Exhausted(Stopped):
    """The work took all the steps that it was given; what has been found so far is valid."""


class Work:
    """Open work. Belongs to the thread that opened it."""

    def __init__(self, cancelled: Callable[[], bool], background: bool) -> None:
        self.steps_left = UNLIMITED
        self.exhausted = False  # whether steps ran out at any time
        self.background = background
        self.started = self._rested = time.perf_counter()
        self._cancelled = cancelled
        self._until_look = STEPS_BETWEEN_LOOKS

    def step(self, steps: int) -> None:
        """Count steps. Raises Cancelled or Exhausted."""
        self.steps_left -= steps
        if self.steps_left < 0:
            self.exhausted = True
            raise Exhausted
        self._until_look -= steps
        if self._until_look < 0:
            self._until_look = STEPS_BETWEEN_LOOKS
            self.look()

    def look(self) -> None:
        """Ask whether anybody still waits, and rest if something shorter is open. Raises Cancelled."""
        if self._cancelled():
            raise Cancelled
        if len(_open) > 1:
            now = time.perf_counter()
            if now - self._rested > WORK_S and self._gives_way(now):
                time.sleep(REST_S)
                self._rested = time.perf_counter()

    def _gives_way(self, now: float) -> bool:
        if self.background:
            return any(not other.background for other in tuple(_open))
        if now - self.started < LONG_S:
            return False
        return any(other.started > self.started and not other.background for other in tuple(_open))


_current: ContextVar[Work | None] = ContextVar("work", default=None)
_open: set[Work] = set()
_opening = threading.Lock()


def checkpoint(steps: int = 1) -> None:
    """Count steps of the open work, if there is any. Raises Cancelled or Exhausted."""
    work = _current.get()
    if work is not None:
        work.step(steps)


def look() -> None:
    """Ask at once whether the open work, if there is any, has been cancelled. Raises Cancelled."""
    work = _current.get()
    if work is not None:
        work.look()


def counted(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each a step. Raises Cancelled or Exhausted."""
    work = _current.get()
    if work is None:
        yield from items
        return
    for item in items:
        work.step(1)
        yield item


@contextmanager
def open_work(cancelled: Callable[[], bool] = lambda: False, background: bool = False) -> Iterator[Work]:
    """Open work for the block. Inside other work it is part of that."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    work = Work(cancelled, background)
    token = _current.set(work)
    with _opening:
        _open.add(work)
    try:
        yield work
    finally:
        with _opening:
            _open.discard(work)
        _current.reset(token)


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """Give the block that many steps of the open work. Raises Exhausted inside the block when they are taken."""
    work = _current.get()
    if work is None:
        yield
        return
    before, work.steps_left = work.steps_left, min(steps, work.steps_left)
    try:
        yield
    finally:
        work.steps_left = before
