"""The engine that answers, and its replacement when the settings ask for another model. Used on the event loop alone.

A model loads in the background while the previous one keeps answering; one that cannot be loaded changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from dovetail.completion.engine import Engine
from dovetail.session.inference.engine import MakeEngine
from dovetail.settings import Settings
from dovetail_models.api import EngineError, EngineStatus


class EngineEvents(Protocol):
    """What is reported."""

    def engine_status(self, status: EngineStatus) -> None: ...

    def trouble(self, message: str) -> None: ...


class CurrentEngine:
    """Holds one engine, and another while it is loading. `status` is that of the one that answers."""

    def __init__(
        self,
        make: MakeEngine,
        events: EngineEvents,
        spawn: Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]],
        running: Callable[[], Iterable[asyncio.Task[object]]],
        on_change: Callable[[], None],
        retire: Callable[[Engine | None], Awaitable[None]],
    ) -> None:
        """`spawn` starts work that ends with the session, `running` are the requests under way. `on_change` is called
        when another model answers from now on, `retire` before one is let go, with None where there is none."""
        self._make = make
        self._events = events
        self._spawn = spawn
        self._running = running
        self._on_change = on_change
        self._retire = retire
        self._engine: Engine | EngineError = EngineError("The editor has not yet sent its settings.")
        self._options: tuple[object, ...] = ()  # those that the engine was made with
        self._wanted: tuple[object, ...] = ()
        self.status = EngineStatus("stopped")
        # Engines go on reporting their state: these are the marks of the one that answers and of the one that is to.
        self._mark = self._next_mark = object()
        self._loading: asyncio.Task[object] | None = None

    def get(self) -> Engine:
        """Return the engine that answers now. Raises EngineError where there is none."""
        if isinstance(self._engine, EngineError):
            raise self._engine
        return self._engine

    def start(self, settings: Settings) -> None:
        """Make the engine that the settings ask for; it loads nothing yet. Trouble is reported."""
        self._options = self._wanted = _options(settings)
        try:
            self._engine = self._make(settings, partial(self._take_status, self._mark))
        except EngineError as error:
            self._fail(error)

    def warm_up(self) -> None:
        """Load the model in the background."""
        if not isinstance(self._engine, EngineError):
            self._spawn(self._load(self._engine))

    def change(self, settings: Settings) -> None:
        """Let the engine that the settings ask for take over, as soon as its model is loaded."""
        wanted = _options(settings)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._loading is not None:
            self._loading.cancel()
            self._loading, self._next_mark = None, object()
            self._events.engine_status(self.status)
        if wanted == self._options:
            return  # back to what there is
        if isinstance(self._engine, EngineError):
            self.start(settings)
            self.warm_up()
            return
        self._loading = self._spawn(self._change(settings, self._engine))

    async def close(self) -> None:
        """Let go of the engine."""
        engine = None if isinstance(self._engine, EngineError) else self._engine
        await self._retire(engine)
        if engine is not None:
            await engine.close()

    async def _change(self, settings: Settings, before: Engine) -> None:
        mark = self._next_mark = object()
        try:
            engine = self._make(settings, partial(self._take_status, mark), several_models=True)
        except EngineError as error:
            self._refuse(error)
            return
        try:
            status = await engine.ensure_ready()
        except EngineError as error:
            self._refuse(error)
            await engine.close()
            return
        except asyncio.CancelledError:
            await engine.close()
            raise
        self._engine, self._mark, self._loading = engine, mark, None
        self._options = _options(settings)
        self._on_change()
        self._take_status(mark, status)
        try:
            under_way = tuple(self._running())
            if under_way:
                await asyncio.wait(under_way)  # they were asked of the one that goes
            await self._retire(before)
        finally:
            await before.close()  # also where the session ends meanwhile

    def _refuse(self, error: EngineError) -> None:
        self._loading, self._wanted, self._next_mark = None, self._options, object()
        if self.status.state == "failed":  # so there is none that goes on answering
            self._events.trouble(str(error))
            self._take_status(self._mark, replace(self.status, message=str(error)))
            return
        self._events.trouble(f"{error}; {self.status.model or 'the model before'} goes on answering")
        self._events.engine_status(self.status)

    def _fail(self, error: EngineError) -> None:
        self._engine = EngineError(str(error))
        self._take_status(self._mark, EngineStatus("failed", str(error)))
        self._events.trouble(str(error))

    async def _load(self, engine: Engine) -> None:
        try:
            await engine.ensure_ready()
        except EngineError as error:
            self._events.trouble(str(error))

    def _take_status(self, mark: object, status: EngineStatus) -> None:
        """Take a new state of the engine with that mark."""
        if mark is self._mark:
            self.status = status
            self._events.engine_status(status)
        elif mark is self._next_mark and status.state in ("starting", "loading"):
            answers = self.status.state != "failed"
            message = f"{status.model} is being loaded"
            self._events.engine_status(replace(self.status, message=message) if answers else status)


def _options(settings: Settings) -> tuple[object, ...]:
    """Return what of the settings makes another engine."""
    return (
        settings.model,
        settings.context_window,
        settings.threads,
        settings.gpu_layers,
        settings.kv_type,
        settings.flash_attention,
        settings.micro_batch,
        settings.sandbox,
        settings.kv_cache_mb,
        settings.remote,
    )
