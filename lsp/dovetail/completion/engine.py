"""What the pipeline needs of an engine: the seam to `models/`.

`EngineClient` is the local one, `RemoteEngine` asks a server, `FallbackEngine` has both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from dovetail_models.api import CompletionJob, CompletionReply, EngineStatus

Enough = Callable[[str], bool]
BeforeSending = Callable[[], Awaitable[None]]


class Engine(Protocol):
    """Text in, text out. Every method but `close` raises EngineError, one line, when the model cannot be had."""

    async def ensure_ready(self) -> EngineStatus:
        """Load the model if it is not loaded yet."""
        ...

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        """Make one completion. Cancelling the call stops the model; so does `enough(text so far)`.

        `before_sending` is awaited each time right before the prompt leaves this process, be it for the first time,
        again, or for another model. What it raises ends the call.
        """
        ...

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        """Persist the KV state to disk, if the settings want that: only text of files that `may_be_kept`."""
        ...

    async def close(self) -> None:
        """Leave nothing running. May be called twice."""
        ...
