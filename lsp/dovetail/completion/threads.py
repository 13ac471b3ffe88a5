"""Work that takes longer than the event loop has time: done on a thread, and given up when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from dovetail_context.work import Cancelled, open_work

T = TypeVar("T")


async def on_thread(work: Callable[[], T]) -> T:
    """The result of `work`, done on a thread. Cancelling the task stops it at its next checkpoint."""
    stop = threading.Event()
    results: list[T] = []

    def run() -> None:
        with suppress(Cancelled), open_work(stop.is_set):
            results.append(work())

    try:
        await asyncio.to_thread(run)
    except asyncio.CancelledError:
        stop.set()
        raise
    return results[0]
