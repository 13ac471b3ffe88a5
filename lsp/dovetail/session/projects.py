"""The projects of a session: folders that come and go, the index and the rules of each, and which one an open document
belongs to. Changed on the event loop alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dovetail.completion.threads import on_thread
from dovetail.rules.live import OwnRules, RulesReading, own_rules
from dovetail.rules.source import RULES_FILE
from dovetail.session.open_document import OpenDocument
from dovetail.session.workspaces.disclosure import Disclosure
from dovetail.session.workspaces.document_location import DocumentLocation, Kind, place_of
from dovetail.session.workspaces.persisted_kv import PersistedKv
from dovetail.session.workspaces.rules import RulesEvents, RulesKeeper
from dovetail.session.workspaces.workspaces import Workspace, Workspaces
from dovetail_context.api import GITIGNORE, IndexCache, excluded_name, tune_gc

Spawn = Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]]


class ProjectEvents(RulesEvents, Protocol):
    """Events of the projects. Progress and readiness come from the index thread, all else from the event loop."""

    def index_started(self, root: Path) -> None: ...

    def index_progress(self, root: Path, done: int, total: int) -> None: ...

    def index_ready(self, root: Path) -> None: ...


class Projects:
    """The open projects, their rules, and what of them the model may see."""

    def __init__(
        self,
        opened: Mapping[str, OpenDocument],
        events: ProjectEvents,
        spawn: Spawn,
        cache: Callable[[], IndexCache | None],
        on_new_rules: Callable[[], None],
    ) -> None:
        """`opened` are the session's documents; `spawn` starts work that ends with the session; `cache` is where
        indexes keep what they know between starts; `on_new_rules` is called when other rules hold than before."""
        self.rules = RulesKeeper(events, self._buffer, spawn)
        self.workspaces = Workspaces(self._start, lambda: self.rules.own, cache)
        self.disclosure = Disclosure(
            self.workspaces, lambda: self.rules.own, self._unsaved, self._renew, self._own_rules_changed
        )
        self.kept = PersistedKv(self.workspaces, events.trouble, spawn)
        self._folders: list[Workspace] = []  # that the editor has opened
        self._latest: Workspace | None = None  # of the file that the user was at last
        self._opened = opened
        self._events = events
        self._spawn = spawn
        self._on_new_rules = on_new_rules

    def configure_rules(self, editor: Mapping[str, object], trusted: bool) -> None:
        """Take the user's own rules and the editor's; workspaces that are not `trusted` only leave things out."""
        own = own_rules(editor, trusted)
        if own != self.rules.own:
            self.disclosure.withdraw()
            self.rules.take(own)
            self._hold(own)

    @property
    def is_trusted(self) -> bool:
        """Whether the user trusts the workspaces."""
        return self.rules.own.trusted

    def trust(self, trusted: bool) -> None:
        """Apply the user's decision on whether the open workspaces are trusted."""
        self.disclosure.withdraw()
        self._hold(replace(self.rules.own, trusted=trusted))

    def open(self, root: Path) -> None:
        """Index a folder in the background. Documents that are open in it belong to it."""
        workspace = self.workspaces.open(root)
        if workspace not in self._folders:
            self._folders.append(workspace)
        self._place_again()

    def close(self, root: Path) -> None:
        """Forget a folder. Its open documents belong to the folder around it, if one is open, or to none."""
        workspace = self.workspaces.remove(root)
        if workspace is not None:
            self.disclosure.withdraw()
            self._folders = [folder for folder in self._folders if folder is not workspace]
            self._place_again()
            self.rules.forget(workspace)
            self._spawn(asyncio.to_thread(workspace.index.close))

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files were created, changed or deleted on disk."""
        changed = set(paths)
        for opened in self._opened.values():
            opened.was_saved = opened.was_saved or (opened.file in changed and opened.file.is_file())
        for path in changed:
            for workspace in self.workspaces.all():
                if path.is_relative_to(workspace.root):
                    workspace.index.apply([workspace.relative(path)])
                if path == workspace.rules.file:
                    self._spawn(self.disclosure.permits(workspace))
                elif path.name in (GITIGNORE, RULES_FILE):
                    self.kept.prune(rules_changed=True)
            if path.name == RULES_FILE:  # its folder becomes a project of its own, or ceases to be one
                self._place_again()

    def place(self, uri: str, file: Path | None, kind: Kind) -> DocumentLocation:
        """Return where a document belongs.

        A document without a file uses the only open folder, or that of the file that the user visited last.
        """
        around = self._folders[0] if len(self._folders) == 1 else self._latest
        around = around if around in self.workspaces.all() else None
        return place_of(uri, file, kind, self.workspaces, around)

    def visited(self, opened: OpenDocument) -> None:
        """Record that the user is working in a document."""
        self._latest = opened.project or self._latest

    def place_loose(self, opened: OpenDocument) -> None:
        """Place what is no file and has no project yet: a folder may have been opened since."""
        if opened.place.workspace is None and opened.kind != "file":
            opened.place = self.place(opened.uri, opened.file, opened.kind)

    def overlay(self, opened: OpenDocument, text: str | None) -> None:
        """Let the text of an open file replace the one on disk; None restores the text on disk."""
        workspace = opened.project
        if workspace is not None and workspace.is_ready:
            workspace.index.set_overlay(opened.place.path, text, "" if text is None else opened.language)

    def check_rules(self, opened: OpenDocument) -> None:
        if opened.project is not None and opened.place.path == RULES_FILE:
            self.rules.check(opened.project)

    def is_silent(self, opened: OpenDocument) -> bool:
        """Return whether a document never gets suggestions, because of a rule or because it may hold secrets."""
        place = opened.place
        named = f"{opened.file.parent.name}/{opened.file.name}" if opened.file is not None else place.path
        if excluded_name(named) == "may hold secrets":
            return True
        return (
            place.workspace is not None
            and not place.workspace.rules.rules.for_path(place.path, opened.language).completion
        )

    async def is_silent_now(self, opened: OpenDocument) -> bool:
        """Return `is_silent`, found out on a thread where it is not known yet."""
        return self.is_silent(opened) if self.knows_ruling(opened) else await on_thread(partial(self.is_silent, opened))

    def knows_ruling(self, opened: OpenDocument) -> bool:
        """Return whether `is_silent` is quick: with many rules, the first check of a path takes long."""
        place = opened.place
        return place.workspace is None or place.workspace.rules.rules.is_known(place.path, opened.language)

    def newest_root(self) -> Path | None:
        """Return the root of the project whose document was opened last, if any document belongs to one."""
        roots = [opened.project.root for opened in self._opened.values() if opened.project is not None]
        return roots[-1] if roots else None

    async def finish(self) -> None:
        """Stop every index, and wait for it."""
        await asyncio.to_thread(self.workspaces.close_all)

    def _start(self, workspace: Workspace) -> None:
        self._spawn(self._begin(workspace))

    async def _begin(self, workspace: Workspace) -> None:
        """Read the rules of a workspace, then the workspace. Read no text of the project before its rules."""
        await self.disclosure.permits(workspace)
        if workspace not in self.workspaces.all():
            return  # it was closed meanwhile

        def ready(_report: object) -> None:
            tune_gc()
            self._events.index_ready(workspace.root)

        self._events.index_started(workspace.root)
        workspace.index.start(
            progress=lambda done, total: self._events.index_progress(workspace.root, done, total), on_ready=ready
        )
        workspace.is_ready = True
        for opened in self._opened.values():
            if opened.project is workspace:
                self.overlay(opened, opened.document.text)
        self.kept.prune()
        self.rules.check(workspace)
        loop = asyncio.get_running_loop()

        def changed(paths: frozenset[str]) -> None:
            # The root itself means everything: more has changed than the system reported.
            if loop.is_closed():
                return
            if paths & {str(workspace.rules.file), str(workspace.root)}:
                loop.call_soon_threadsafe(lambda: self._spawn(self.disclosure.permits(workspace)))
            elif any(path.endswith(RULES_FILE) for path in paths):
                loop.call_soon_threadsafe(self._place_again)
            elif any(path.endswith(GITIGNORE) for path in paths):
                loop.call_soon_threadsafe(self.kept.prune, True)

        # Watching a large tree takes a walk through all its folders.
        await asyncio.to_thread(workspace.index.watch, changed)

    def _place_again(self) -> None:
        """Folders have come or gone: each document belongs to the innermost one around it that is open."""
        for opened in self._opened.values():
            if opened.kind != "file" or opened.file is None:
                opened.place = DocumentLocation(None, opened.place.path, opened.place.kind)
                self.place_loose(opened)
                continue
            workspace = self.workspaces.around(opened.file)
            workspace = self.workspaces.of(opened.file) if workspace is not None else None
            if workspace is opened.place.workspace:
                continue
            self.overlay(opened, None)
            path = workspace.relative(opened.file) if workspace is not None else opened.place.path
            opened.place = DocumentLocation(workspace, path)
            self.overlay(opened, opened.document.text)

    def _own_rules_changed(self, own: OwnRules) -> None:
        self.rules.take(own)
        self._hold(own)

    def _hold(self, own: OwnRules) -> None:
        self.rules.own = own
        for workspace in self.workspaces.all():
            self._renew(workspace, None, own)

    def _renew(self, workspace: Workspace, reading: RulesReading | None, own: OwnRules | None = None) -> None:
        """Let changed rules hold in an open workspace."""
        if workspace not in self.workspaces.all():
            return
        self.rules.renew(workspace, reading, own)
        self.kept.prune(rules_changed=True)
        self._on_new_rules()
        for opened in self._opened.values():
            if opened.place.workspace is workspace:
                opened.forget()  # its anchor and answer may hold text that is no longer shown
            if opened.project is workspace:
                self.overlay(opened, opened.document.text)  # the rules may bring it back

    def _buffer(self, file: Path) -> tuple[str, str] | None:
        for opened in self._opened.values():
            project = opened.project
            if project is not None and project.root / opened.place.path == file:
                return opened.uri, opened.document.text
        return None

    def _unsaved(self, workspace: Workspace) -> frozenset[str]:
        """Return the paths of open documents that never were on disk."""
        return frozenset(
            opened.place.path
            for opened in self._opened.values()
            if opened.project is workspace and not opened.was_saved
        )
