"""Work that takes longer than the event loop has time: done on a thread, and given up when nobody waits for it.

Documents do not wait for one another: those whose work has taken long share one thread among themselves, so that a
few of them can never hold all threads that the others need.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import cache
from typing import TypeVar

from dovetail_context.api import LONG_STEP_S, Cancelled, Effort, open_work

T = TypeVar("T")

# Each waits for most of its time: for the interpreter, if for nothing else.
QUICK_THREADS = 32


current_effort: ContextVar[Effort | None] = ContextVar("effort", default=None)
"""That of the document for which the current task works; None for other work."""


async def on_thread(work: Callable[[], T]) -> T:
    """Return the result of `work`, done on a thread. Cancelling the task stops it at its next checkpoint."""
    stop = threading.Event()
    effort = current_effort.get()
    if effort is None:
        effort = Effort()
    context = copy_context()
    results: list[T] = []

    def run() -> None:
        started = time.thread_time()
        try:
            with suppress(Cancelled), open_work(stop.is_set, effort):
                results.append(work())
        finally:
            effort.is_long = time.thread_time() - started > LONG_STEP_S

    threads = _threads("long" if effort.is_long else "quick")
    try:
        await asyncio.get_running_loop().run_in_executor(threads, context.run, run)
    except asyncio.CancelledError:
        stop.set()
        raise
    return results[0]


@cache
def _threads(kind: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1 if kind == "long" else QUICK_THREADS, thread_name_prefix=f"dovetail-{kind}")
