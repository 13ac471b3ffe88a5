"""A bound on how long a test may hang."""

from __future__ import annotations

import threading
from collections.abc import Callable

HANG_S = 60.0  # Far more than any test here takes; without a bound, a test could take hours or hang.


def bounded(work: Callable[[], object]) -> None:
    """Do the work on a thread, so that one that hangs fails its test and not the whole run."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert not thread.is_alive(), "this hangs"
    if failed:
        raise failed[0]
