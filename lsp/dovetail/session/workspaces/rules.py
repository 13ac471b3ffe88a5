"""Rules while the server runs: read them again when their file changes, and report their mistakes to the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, Protocol

from dovetail.rules.live import OwnRules, RulesReading
from dovetail.rules.source import Problem
from dovetail.session.workspaces.workspaces import Workspace


class RulesEvents(Protocol):
    """Reports about the rules."""

    def trouble(self, message: str) -> None: ...

    def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None:
        """Report all mistakes of a rules file with this `text`; an empty report clears older ones."""
        ...


class RulesKeeper:
    """Keeps the rules of open workspaces in force. Used on the event loop alone."""

    def __init__(
        self,
        events: RulesEvents,
        buffer: Callable[[Path], tuple[str, str] | None],
        spawn: Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]],
    ) -> None:
        """`buffer` is the URI and the text of an open document by its file; `spawn` starts work that ends with the
        session."""
        self.own = OwnRules()
        self._events = events
        self._buffer = buffer
        self._spawn = spawn
        self._checks: dict[Path, asyncio.Task[object]] = {}
        self._checking: dict[Path, asyncio.Future[tuple[Problem, ...]]] = {}
        self._shown: set[str] = set()

    def take(self, own: OwnRules) -> None:
        """Use `own` as the user's rules for workspaces that are opened from now on, and report the mistakes in them."""
        self.own = own
        for problem in own.problems:
            self._events.trouble(f"{problem.source}: {problem.message}.")

    def renew(self, workspace: Workspace, reading: RulesReading | None, own: OwnRules | None) -> None:
        """Apply new contents of the project's file, or of the user's own rules, to the workspace and to its index."""
        workspace.rules.take(reading, own)
        workspace.index.select(workspace.rules.selection)
        self.check(workspace)

    def check(self, workspace: Workspace) -> None:
        """Report what is wrong with the file as the editor has it, or else as it is on disk. The newest check wins."""
        older = self._checks.pop(workspace.root, None)
        if older is not None:
            older.cancel()
        self._checks[workspace.root] = self._spawn(self._check(workspace))

    def forget(self, workspace: Workspace) -> None:
        """Forget a closed workspace."""
        older = self._checks.pop(workspace.root, None)
        if older is not None:
            older.cancel()
        self._checking.pop(workspace.root, None)
        self._tell(workspace.rules.file, workspace.rules.text, ())

    async def _check(self, workspace: Workspace) -> None:
        older = self._checking.get(workspace.root)
        if older is not None:  # a thread cannot be stopped: while it works, only the newest text waits for its turn
            await asyncio.wait([older])
        rules, opened = workspace.rules, self._buffer(workspace.rules.file)
        text = opened[1] if opened else None
        checking = asyncio.get_running_loop().run_in_executor(None, rules.problems, text)
        self._checking[workspace.root] = checking
        found = await asyncio.shield(checking)
        self._tell(rules.file, rules.text if text is None else text, found)

    def _tell(self, file: Path, text: str, problems: tuple[Problem, ...]) -> None:
        opened = self._buffer(file)
        uri = opened[0] if opened else file.as_uri()
        if problems or uri in self._shown:
            self._events.rules_checked(uri, text, problems)
        if problems:
            self._shown.add(uri)
        else:
            self._shown.discard(uri)
