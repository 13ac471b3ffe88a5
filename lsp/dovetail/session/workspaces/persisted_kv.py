"""What the model has read, on disk: what of it may stay there. Used on the event loop alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from dovetail.completion.engine import Engine
from dovetail.session.caches import forget_states
from dovetail.session.workspaces.workspaces import Workspaces
from dovetail.settings import Settings


class PersistedKv:
    """Removes every state on disk with text of files that may not be shown, including files that once were allowed.

    If the settings keep nothing, it removes every state.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        trouble: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]],
    ) -> None:
        """`trouble` receives what cannot be removed; `spawn` starts work that ends with the session."""
        self._workspaces = workspaces
        self._trouble = trouble
        self._spawn = spawn
        self._keeps_nothing = False  # until the settings set it
        self._asked = self._check_all = False
        self._looking: asyncio.Task[object] | None = None

    def configure(self, settings: Settings) -> None:
        """Take settings that are sound."""
        self._keeps_nothing = not settings.kv_cache_mb

    def prune(self, rules_changed: bool = False) -> None:
        """Remove what may not stay on disk, in the background; `rules_changed` checks all of it again."""
        self._asked, self._check_all = True, self._check_all or rules_changed
        if self._looking is None or self._looking.done():
            self._looking = self._spawn(self._look())

    async def finish(self, engine: Engine | None) -> None:
        """End the session: remove what may not stay according to the disk now, and let the engine keep the rest."""
        for workspace in self._workspaces.all():
            workspace.rules.take(await asyncio.to_thread(workspace.rules.read))
        self._asked = True
        await self._look()
        if engine is not None:
            await engine.keep(self._workspaces.includes)

    async def _look(self) -> None:
        while self._asked:
            unwanted = (lambda _file: True) if self._keeps_nothing else self._workspaces.excludes
            check_all, self._asked, self._check_all = self._check_all or self._keeps_nothing, False, False
            try:
                await asyncio.to_thread(forget_states, unwanted, check_all)
            except OSError as error:
                self._trouble(f"{error.filename} cannot be removed ({error.strerror}): remove it yourself.")
