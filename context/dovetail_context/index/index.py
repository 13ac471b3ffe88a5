"""`WorkspaceIndex`: keeps the snapshot of a workspace up to date, on one named thread.

Callers notify it of changes, and it never blocks them. Its result is `snapshot`, which one assignment replaces.
`state.py` turns files on disk and open buffers into records.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from dovetail_context.index.extraction.build import BuildReport
from dovetail_context.index.freed_memory import give_back
from dovetail_context.index.pending import Pending, Progress, PurgeClock
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.state import WorkspaceState
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.workspace.root import is_too_wide
from dovetail_context.workspace.scan import folders_below
from dovetail_context.workspace.selection import EVERYTHING, Selection
from dovetail_context.workspace.watch import Watcher

THREAD_NAME = "dovetail-index"
# During a cold build what is there so far is published this often: copying the table of files costs about 1 ms per
# 10,000.
PUBLISH_EVERY_S = 0.5
TYPED_EVERY_S = 0.02  # and if something was typed
MAX_PROBLEMS = 200  # kept for the user to see; the newest win


class WorkspaceIndex:
    """The index of one workspace. Nothing is read before `build` or `start`."""

    def __init__(
        self,
        root: Path,
        selection: Selection = EVERYTHING,
        cache: IndexCache | None = None,
        workers: int | None = None,
    ) -> None:
        """`cache` keeps what is known between starts. `workers` processes read a cold project; None lets the index
        choose, 0 reads it in this process."""
        self.root = Path(root).absolute()
        self.last_report: BuildReport | None = None
        self._selection = selection
        self._state = WorkspaceState(self.root, selection, cache, workers)
        self._snapshot = IndexSnapshot(self.root)
        self._problems: list[str] = []
        self._work = threading.Condition()
        self._pending = Pending()
        self._busy = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self._watcher: Watcher | None = None
        self._watching = threading.Lock()  # against watching what is being closed
        self._purge = PurgeClock()
        self._working = threading.RLock()

    @property
    def snapshot(self) -> IndexSnapshot:
        """The current snapshot; empty before the first build."""
        return self._snapshot

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems of the cache and of project files, then the errors of the background, newest last."""
        manifests = (f"{problem.path}: {problem.reason}" for problem in self._state.project_problems)
        return (*self._state.faults, *manifests, *self._problems)

    def build(self, progress: Progress | None = None) -> BuildReport:
        """Read the whole workspace, on the caller's thread. `progress` gets files done and files in all."""
        with self._working:
            report = self._build(progress)
            self._settle(purge=True)
            return report

    def start(self, progress: Progress | None = None, on_ready: Callable[[BuildReport], None] | None = None) -> None:
        """Build on the index thread, then process changes there. `on_ready` is called on that thread."""
        with self._work:
            if self._thread is not None or self._closing:
                return
            self._pending.builds.append((progress, on_ready))
            self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
            self._thread.start()

    def set_overlay(self, path: str, text: str | None, language: str = "") -> None:
        """Use `text` as the content of `path` (relative or absolute); None returns to the file on disk. `language` is
        the language id, or "" if the path or the first line implies it."""
        self._post(lambda pending: pending.overlay(path, text, time.monotonic(), language))

    def select(self, selection: Selection) -> None:
        """Exclude what `selection` rejects. It leaves the snapshot at once; files that come back are read after that.

        The caller must pass open buffers that come back again.
        """
        if selection == self._selection:
            return
        self._selection = selection
        watcher = self._watcher
        if watcher is not None:
            watcher.refresh()
        on_thread = self._thread is not None
        self._post(lambda pending: pending.select(selection, walk_after=on_thread))
        if not on_thread and self._snapshot.complete:
            self.build()

    def apply(self, paths: Iterable[str]) -> None:
        """Read again what changed: files or folders, created, changed or deleted; relative to the root or absolute."""
        changed = list(paths)
        self._post(lambda pending: pending.paths.update(changed))

    def watch(self, on_change: Callable[[frozenset[str]], None] = lambda paths: None) -> None:
        """Follow changes on disk. If the system cannot watch, `problems` reports that, and the index polls.

        `on_change` gets the absolute paths that changed, on the watcher's thread.
        """
        if is_too_wide(self.root):
            self._note("a home, system or library folder is neither read nor watched: open the folder of a project")
            return

        def changed(paths: frozenset[str]) -> None:
            self.apply(paths)
            on_change(paths)

        with self._watching:
            if self._watcher is None and not self._closing:
                self._watcher = Watcher(self.root, self._folders, changed, self._note)
                self._watcher.start()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; False if that took longer than `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with self._work:
                quiet = not self._busy and self._pending.empty
                if not quiet:
                    self._work.wait(max(0.0, deadline - time.monotonic()))
            watcher = self._watcher
            if quiet and not (watcher is not None and watcher.pending):
                return True
            if quiet:
                time.sleep(0.01)
        return False

    def close(self) -> None:
        """Stop watching and working and join all threads; may be called more than once, and while `watch` begins.

        What has left the index leaves the disk, too.
        """
        with self._work:
            self._closing = True
            self._work.notify_all()
        with self._watching:
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._working:
            if self._snapshot.complete and self._state.must_purge:
                self._guarded(self._purge_at_end, "removing from disk what has left the project")
            self._state.close()

    def _folders(self, path: str) -> Iterator[str]:
        """The folders at and below `path` that count, all absolute."""
        relative = Path(path).relative_to(self.root).as_posix()
        for folder in folders_below(self.root, "" if relative == "." else relative, self._selection):
            yield str(self.root / folder)

    def _post(self, add: Callable[[Pending], None]) -> None:
        with self._work:
            if self._closing:
                return
            add(self._pending)
            started = self._thread is not None
            self._work.notify_all()
        if not started:
            self._apply_pending()

    def _run(self) -> None:
        while self._wait_for_work():
            with self._work:
                builds, self._pending.builds = self._pending.builds, []
            self._guarded(self._apply_pending, "applying changes")
            for progress, on_ready in builds:
                self._guarded(partial(self._build_and_report, progress, on_ready), "reading the workspace")
            self._guarded(self._settle_on_thread, "keeping what was read")
        with self._work:
            self._busy = False
            self._work.notify_all()

    def _wait_for_work(self) -> bool:
        """Wait until there is something to do; False once the index is being closed."""
        with self._work:
            self._busy = False
            self._work.notify_all()
            while not self._closing and (pause := self._pause_s()) != 0:
                self._work.wait(pause)
            self._busy = True
            return not self._closing

    def _build_and_report(self, progress: Progress | None, on_ready: Callable[[BuildReport], None] | None) -> None:
        with self._working:
            report = self._build(progress)
        if on_ready is not None and not self._closing:
            on_ready(report)

    def _build(self, progress: Progress | None) -> BuildReport:
        self._follow(self._state.rebuild(), progress)
        if not self._closing:
            self._snapshot = self._state.next_snapshot(self._snapshot, complete=True)
        self.last_report = self._state.report()
        return self.last_report

    def _follow(self, walk: Generator[tuple[int, int], None, None], progress: Progress | None = None) -> None:
        """Let a walk go on to its end. What is typed meanwhile reaches the snapshot at once, the rest in steps."""
        published = time.monotonic()
        with closing(walk):
            for done, total in walk:
                if self._closing:
                    return
                if progress is not None:
                    progress(done, total)
                since = time.monotonic() - published
                if done < total and since > (TYPED_EVERY_S if self._pending.overlays else PUBLISH_EVERY_S):
                    self._apply_buffers_and_rules()
                    self._snapshot = self._state.next_snapshot(self._snapshot)
                    published = time.monotonic()

    def _pause_s(self) -> float | None:
        """Return the seconds to wait for the next work: None until a notification arrives, 0 for no wait."""
        now = time.monotonic()
        pauses = [pause for pause in (self._pending.pause_s(now), self._purge.pause_s(now)) if pause is not None]
        return min(pauses, default=None)

    def _settle_on_thread(self) -> None:
        is_due = self._purge.pause_s(time.monotonic()) == 0
        started = time.monotonic()
        self._settle(purge=is_due)
        now = time.monotonic()
        if is_due:
            self._purge.made(started, now)
        else:
            self._purge.worked(self._state.must_purge, now)

    def _settle(self, purge: bool) -> None:
        """Nothing waits for this: the snapshot is as good before. `purge` makes what has left the index leave the disk
        now."""
        with self._working:
            if self._snapshot.complete and not self._closing:
                before, self._snapshot = self._snapshot, self._state.settle(self._snapshot, purge)
                if self._snapshot is not before:  # what was read is in an image now
                    del before
                    give_back()

    def _purge_at_end(self) -> None:
        self._state.settle(self._state.next_snapshot(self._snapshot), purge=True)

    def _apply_pending(self) -> None:
        with self._working:
            self._apply_buffers_and_rules()
            with self._work:
                paths, self._pending.paths = self._pending.paths, set()
            if paths:
                self._follow(self._state.change(paths))
            self._snapshot = self._state.next_snapshot(self._snapshot)

    def _apply_buffers_and_rules(self) -> None:
        """Open buffers and the project's rules."""
        with self._work:
            selection, self._pending.selection = self._pending.selection, None
            overlays, self._pending.overlays = self._pending.overlays, {}
            languages, self._pending.languages = self._pending.languages, {}
        if selection is not None:
            self._state.select(selection)
        for path, text in overlays.items():
            self._state.overlay(path, text, languages[path])

    def _guarded(self, work: Callable[[], None], doing: str) -> None:
        """No fault may end the thread: the last good snapshot stays, and the user can see what happened."""
        try:
            work()
        except Exception as error:  # noqa: BLE001
            self._note(f"{doing} failed: {type(error).__name__}: {error}")

    def _note(self, problem: str) -> None:
        self._problems = [*self._problems[1 - MAX_PROBLEMS :], problem]
