"""The server's memory, its only mutable object. Changed by handlers, on the event loop, and by nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dovetail.completion.completion_cache import CompletionCache
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import accepted, complete, context_budget, context_for, own_source, sources_of, warm
from dovetail.completion.preparation.restraint import Restraint
from dovetail.completion.request import Completion, CompletionRequest, Silence
from dovetail.completion.threads import current_effort, on_thread
from dovetail.completion.values import Trigger
from dovetail.rules.live import ContextRules
from dovetail.session.caches import index_cache
from dovetail.session.current_calibrations import CurrentCalibrations
from dovetail.session.idle_calibration import IdleCalibration
from dovetail.session.inference.current_engine import CurrentEngine
from dovetail.session.inference.engine import MakeEngine
from dovetail.session.inference.token_count import engine_count
from dovetail.session.notebooks import Notebooks
from dovetail.session.open_document import OpenDocument
from dovetail.session.pause import Pauses
from dovetail.session.power import on_battery
from dovetail.session.projects import ProjectEvents, Projects
from dovetail.session.recent import RecentPlaces
from dovetail.session.rhythm import Rhythm
from dovetail.session.suggestions.feedback import Feedback
from dovetail.session.suggestions.selected_completion import SelectedCompletion
from dovetail.session.user_settings import UserSettings
from dovetail.session.workspaces.disclosure import CheckedEngine, Withdrawn
from dovetail.session.workspaces.document_location import Kind
from dovetail.settings import Settings
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding
from dovetail_context.api import ContextBundle, IndexSnapshot, awaited, head_and_vicinity
from dovetail_models.api import EngineError, EngineStatus

NO_PROJECT = IndexSnapshot(Path())
# Seconds after an answer without a keystroke, until the model reads the place again.
IDLE_S = 0.8
# Prompts for one request: one is made again if its text may no longer be shown, the last one without other files.
PROMPTS = 4
# The number of different completions for a user who asks for one.
CANDIDATES = 3


class SessionEvents(ProjectEvents, Protocol):
    """What the session reports, on the event loop except where `ProjectEvents` documents another thread."""

    def engine_status(self, status: EngineStatus) -> None: ...

    def paused(self, pauses: Pauses) -> None: ...

    def busy(self, requests: int) -> None:
        """Report the number of completions in progress."""
        ...


class Session:
    """Open documents, open workspaces, one engine, and the newest running request of each document."""

    def __init__(self, make_engine: MakeEngine, events: SessionEvents) -> None:
        self.encoding = Encoding.UTF16  # the protocol's default until the client has sent its own
        self.settings = Settings()
        self.opened: dict[str, OpenDocument] = {}
        self.projects = Projects(
            self.opened, events, self._spawn, lambda: index_cache(self.settings), self._look_no_further
        )
        self.idle_calibration = IdleCalibration(self.projects.newest_root)
        self._calibrating: asyncio.Task[object] | None = None
        self.completion_cache = CompletionCache()
        self.calibrations = CurrentCalibrations(self.completion_cache.clear)
        self.rhythm = Rhythm()
        self.recent = RecentPlaces()
        self.notebooks = Notebooks()
        self.feedback = Feedback()
        self.pauses = Pauses()
        self.engine = CurrentEngine(
            make_engine, events, self._spawn, self._asking, self._other_model, self.projects.kept.finish
        )
        self._events = events
        self._foresight: asyncio.Task[object] | None = None
        self._typed_at = 0.0
        self._turn = 0  # of the newest request
        self._requests = 0  # under way
        self._is_configured = False
        self._user_settings = UserSettings(events.trouble, self._apply, self._spawn)
        self.on_settings: Callable[[Settings], None] = lambda settings: None
        self._closing: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[object]] = set()

    def configure(self, *layers: tuple[str, Mapping[str, object]]) -> None:
        """Take the user's settings under those of `layers` (place, values). Each mistake in them is reported; the rest
        holds. May be called again while the session runs; the user's file is read again when it changes."""
        self._user_settings.take(*layers)

    def pause(self, paused: bool | None = None, language: str | None = None, minutes: float | None = None) -> Pauses:
        """Pause, resume or snooze, as `Pauses.changed` documents. Requests under way are cancelled."""
        now = time.time()
        self.pauses = self.pauses.woken(now).changed(now, paused, language, minutes)
        for opened in self.opened.values():
            if self._is_paused(opened):
                opened.cancel()
        self._look_no_further()
        self._events.paused(self.pauses)
        return self.pauses

    def open_document(self, document: Document, path: Path | None, kind: Kind = "file") -> None:
        """Open a document that the editor shows.

        `path` is its file, that of its notebook if it is a cell, or where a loose one is to be saved; None for what was
        never saved.
        """
        before = self.opened.get(document.uri)
        if before is not None:
            before.close()
            self.feedback.closed(document.uri)
        place = self.projects.place(document.uri, path, kind)
        opened = OpenDocument(document, path, kind, place, was_saved=path is not None and path.is_file())
        self.opened[document.uri] = opened
        self.projects.visited(opened)
        self.projects.overlay(opened, document.text)
        self.projects.check_rules(opened)

    def change_document(self, uri: str, edits: Iterable[Edit], version: int) -> None:
        """Apply a client's edits. A document that is not open is ignored."""
        opened = self.opened.get(uri)
        if opened is not None:
            self.idle_calibration.note_activity()
            now = time.monotonic()
            self.rhythm, self._typed_at = self.rhythm.typed(now - self._typed_at), now
            edits = list(edits)
            before, opened.document = opened.document, opened.document.edited(edits, version, self.encoding)
            self.feedback.changed(before, edits, opened.document, self.encoding)
            self.projects.visited(opened)
            if opened.project is not None:
                self.recent.edited(opened.project.root, opened.place.path, edits, now)
            self.projects.overlay(opened, opened.document.text)
            self.projects.check_rules(opened)

    def close_document(self, uri: str) -> None:
        """Close a document: the file on disk counts again."""
        opened = self.opened.pop(uri, None)
        if opened is not None:
            opened.close()
            self.projects.overlay(opened, None)
            self.projects.check_rules(opened)
            self.feedback.closed(uri)

    async def complete(
        self, uri: str, offset: int, trigger: Trigger, selected: Edit | None = None
    ) -> Completion | None:
        """Complete an open document at an offset. The newest request of a document wins: an older one answers None.

        `selected` is what the editor's own list of words would put there: then the document is completed as it would
        be with that, and the completion begins with it. Raises EngineError when the model cannot answer.
        """
        self.idle_calibration.note_activity()
        opened = self.opened[uri]
        document = opened.document
        if self._is_paused(opened):
            return None
        engine = self.engine.get()
        self.projects.place_loose(opened)
        if self._is_prose(opened, trigger):
            return None
        chosen = SelectedCompletion.of(document, selected, self.encoding)
        asked, at = (chosen.document, chosen.end) if chosen else (document, offset)
        above = self.notebooks.before(document, self._document) if opened.kind == "cell" else ""
        self._look_no_further()
        self._turn += 1
        turn = self._turn
        whole = above + asked.text
        text, within = head_and_vicinity(whole, len(above) + at)
        lines_more = 0 if text is whole else whole.count("\n", 0, len(above) + at) - text.count("\n", 0, within)
        work = self._answer(opened, text, within, trigger, engine, turn, self.feedback.restraint(document, offset))
        self._count_request(1)
        try:
            with awaited(opened.effort):
                answered = await opened.newest_wins(work)
        finally:
            self._count_request(-1)
        if answered is None or not self._is_newest(opened, document):
            return None
        request, completion = answered
        if completion is None:
            opened.silent = Silence(request, document.position_at(offset, Encoding.UTF32))
            return None
        if not completion.remembered:
            self.rhythm = self.rhythm.answered(completion.reply)
        completion = replace(completion, line=completion.line + lines_more - above.count("\n"))
        opened.answered(request, completion)
        if opened.project is not None:
            self.projects.visited(opened)
            self.recent.viewed(opened.project.root, opened.place.path, completion.line, time.monotonic())
        is_newest = turn == self._turn  # only what was asked last is looked ahead of
        if is_newest and not completion.remembered:  # else what follows has been made ready already
            self._foresight = self._spawn(self._look_ahead(opened, request, completion, engine))
        completion = replace(completion, offset=completion.offset - within + at)
        return chosen.begin(completion) if chosen else completion

    async def context_at(self, uri: str, offset: int) -> ContextBundle | None:
        """Return the context from other files at an offset of an open document; None where none may be shown."""
        opened = self.opened[uri]
        text, within = head_and_vicinity(opened.document.text, offset)
        for _ in range(PROMPTS):
            await self.projects.disclosure.permits(opened.place.workspace)
            if await self.projects.is_silent_now(opened):
                opened.forget()
                return None
            request = await self._request(opened, text, within, "invoked")
            budget = context_budget(self.engine.status, self.settings, request.tunings)
            bundle = await on_thread(partial(context_for, request, budget))
            if await self._permits(opened, request, sources_of(request, bundle)):
                return bundle
        return None

    async def close(self) -> None:
        """Stop everything that was started. Nothing is left running afterwards; a second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        running = [*self._asking(), *self._background]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.feedback.close()
        await self.engine.close()
        await self.projects.finish()

    def _apply(self, settings: Settings) -> None:
        self.settings = settings
        self.projects.kept.configure(settings)
        if self._is_configured:
            self.engine.change(settings)
        else:
            self._is_configured = True
            self.engine.start(settings)
        if self._calibrating is not None:
            self._calibrating.cancel()
        self._calibrating = self._spawn(self.idle_calibration.run(settings)) if settings.calibrate_when_idle else None
        self.on_settings(settings)

    async def _answer(
        self,
        opened: OpenDocument,
        text: str,
        offset: int,
        trigger: Trigger,
        engine: Engine,
        turn: int,
        restraint: Restraint,
    ) -> tuple[CompletionRequest, Completion | None] | None:
        """Return a completion that may be shown, or None where it would disturb, and the request that it answers; made
        again where what may be shown has changed meanwhile."""
        current_effort.set(opened.effort)
        for attempt in range(PROMPTS):
            await self.projects.disclosure.permits(opened.place.workspace)
            if await self.projects.is_silent_now(opened):
                opened.forget()
                return None
            request = replace(await self._request(opened, text, offset, trigger), turn=turn, restraint=restraint)
            if attempt:
                request = replace(request, wait_s=0.0, use_context=attempt < PROMPTS - 1)
            try:
                completion = await complete(
                    request, self._checked(opened, request, engine), self.settings, self.completion_cache
                )
            except Withdrawn:
                continue
            if completion is None or await self._permits(opened, request, completion.files):
                return request, completion
        return None

    async def _request(self, opened: OpenDocument, text: str, offset: int, trigger: Trigger) -> CompletionRequest:
        workspace, path = opened.place.workspace, opened.place.path
        asked_before = opened.answer
        tokens = asked_before.reply.prompt_tokens if asked_before else 0
        epoch = self.projects.disclosure.epoch
        snapshot, rules = await self._shown_now(opened)
        is_of_this_epoch = asked_before is not None and asked_before.anchor.epoch == epoch
        return CompletionRequest(
            document=opened.uri,
            path=path,
            text=opened.redacted(text),
            offset=offset,
            snapshot=snapshot,
            rules=rules,
            trigger=trigger,
            anchor=None if self.rhythm.reads_quickly(tokens) else opened.anchor,
            wait_s=self.rhythm.wait_s(on_battery()) if trigger == "automatic" else 0.0,
            hurried=True,
            candidates=CANDIDATES if trigger == "invoked" else 1,
            recent=self.recent.places(workspace.root, path, time.monotonic()) if workspace else (),
            shown=asked_before.context.pieces if asked_before and is_of_this_epoch else (),
            epoch=epoch,
            language=opened.language,
            is_file=opened.place.kind != "loose",
            tunings=self.calibrations.tunings(path, opened.language),
            count=engine_count(self.settings),
        )

    async def _shown_now(self, opened: OpenDocument) -> tuple[IndexSnapshot, ContextRules]:
        """Return the project as it may be shown in a document, and what its rules give it."""
        workspace = opened.place.workspace
        if workspace is None:
            return NO_PROJECT, ContextRules()
        snapshot, path = self.projects.disclosure.snapshot(workspace), opened.place.path
        found = workspace.rules.known_context_rules(path, snapshot)
        if found is None:
            found = await on_thread(partial(workspace.rules.context_rules, path, snapshot))
        return snapshot, found

    def _checked(self, opened: OpenDocument, request: CompletionRequest, engine: Engine) -> CheckedEngine:
        return CheckedEngine(engine, lambda files: self._permits(opened, request, files))

    async def _permits(self, opened: OpenDocument, request: CompletionRequest, files: Iterable[str]) -> bool:
        """Return whether a prompt for a request, or its answer, may hold text of these files and of the document."""
        others = (file for file in files if file != own_source(request))
        permitted = await self.projects.disclosure.permits(opened.place.workspace, others)
        is_open = self.opened.get(opened.uri) is opened
        return (
            permitted
            and is_open
            and request.epoch == self.projects.disclosure.epoch
            and not self.projects.is_silent(opened)
        )

    async def _look_ahead(
        self, opened: OpenDocument, request: CompletionRequest, completion: Completion, engine: Engine
    ) -> None:
        """After an answer, prepare the completion that follows if the user accepts it.

        When the cursor rests, let a slow model read the place again. A computer on battery does neither.
        """
        if on_battery():
            return
        current_effort.set(opened.effort)
        document, checked = opened.document, self._checked(opened, request, engine)
        try:
            if completion.text:
                await complete(accepted(request, completion), checked, self.settings, self.completion_cache)
            await asyncio.sleep(IDLE_S)
            tokens = completion.reply.prompt_tokens
            if not self.rhythm.reads_quickly(tokens) and self._is_newest(opened, document):
                snapshot, rules = await self._shown_now(opened)
                opened.anchor = await warm(replace(request, snapshot=snapshot, rules=rules), checked, self.settings)
        except (EngineError, Withdrawn):
            return  # nobody waits for this; the next request reports it

    def _look_no_further(self) -> None:
        if self._foresight is not None:
            self._foresight.cancel()

    def _document(self, uri: str) -> Document | None:
        opened = self.opened.get(uri)
        return None if opened is None else opened.document

    def _is_prose(self, opened: OpenDocument, trigger: Trigger) -> bool:
        """Return whether a document is a cell of prose, and nobody has asked expressly."""
        is_asked = trigger == "invoked" or self.settings.in_comments
        return opened.kind == "cell" and not is_asked and self.notebooks.is_prose(opened.document)

    def _is_newest(self, opened: OpenDocument, document: Document) -> bool:
        return self.opened.get(opened.uri) is opened and opened.document is document

    def _is_paused(self, opened: OpenDocument) -> bool:
        language = opened.document.language_id
        return self.pauses.covers(language, time.time()) or not self.settings.enable.allow(language)

    def _count_request(self, more: int) -> None:
        self._requests += more
        self._events.busy(self._requests)

    def _asking(self) -> list[asyncio.Task[object]]:
        return [opened.asking for opened in self.opened.values() if opened.asking is not None]

    def _other_model(self) -> None:
        """Drop the answers and anchors of the previous model: another one answers from now on."""
        self._look_no_further()
        self.completion_cache.clear()
        for opened in self.opened.values():
            opened.forget()

    def _spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task: asyncio.Task[object] = asyncio.create_task(work)
        if self._closing is not None:
            task.cancel()  # too late to begin anything
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
