"""The server's memory, its only mutable object. Changed by handlers, on the event loop, and by nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from dovetail.completion.anchor import Anchor
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import accepted, complete, warm
from dovetail.completion.remembered import Memory
from dovetail.completion.request import Completion, CompletionRequest, Trigger
from dovetail.rules.live import Standing, own_rules
from dovetail.rules.source import RULES_FILE, Problem
from dovetail.session.caches import index_cache
from dovetail.session.chosen import Chosen
from dovetail.session.engine import MakeEngine
from dovetail.session.feedback import Feedback
from dovetail.session.kept import KeptStates
from dovetail.session.power import on_battery
from dovetail.session.recent import RecentPlaces
from dovetail.session.rhythm import Rhythm
from dovetail.session.rules import RulesKeeper
from dovetail.session.workspaces import Workspace, Workspaces
from dovetail.settings import Settings, SettingsError, load_settings
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding
from dovetail_context.garbage import spare_the_index
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.workspace.exclude import excluded_name
from dovetail_context.workspace.gitignore import GITIGNORE
from dovetail_context.workspace.redaction import Redaction
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError

NO_PROJECT = IndexSnapshot(Path())
# So long after an answer without a keystroke, the model reads the place afresh.
IDLE_S = 0.8
# So many different completions for who asks expressly.
CANDIDATES = 3


class SessionEvents(Protocol):
    """What the session tells the outside. Progress and readiness come from the index thread, all else from the loop."""

    def trouble(self, message: str) -> None: ...

    def engine_status(self, status: EngineStatus) -> None: ...

    def index_started(self, root: Path) -> None: ...

    def index_progress(self, root: Path, done: int, total: int) -> None: ...

    def index_ready(self, root: Path) -> None: ...

    def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands: its workspace and its path there. A buffer without a file has no workspace."""

    workspace: Workspace | None
    path: str


class Session:
    """Open documents, open workspaces, one engine, and the newest running request of each document."""

    def __init__(self, make_engine: MakeEngine, events: SessionEvents) -> None:
        self.encoding = Encoding.UTF16  # the protocol's default until the client has said what it speaks
        self.settings = Settings()
        self.documents: dict[str, Document] = {}
        self.answers: dict[str, Completion] = {}  # the newest completion of each open document
        self.rules = RulesKeeper(events, self._buffer, self._spawn)
        self.requests: dict[str, CompletionRequest] = {}  # what each of them answers
        self.workspaces = Workspaces(self._start_index, lambda: self.rules.own, lambda: index_cache(self.settings))
        self.kept = KeptStates(self.workspaces, events.trouble, self._spawn)
        self.memory = Memory()
        self.rhythm = Rhythm()
        self.recent = RecentPlaces()
        self.feedback = Feedback()
        self._make_engine = make_engine
        self._events = events
        self._engine: Engine | EngineError = EngineError("The editor has not yet told its settings.")
        self._places: dict[str, Place] = {}
        self._newest: dict[str, asyncio.Task[Completion | None]] = {}
        self._anchors: dict[str, Anchor] = {}
        self._redactions: dict[str, Redaction] = {}
        self._foresight: asyncio.Task[object] | None = None
        self._typed_at = 0.0
        self._closing: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[object]] = set()

    def configure(self, *layers: tuple[str, Mapping[str, object]]) -> None:
        """Take the user's settings under those of `layers` (place, values). A mistake in them is told, not raised."""
        try:
            self.settings = load_settings(*layers)
            self.kept.configure(self.settings)
            self._engine = self._make_engine(self.settings, self._events.engine_status)
        except (SettingsError, EngineError) as error:
            self._engine = EngineError(str(error))
            self._events.trouble(str(error))

    def configure_rules(self, editor: Mapping[str, object], trusted: bool) -> None:
        """Take the user's own rules and the editor's; workspaces that are not `trusted` only leave things out."""
        self.rules.take(own_rules(editor, trusted))

    def trust(self, trusted: bool) -> None:
        """The user has said whether the open workspaces are trusted."""
        self.rules.own = replace(self.rules.own, trusted=trusted)
        for workspace in self.workspaces.all():
            self._reload_rules(workspace)

    def warm_up(self) -> None:
        """Start the engine in the background, so that the first completion does not wait for the model to load."""
        if not isinstance(self._engine, EngineError):
            self._spawn(self._load(self._engine))

    def open_folder(self, root: Path) -> None:
        """Index a workspace folder in the background."""
        self.workspaces.open(root)

    def close_folder(self, root: Path) -> None:
        """Forget a workspace folder. Its open documents are completed without the rest of the project."""
        workspace = self.workspaces.remove(root)
        if workspace is not None:
            for uri, place in self._places.items():
                if place.workspace is workspace:
                    self._places[uri] = Place(None, place.path)
            self.rules.forget(workspace)
            self._spawn(asyncio.to_thread(workspace.index.close))

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files were created, changed or deleted on disk."""
        for path in paths:
            for workspace in self.workspaces.all():
                if path.is_relative_to(workspace.root):
                    workspace.index.apply([workspace.relative(path)])
                if path == workspace.rules.file:
                    self._reload_rules(workspace)
                elif path.name == GITIGNORE:
                    self.kept.look_through(anew=True)

    def open_document(self, document: Document, path: Path | None) -> None:
        """A document that the editor shows. `path` is its file, or None for a buffer that was never saved."""
        self.documents[document.uri] = document
        self._places[document.uri] = self._place(document.uri, path)
        self._overlay(document.uri, document.text)
        self._check_rules(document.uri)

    def change_document(self, uri: str, edits: Iterable[Edit], version: int) -> None:
        """Apply a client's edits. A document that is not open is ignored."""
        document = self.documents.get(uri)
        if document is not None:
            now = time.monotonic()
            self.rhythm, self._typed_at = self.rhythm.typed(now - self._typed_at), now
            edits = list(edits)
            self.feedback.changed(document, edits, self.encoding)
            place = self._places[uri]
            if place.workspace is not None:
                self.recent.edited(place.workspace.root, place.path, edits, now)
            self.documents[uri] = document = document.edited(edits, version, self.encoding)
            self._overlay(uri, document.text)
            self._check_rules(uri)

    def close_document(self, uri: str) -> None:
        """The disk speaks for this file again."""
        if self.documents.pop(uri, None) is not None:
            self._overlay(uri, None)
            self._check_rules(uri)
            self.feedback.closed(uri)
            self.answers.pop(uri, None)
            self.requests.pop(uri, None)
            self._anchors.pop(uri, None)
            self._redactions.pop(uri, None)
            del self._places[uri]

    async def complete(
        self, uri: str, offset: int, trigger: Trigger, selected: Edit | None = None
    ) -> Completion | None:
        """Complete an open document at an offset. The newest request of a document wins: an older one answers None.

        `selected` is what the editor's own list of words would put there: then the document is completed as it would
        be with that, and the completion begins with it. Raises EngineError when the model cannot answer.
        """
        if isinstance(self._engine, EngineError):
            raise self._engine
        document, engine = self.documents[uri], self._engine
        if self._is_silent(uri):
            return None
        chosen = Chosen.of(document, selected, self.encoding)
        asked, at = (chosen.document, chosen.end) if chosen else (document, offset)
        request = self._request(uri, asked.text, at, trigger)
        self._look_no_further()
        completion = await self._newest_wins(uri, complete(request, engine, self.settings, self.memory))
        is_still_asked = self.documents.get(uri) is document
        if completion is None or not is_still_asked:
            return None
        if not completion.remembered:
            self.rhythm = self.rhythm.answered(completion.reply)
            self._anchors[uri] = completion.anchor
        self.answers[uri], self.requests[uri] = completion, request
        place = self._places[uri]
        if place.workspace is not None:
            self.recent.viewed(place.workspace.root, place.path, completion.line, time.monotonic())
        if not completion.remembered:  # else what follows has been made ready already
            self._foresight = self._spawn(self._look_ahead(request, completion, engine))
        return chosen.begin(completion) if chosen else completion

    async def close(self) -> None:
        """Stop everything that was started. Nothing is left running afterwards; a second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        running = [*self._newest.values(), *self._background]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.feedback.close()
        engine = None if isinstance(self._engine, EngineError) else self._engine
        await self.kept.finish(engine)
        if engine is not None:
            await engine.close()
        await asyncio.to_thread(self.workspaces.close_all)

    def _request(self, uri: str, text: str, offset: int, trigger: Trigger) -> CompletionRequest:
        place, anchor = self._places[uri], self._anchors.get(uri)
        workspace = place.workspace
        asked_before = self.answers.get(uri)
        tokens = asked_before.reply.prompt_tokens if asked_before else 0
        snapshot = place.workspace.index.snapshot if place.workspace else NO_PROJECT
        return CompletionRequest(
            document=uri,
            path=place.path,
            text=self._redacted(uri, text),
            offset=offset,
            snapshot=snapshot,
            rules=place.workspace.rules.standing(place.path, snapshot) if place.workspace else Standing(),
            trigger=trigger,
            anchor=None if self.rhythm.reads_quickly(tokens) else anchor,
            pause_s=self.rhythm.pause_s(on_battery()) if trigger == "automatic" else 0.0,
            hurried=True,
            candidates=CANDIDATES if trigger == "invoked" else 1,
            recent=self.recent.places(workspace.root, place.path, time.monotonic()) if workspace else (),
            shown=asked_before.context.pieces if asked_before else (),
        )

    def _redacted(self, uri: str, text: str) -> str:
        before = self._redactions.get(uri)
        self._redactions[uri] = after = before.followed_by(text) if before else Redaction.of(text)
        return after.redacted

    async def _look_ahead(self, request: CompletionRequest, completion: Completion, engine: Engine) -> None:
        """When an answer is out: make ready what will be wanted if it is accepted; when the cursor rests, let a slow
        model read the place afresh. What is not mains-powered does neither."""
        if on_battery():
            return
        uri, document = request.document, self.documents.get(request.document)
        try:
            if completion.text:
                await complete(accepted(request, completion), engine, self.settings, self.memory)
            await asyncio.sleep(IDLE_S)
            tokens = completion.reply.prompt_tokens
            if not self.rhythm.reads_quickly(tokens) and self.documents.get(uri) is document:
                self._anchors[uri] = await warm(request, engine, self.settings)
        except EngineError:
            return  # nobody waits for this; whoever asks next is told

    def _look_no_further(self) -> None:
        if self._foresight is not None:
            self._foresight.cancel()

    async def _newest_wins(self, uri: str, work: Coroutine[Any, Any, Completion | None]) -> Completion | None:
        older = self._newest.get(uri)
        if older is not None:
            older.cancel()
        task = self._newest[uri] = asyncio.create_task(work)
        try:
            return await task
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
            return None  # a newer request took its place
        finally:
            if self._newest.get(uri) is task:
                del self._newest[uri]

    async def _load(self, engine: Engine) -> None:
        try:
            await engine.ensure_ready()
        except EngineError as error:
            self._events.trouble(str(error))

    def _start_index(self, workspace: Workspace) -> None:
        def ready(_report: object) -> None:
            spare_the_index()
            self._events.index_ready(workspace.root)

        self._events.index_started(workspace.root)
        workspace.index.start(
            progress=lambda done, total: self._events.index_progress(workspace.root, done, total), on_ready=ready
        )
        loop = asyncio.get_running_loop()

        def told_too(paths: frozenset[str]) -> None:
            # The root itself stands for everything: more has changed than the system told.
            if loop.is_closed():
                return
            if paths & {str(workspace.rules.file), str(workspace.root)}:
                loop.call_soon_threadsafe(self._reload_rules, workspace)
            elif any(path.endswith(GITIGNORE) for path in paths):
                loop.call_soon_threadsafe(self.kept.look_through, True)

        # Watching a large tree takes a walk through all its folders.
        self._spawn(asyncio.to_thread(workspace.index.watch, told_too))
        self.kept.look_through()
        self.rules.check(workspace)

    def _place(self, uri: str, path: Path | None) -> Place:
        if path is None:
            return Place(None, uri.rpartition("/")[2].rpartition(":")[2])
        workspace = self.workspaces.of(path)
        return Place(workspace, workspace.relative(path))

    def _overlay(self, uri: str, text: str | None) -> None:
        place = self._places[uri]
        if place.workspace is not None:
            place.workspace.index.set_overlay(place.path, text)

    def _reload_rules(self, workspace: Workspace) -> None:
        if workspace in self.workspaces.all():
            self.rules.reload(workspace, self.rules.own)
            self.kept.look_through(anew=True)
            self._look_no_further()
            self.memory.clear()  # answers and anchors hold what the model was shown by the old rules
            for uri, place in self._places.items():
                if place.workspace is workspace:
                    self._anchors.pop(uri, None)
                    self._overlay(uri, self.documents[uri].text)  # the rules may bring it back

    def _check_rules(self, uri: str) -> None:
        place = self._places[uri]
        if place.workspace is not None and place.path == RULES_FILE:
            self.rules.check(place.workspace)

    def _buffer(self, file: Path) -> tuple[str, str] | None:
        for uri, place in self._places.items():
            if place.workspace is not None and place.workspace.root / place.path == file and uri in self.documents:
                return uri, self.documents[uri].text
        return None

    def _is_silent(self, uri: str) -> bool:
        """Whether nothing is suggested in a document, whatever is asked: by a rule, or since it holds secrets."""
        place = self._places[uri]
        if place.workspace is None:
            return excluded_name(place.path.rpartition("/")[2]) == "may hold secrets"
        return not place.workspace.rules.rules.for_path(place.path).completion

    def _spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
