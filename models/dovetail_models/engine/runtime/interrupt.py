"""The one signal that crosses threads: the event loop stops a running completion, with a reason."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

InterruptReason = Literal["enough", "cancelled", "superseded", "yield"]
"""Why a completion is stopped from outside. "yield": a job that nobody waits for makes way and resumes later."""


class Flag(Protocol):
    """The flag that llama.cpp checks while it computes."""

    def set(self) -> None: ...
    def clear(self) -> None: ...


class Interrupt:
    """Stops one completion, wherever it is. The first reason given is kept, but "yield" is replaced by any other.

    A flag of llama.cpp's serves one completion after the other. It is set and cleared under a lock, so that an
    interrupt which comes when its completion is already over cannot hit the next.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flag: Flag | None = None
        self._reason: InterruptReason | None = None

    @property
    def reason(self) -> InterruptReason | None:
        return self._reason

    def stop(self, reason: InterruptReason) -> None:
        """Stop the completion now or, if it has not begun, as soon as it begins. Safe from any thread."""
        with self._lock:
            if self._reason in (None, "yield"):
                self._reason = reason
            if self._flag is not None:
                self._flag.set()

    @contextmanager
    def attached(self, flag: Flag) -> Iterator[None]:
        """Return a context in which stopping sets `flag`."""
        with self._lock:
            flag.clear()
            self._flag = flag
            if self._reason is not None:
                flag.set()
        try:
            yield
        finally:
            with self._lock:
                self._flag = None
                flag.clear()
