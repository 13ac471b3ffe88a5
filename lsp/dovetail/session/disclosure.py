"""What a prompt may hold, decided when it is sent, and again when its answer is shown.

The index, frozen anchors and remembered answers follow the disk with a delay: of some hundred milliseconds, or of
minutes while one types on in the same place. None of them is trusted to know what may be shown. Every prompt names the
files that its text is from, and passes `Disclosure.permits` on its way to the engine; what has come to be excluded
since (by an ignore file, by rules, by a new name, by deletion, with a folder that was closed or trust that was
withdrawn) is found there. Used on the event loop alone; the disk is asked on a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from dovetail.completion.engine import Engine
from dovetail.rules.live import OwnRules, RulesReading, changed_own_rules
from dovetail.rules.source import RULES_FILE
from dovetail.session.workspaces import Workspace, Workspaces
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.workspace.selection import Selection
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus


class Withdrawn(Exception):
    """A prompt or its answer holds text that may not be shown any more."""


class CheckedEngine:
    """An engine that is sent a prompt only if all the files that it is from may be shown."""

    def __init__(self, engine: Engine, permits: Callable[[Iterable[str]], Awaitable[bool]]) -> None:
        """`permits` is asked about the absolute paths of the files."""
        self._engine = engine
        self._permits = permits

    async def ensure_ready(self) -> EngineStatus:
        return await self._engine.ensure_ready()

    async def complete(self, job: CompletionJob, enough: Callable[[str], bool] | None = None) -> CompletionReply:
        """Raises Withdrawn in place of sending what may not be shown; EngineError as the engine does."""
        await self._engine.ensure_ready()  # a model that is loading lets time pass
        if not await self._permits(job.files):
            raise Withdrawn
        return await self._engine.complete(job, enough)

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        await self._engine.keep(may_be_kept)

    async def close(self) -> None:
        await self._engine.close()


@dataclass(frozen=True, slots=True)
class _Question:
    """What a thread is to find out about the files (posix, relative) of a workspace."""

    workspace: Workspace
    selection: Selection
    paths: frozenset[str]
    unsaved: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Finding:
    """The rules file if it has changed, and which of the files are excluded."""

    workspace: Workspace
    rules: RulesReading | None
    excluded: Collection[str]


class Disclosure:
    """Decides what the model may be shown. `epoch` counts the decisions that took something back: whatever was made in
    an older epoch is not to be used again."""

    def __init__(
        self,
        workspaces: Workspaces,
        own: Callable[[], OwnRules],
        unsaved: Callable[[Workspace], frozenset[str]],
        rules_changed: Callable[[Workspace, RulesReading | None, OwnRules | None], None],
    ) -> None:
        """`own` are the user's own rules, `unsaved` the paths of open documents that were never saved; `rules_changed`
        is told what a workspace's rules file, or the user's own, says now."""
        self.epoch = 0
        self._workspaces = workspaces
        self._own = own
        self._unsaved = unsaved
        self._rules_changed = rules_changed

    def withdraw(self) -> None:
        """Something that was shown may not be shown any more."""
        self.epoch += 1

    def snapshot(self, workspace: Workspace) -> IndexSnapshot:
        """The project without what the index does not know yet to be excluded."""
        snapshot = workspace.index.snapshot
        held = frozenset(path for path in workspace.withheld if path in snapshot.files)
        self._withhold(workspace, held)
        return snapshot.without(held, workspace.edition) if held else snapshot

    async def permits(self, home: Workspace | None, files: Iterable[str] = ()) -> bool:
        """Whether a document of the workspace `home` may be completed with text of all these files (absolute paths).

        Takes in, before that, what the rules files say now.
        """
        files = set(files)
        if home is None:
            return not files
        questions = self._questions(home, files)
        own, findings = await asyncio.to_thread(_look, questions, self._own())
        if own is not None or any(each.rules is not None for each in findings):
            self.withdraw()
        for each in findings:
            if own is not None or each.rules is not None:
                self._rules_changed(each.workspace, each.rules, own)
        excluded = {path for each in findings for path in _seen_from(home, each.workspace, each.excluded)}
        news = excluded - home.withheld
        if news:
            self.withdraw()
            home.index.apply(sorted(news))
        self._withhold(home, frozenset(excluded))
        inside = {path for file in files if (path := home.path_of(file)) is not None}
        return len(inside) == len(files) and not inside & excluded

    def _withhold(self, workspace: Workspace, paths: frozenset[str]) -> None:
        if paths != workspace.withheld:
            workspace.withheld = paths
            workspace.edition += 1

    def _questions(self, home: Workspace, files: Iterable[str]) -> list[_Question]:
        """Each file is asked about in the workspace of the document, and in those that are open inside of it."""
        asked = {path for file in files if (path := home.path_of(file)) is not None} | home.withheld
        asked.discard(RULES_FILE)  # what it says is in force as long as it is there: no ignore file keeps it off
        inner = [each for each in self._workspaces.all() if each is not home and each.root.is_relative_to(home.root)]
        questions = [_Question(home, home.rules.selection, frozenset(asked), self._unsaved(home))]
        for each in inner:
            prefix = each.root.relative_to(home.root).as_posix() + "/"
            paths = frozenset(path[len(prefix) :] for path in asked if path.startswith(prefix))
            if paths:
                questions.append(_Question(each, each.rules.selection, paths - {RULES_FILE}, self._unsaved(each)))
        return questions


def _look(questions: Iterable[_Question], own: OwnRules) -> tuple[OwnRules | None, list[_Finding]]:
    """What the disk says, on any thread: the user's own rules if they have changed, and a finding a question."""
    return changed_own_rules(own), [
        _Finding(
            each.workspace,
            each.workspace.rules.read(),
            each.workspace.verdicts.excluded(each.paths, each.selection, each.unsaved),
        )
        for each in questions
    ]


def _seen_from(home: Workspace, workspace: Workspace, paths: Iterable[str]) -> Iterable[str]:
    prefix = "" if workspace is home else workspace.root.relative_to(home.root).as_posix() + "/"
    return (prefix + path for path in paths)
