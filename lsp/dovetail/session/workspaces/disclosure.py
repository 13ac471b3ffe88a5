"""Decide what a prompt may hold when it is sent, and again when its answer is shown.

The index, frozen anchors and remembered answers follow the disk with a delay: of some hundred milliseconds, or of
minutes while the user types in the same place. So none of them decides what may be shown. Every prompt names the files
that its text is from, and passes `Disclosure.permits` on its way to the engine. That check finds files that have been
excluded since: by an ignore file, by rules, by a new name, by deletion, with a closed folder or with withdrawn trust.
Used on the event loop alone; a thread reads the disk.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.completion.threads import current_effort, on_thread
from dovetail.rules.live import OwnRules, RulesReading, are_current, changed_own_rules, lasts
from dovetail.rules.source import RULES_FILE
from dovetail.session.workspaces.workspaces import Workspace, Workspaces
from dovetail_context.api import IndexSnapshot, Selection, State, is_settled
from dovetail_models.api import CompletionJob, CompletionReply, EngineStatus

# The maximum number of reads of a disk that changes during the read; one that keeps changing permits nothing.
LOOKS = 4
# Findings kept: two for each document that is typed in.
CAPACITY = 64


class Withdrawn(Exception):
    """A prompt or its answer holds text that may not be shown any more."""


class CheckedEngine:
    """An engine that is sent a prompt only if all the files that it is from may be shown."""

    def __init__(self, engine: Engine, permits: Callable[[Iterable[str]], Awaitable[bool]]) -> None:
        """`permits` receives the absolute paths of the files."""
        self._engine = engine
        self._permits = permits

    async def ensure_ready(self) -> EngineStatus:
        return await self._engine.ensure_ready()

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        """Raises Withdrawn in place of sending what may not be shown; EngineError as the engine does.

        The question is put again before each sending: an engine may ask a second time, or another model.
        """

        async def check() -> None:
            if not await self._permits(job.files):
                raise Withdrawn
            if before_sending is not None:
                await before_sending()

        await self._engine.ensure_ready()  # a model that is loading lets time pass
        await check()
        effort = current_effort.get()
        if effort is None:
            return await self._engine.complete(job, enough, check)
        effort.is_elsewhere = True
        try:
            return await self._engine.complete(job, enough, check)
        finally:
            effort.is_elsewhere = False

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        await self._engine.keep(may_be_kept)

    async def close(self) -> None:
        await self._engine.close()


@dataclass(frozen=True, slots=True)
class _Question:
    """What a thread is to find out about the files (posix, relative) of a workspace."""

    workspace: Workspace
    selection: Selection
    paths: tuple[str, ...]
    unsaved: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Finding:
    """The rules file if it has changed, the excluded files, and the state of the disk that leads to this.

    `lasts` is whether every later change of the disk shows in that state.
    """

    question: _Question
    rules: RulesReading | None
    excluded: Collection[str]
    state: State
    lasts: bool

    @property
    def holds(self) -> bool:
        """Whether the disk still is as it was. Reads no file: so it can be asked right before a prompt is sent."""
        workspace = self.question.workspace
        return workspace.rules.is_current() and workspace.verdicts.state(self.question.paths) == self.state


# The root of a workspace, and absolute paths of files.
_Asked = tuple[Path, frozenset[str]]


class Disclosure:
    """Decides what the model may be shown.

    `epoch` counts the decisions that withdrew something: results of an older epoch must not be used again.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        own: Callable[[], OwnRules],
        unsaved: Callable[[Workspace], frozenset[str]],
        rules_changed: Callable[[Workspace, RulesReading], None],
        own_rules_changed: Callable[[OwnRules], None],
    ) -> None:
        """`own` returns the user's own rules, `unsaved` the paths of open documents that were never saved.

        `rules_changed` receives the new contents of a workspace's rules file, `own_rules_changed` the user's new rules.
        """
        self.epoch = 0
        self._workspaces = workspaces
        self._own = own
        self._unsaved = unsaved
        self._rules_changed = rules_changed
        self._own_rules_changed = own_rules_changed
        self._settled: OrderedDict[_Asked, tuple[OwnRules, list[_Finding]]] = OrderedDict()

    def withdraw(self) -> None:
        """Start a new epoch, because something that was shown may no longer be shown."""
        self.epoch += 1

    def snapshot(self, workspace: Workspace) -> IndexSnapshot:
        """Return the project without what the index does not know yet to be excluded."""
        snapshot = workspace.index.snapshot
        held = frozenset(path for path in workspace.withheld if path in snapshot.files)
        self._withhold(workspace, held)
        return snapshot.without(held, workspace.edition) if held else snapshot

    async def permits(self, home: Workspace | None, files: Iterable[str] = ()) -> bool:
        """Return whether text of all these files (absolute paths) may complete a document of the workspace `home`.

        First apply the current contents of the rules files. Nothing else runs on the event loop between the last look
        at the disk and the return.
        """
        files = frozenset(files)
        if home is None:
            return not files
        for _ in range(LOOKS):
            if self._is_settled(home, files):
                break
            own = self._own()
            changed, findings = await on_thread(partial(_look, self._questions(home, files), own))
            self._take(home, changed, findings)
            self._settle((home.root, files), self._own(), findings)
            if are_current(self._own()) and all(each.holds for each in findings):
                break
        else:
            return False
        inside = {path for file in files if (path := home.path_of(file)) is not None}
        return len(inside) == len(files) and not inside & home.withheld

    def _is_settled(self, home: Workspace, files: frozenset[str]) -> bool:
        """Return whether the disk is certainly unchanged since the last check of these files.

        While the user types it is, and a few `stat` calls are quicker than a thread.
        """
        own, findings = self._settled.get((home.root, files), (None, []))
        return (
            own is self._own()
            and are_current(own)
            and [each.question for each in findings] == self._questions(home, files)
            and all(each.holds for each in findings)
        )

    def _settle(self, asked: _Asked, own: OwnRules, findings: list[_Finding]) -> None:
        self._settled.pop(asked, None)
        if (own.reading is None or lasts(own.reading)) and all(each.lasts for each in findings):
            self._settled[asked] = own, findings
        while len(self._settled) > CAPACITY:
            self._settled.popitem(last=False)

    def _take(self, home: Workspace, own: OwnRules | None, findings: Iterable[_Finding]) -> None:
        """Apply the findings from the disk from now on."""
        if own is not None:
            self.withdraw()
            self._own_rules_changed(own)
        asked: set[str] = set()
        excluded: set[str] = set()
        for each in findings:
            workspace = each.question.workspace
            if each.rules is not None and workspace.rules.differs_from(each.rules):
                self.withdraw()
                self._rules_changed(workspace, each.rules)
            elif each.rules is not None:
                workspace.rules.take(each.rules)
            asked.update(_seen_from(home, workspace, each.question.paths))
            excluded.update(_seen_from(home, workspace, each.excluded))
        news = excluded - home.withheld
        if news:
            self.withdraw()
            home.index.apply(sorted(news))
        self._withhold(home, (home.withheld - asked) | excluded)

    def _withhold(self, workspace: Workspace, paths: frozenset[str]) -> None:
        if paths != workspace.withheld:
            workspace.withheld = paths
            workspace.edition += 1

    def _questions(self, home: Workspace, files: Iterable[str]) -> list[_Question]:
        """Return the questions: each file in the document's workspace, and in the workspaces open inside of it."""
        asked = {path for file in files if (path := home.path_of(file)) is not None} | home.withheld
        asked.discard(RULES_FILE)  # the rules apply as long as this file exists: no ignore file disables them
        inner = [each for each in self._workspaces.all() if each is not home and each.root.is_relative_to(home.root)]
        questions = [_Question(home, home.rules.selection, tuple(sorted(asked)), self._unsaved(home))]
        for each in inner:
            prefix = each.root.relative_to(home.root).as_posix() + "/"
            inside = (path[len(prefix) :] for path in sorted(asked) if path.startswith(prefix))
            paths = tuple(path for path in inside if path != RULES_FILE)
            if paths:
                questions.append(_Question(each, each.rules.selection, paths, self._unsaved(each)))
        return questions


def _look(questions: Iterable[_Question], own: OwnRules) -> tuple[OwnRules | None, list[_Finding]]:
    """Read the disk, on any thread: return the user's own rules if they have changed, and one finding per question."""
    findings = []
    for each in questions:
        rules = each.workspace.rules.read()
        excluded, state = each.workspace.verdicts.excluded(each.paths, each.selection, each.unsaved)
        is_lasting = each.workspace.rules.is_lasting() and is_settled(state)
        findings.append(_Finding(each, rules, excluded, state, is_lasting))
    return changed_own_rules(own), findings


def _seen_from(home: Workspace, workspace: Workspace, paths: Iterable[str]) -> Iterable[str]:
    prefix = "" if workspace is home else workspace.root.relative_to(home.root).as_posix() + "/"
    return (prefix + path for path in paths)
