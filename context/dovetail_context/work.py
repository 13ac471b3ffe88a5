"""What one piece of work may cost: it can be cancelled, its steps are counted, and it lets shorter work go first.

Threads share one interpreter, and a thread cannot be stopped from outside. So the code that starts long work opens it
here, and the loops inside call `checkpoint`. Without open work a checkpoint does nothing.

Work rests while somebody waits for an answer that is due sooner, or for a message to be taken in. All that rests
passes through one lock, so that ten long pieces of work together take no more of the interpreter than one.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

# Steps between two looks at the clock and the caller: some 0.2 ms.
STEPS_BETWEEN_LOOKS = 128
# An answer is late when one step for it has taken so much of a processor. A keystroke in a file of 2,000 lines takes
# half of it.
LONG_S = 0.05
# A document with one such step is taken to need more of them.
LONG_STEP_S = 0.15
# A text of more characters is taken to need long steps until one has been measured.
LONG_TEXT = 150_000
# Long work works for one part and rests for four: who waits keeps most of the interpreter.
WORK_S, REST_S = 0.005, 0.02
# Items of a collection that are counted before the first is looked at.
COUNTED_AT_ONCE = 128
# Between two looks whether somebody still waits.
NAP_S = 0.005
UNLIMITED = 1 << 62

Item = TypeVar("Item")


class Stopped(Exception):
    """The work was not finished."""


class Cancelled(Stopped):
    """Nobody waits for the answer any more."""


class Exhausted(Stopped):
    """The work took all the steps that it was given; what has been found so far is valid."""


@dataclass(slots=True, eq=False)
class Effort:
    """The effort of work for one document.

    `is_long`: its steps are long, as far as is known. `is_late`: the answer that is awaited has already taken long, so
    other work no longer rests for it. `is_elsewhere`: another process is working on it. Meanwhile short background work
    continues, and long work leaves the processor to that process.
    """

    is_long: bool = False
    is_late: bool = False
    is_elsewhere: bool = False


class Work:
    """Open work. Belongs to the thread that opened it."""

    def __init__(self, cancelled: Callable[[], bool], effort: Effort, background: bool) -> None:
        self.steps_left = UNLIMITED
        self.exhausted = False  # whether steps ran out at any time
        self._effort = effort
        self._background = background
        self._started = self._rested = time.thread_time()
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
        """Ask whether anybody still waits, and rest if somebody waits for something else. Raises Cancelled."""
        if self._cancelled():
            raise Cancelled
        if _awaited:
            now = time.thread_time()
            if now - self._started > LONG_S:
                self._effort.is_late = True
            if now - self._rested > WORK_S and self._gives_way():
                self._rest()

    def _gives_way(self) -> bool:
        """Return whether other work goes first. Any work precedes the background, and work in time precedes late work.
        Otherwise the latest request goes first, since the user waits for that one."""
        waiting = tuple(_awaited)
        if self._background:
            return any(self._effort.is_long or not each.is_elsewhere for each in waiting)
        if not self._effort.is_late and self._effort in waiting:
            waiting = waiting[len(waiting) - waiting[::-1].index(self._effort) :]
        return any(not each.is_late and each is not self._effort for each in waiting)

    def _rest(self) -> None:
        """Raises Cancelled."""
        while not _resting.acquire(timeout=REST_S):
            if self._cancelled():
                raise Cancelled
        try:
            end = time.monotonic() + REST_S
            while self._gives_way() and time.monotonic() < end:
                time.sleep(NAP_S)
        finally:
            _resting.release()
        self._rested = time.thread_time()


_current: ContextVar[Work | None] = ContextVar("work", default=None)
_awaited: list[Effort] = []
_resting = threading.Lock()


@contextmanager
def awaited(effort: Effort) -> Iterator[None]:
    """Somebody waits for something while the block runs; `effort` is that of the document, or one of its own."""
    effort.is_late = effort.is_long
    _awaited.append(effort)
    try:
        yield
    finally:
        _awaited.remove(effort)


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


def counted(items: Iterable[Item]) -> Iterable[Item]:
    """The items, each a step: a few of them at once, as counting them one by one takes as long as most loops. Raises
    Cancelled or Exhausted, here or while one goes through them."""
    work = _current.get()
    if work is None:
        return items
    size = len(items) if isinstance(items, Sized) else COUNTED_AT_ONCE + 1
    if size > COUNTED_AT_ONCE:
        return _counted(items, work)
    work.step(size)
    return items


def _counted(items: Iterable[Item], work: Work) -> Iterator[Item]:
    for item in items:
        work.step(1)
        yield item


@contextmanager
def open_work(
    cancelled: Callable[[], bool] = lambda: False, effort: Effort | None = None, background: bool = False
) -> Iterator[Work]:
    """Open work for the block, for the document with this effort. Inside other work it is part of that."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    work = Work(cancelled, Effort() if effort is None else effort, background)
    token = _current.set(work)
    try:
        yield work
    finally:
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
