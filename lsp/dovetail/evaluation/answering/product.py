"""Answers by the pipeline that serves editors: the figure that a user gets.

Each task sees the project as it is on disk, but for its own hole. An index that has seen other holes counts words a
little differently, so a resumed run would not find quite the same context. Every task opens the index again, from the
cache.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Self

from dovetail.command_errors import CommandError
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import complete, context_for, members_for
from dovetail.completion.report import item_json
from dovetail.completion.request import CompletionRequest
from dovetail.completion.threads import on_thread
from dovetail.completion.tuning import Layout, ModelTunings, Tuning
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.answering.unasked import answer_of, answer_unasked
from dovetail.evaluation.task import ProjectHole, Task, TextHole
from dovetail.rules.live import WorkspaceRules, own_rules
from dovetail.session.caches import index_cache
from dovetail.session.inference.token_count import command_count, engine_count
from dovetail.settings import Settings
from dovetail_context.api import (
    EVERYTHING,
    MAX_FILE_BYTES,
    IndexCache,
    IndexSnapshot,
    Selection,
    WorkspaceIndex,
    read_project_file,
    redact,
)

CACHE_BYTES = 10**9
"""The most that indexes may take in a temporary folder, where the user keeps no cache."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the pipeline is asked, where that differs from an editor's way."""

    layout: Layout = "frozen"
    """Where the typed text is in the prompt."""
    use_names: bool = True
    """Whether the model leans towards the names that the project has behind a dot."""
    with_prompt: bool = False
    """Whether an answer has the prompt as text."""

    def apply(self, request: CompletionRequest) -> CompletionRequest:
        """Return the request asked in this way."""
        tunings = ModelTunings(default=Tuning(layout=self.layout))
        return replace(request, tunings=tunings, use_names=self.use_names, explain=self.with_prompt)


EDITORS_WAY = Asking()
"""As an editor asks, without what was calibrated: figures must not depend on the user's state."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A task as a request, and the index that it was read from."""

    request: CompletionRequest
    """What the pipeline is asked."""
    index: WorkspaceIndex | None
    """The project's index; None for a text without a project."""

    def close(self) -> None:
        """Close the index."""
        if self.index is not None:
            self.index.close()


class ProductAnswerer:
    """Asks the pipeline. A context manager: where the user keeps no cache it owns a folder with indexes."""

    def __init__(
        self,
        engine: Engine | None,
        settings: Settings,
        with_names: bool = False,
        *,
        asking: Asking = EDITORS_WAY,
        with_rules: bool = False,
        is_private: bool = False,
    ) -> None:
        """Without an engine only context is gathered. `with_names` adds the names known behind a dot, and `asking` is
        how the pipeline is asked. `with_rules` obeys the rules of the project and the user, `is_private` keeps no index
        in the user's cache."""
        self._engine = engine
        self._asking = asking
        self._settings = settings
        self._with_names = with_names
        self._with_rules = with_rules
        self._is_private = is_private
        self._cached: set[Path] = set()
        self._stack = ExitStack()

    @property
    def _count(self) -> Callable[[str], int] | None:
        return command_count(self._settings) if self._engine is None else engine_count(self._settings)

    def __enter__(self) -> Self:
        cache = None if self._is_private else index_cache(self._settings)
        if cache is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dovetail-eval-"))
            cache = IndexCache(Path(folder), CACHE_BYTES)
        self._cache = cache
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def answer(self, task: Task) -> Answer:
        """Answer a task. Raises EngineError, and CommandError where its file cannot be read or is another one."""
        opened = await on_thread(partial(self.open, task))
        try:
            return await self._asked(task, self._asking.apply(replace(opened.request, count=self._count)))
        finally:
            opened.close()

    async def _asked(self, task: Task, request: CompletionRequest) -> Answer:
        names = tuple(members_for(request).names) if self._with_names else None
        if self._engine is None:
            started = perf_counter()
            bundle = context_for(request, self._settings.context_tokens)
            ms = (perf_counter() - started) * 1000
            context = tuple(item_json(piece, with_text=True) for piece in bundle.pieces)
            return Answer(None, context, {"context": bundle.tokens}, {"context": round(ms, 1)}, names=names)
        if task.quiet:
            return await answer_unasked(task, request, self._engine, self._settings)
        completion = await complete(request, self._engine, self._settings)
        if completion is None:  # not for invoked requests; a hole that is refused is a hole not filled
            raise CommandError(f"the pipeline refused task {task.id}: report this, with the task")
        return answer_of(completion, names)

    def forget(self, root: Path) -> None:
        """Drop the index of a project whose files were replaced. One that followed them would count the words of former
        files as well, and a resumed run, which has not seen those, would find other context."""
        self._cached.discard(root)
        self._cache.drop_images(root)

    def open(self, task: Task) -> Opened:
        """Return a task as a request, to be closed. Raises CommandError."""
        question = task.question
        if isinstance(question, TextHole):
            return Opened(self._of_text(question), None)
        rules = WorkspaceRules(question.root, own_rules()) if self._with_rules else None
        index = self._index(question.root, rules.selection if rules else EVERYTHING)
        try:
            request = _of_project(task, question, index)
        except CommandError:
            index.close()
            raise
        if rules is not None:
            request = replace(request, rules=rules.context_rules(question.path, index.snapshot))
        return Opened(request, index)

    def _index(self, root: Path, selection: Selection) -> WorkspaceIndex:
        """Return the index of a project, opened from the cache."""
        if root not in self._cached:
            with closing(WorkspaceIndex(root, selection, self._cache)) as index:
                index.build()
            self._cached.add(root)
        index = WorkspaceIndex(root, selection, self._cache)
        index.build()
        return index

    def _of_text(self, hole: TextHole) -> CompletionRequest:
        """Return the request for a text that belongs to no project."""
        return CompletionRequest(
            document=hole.path,
            path=hole.path,
            text=hole.prefix + hole.suffix,
            offset=len(hole.prefix),
            snapshot=IndexSnapshot(Path(hole.path).absolute().parent),
            trigger="invoked",
            is_file=False,
        )


def _of_project(task: Task, hole: ProjectHole, index: WorkspaceIndex) -> CompletionRequest:
    """Return the request for the document with the hole, which replaces the file in the index, too.

    The answer must not be found in the file itself.
    """
    file = hole.root / hole.path
    text = _read(task, file, hole.root) if hole.text is None else hole.text
    if text[hole.start : hole.end] != task.truth:
        raise CommandError(
            f"task {task.id}: its ground truth is not at [{hole.start}:{hole.end}] of {file}: "
            "take the version of the project that the tasks were made from"
        )
    cut = text[: hole.start] + text[hole.end :]
    index.set_overlay(hole.path, cut)
    return CompletionRequest(
        document=str(file),
        path=hole.path,
        text=redact(cut),
        offset=hole.start,
        snapshot=index.snapshot,
        trigger="invoked",
    )


def _read(task: Task, file: Path, root: Path) -> str:
    read = read_project_file(file, MAX_FILE_BYTES, within=root)
    try:
        text = (read.data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"task {task.id}: {file} cannot be read: {error}") from None
    if read.data is None:
        raise CommandError(f"task {task.id}: {file} cannot be read: {read.problem}")
    return text
