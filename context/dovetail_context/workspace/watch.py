"""Changed paths on disk, debounced. The only module that imports watchdog.

On Linux every wanted folder is watched by itself (`inotify.py`); macOS and Windows watch whole trees at no cost, and
this module drops changes in unwanted folders. If the system watches nothing, the caller is notified from time to time
to look for itself. An error in a callback is reported, and never ends the watching.
"""

import errno
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dovetail_context.workspace.exclude import excluded_folder
from dovetail_context.workspace.ignore.gitignore import GITIGNORE, ignore_files_outside
from dovetail_context.workspace.inotify import Inotify
from dovetail_context.workspace.root import RULES_FILE

# Editors and git write a file in several steps within some milliseconds; after this quiet time the set is complete.
QUIET_S = 0.2
# A build tool may write without end. Seconds after which the changes so far are reported anyway.
LONGEST_WAIT_S = 2.0
# Seconds between walks over a tree that cannot be watched. The walks never take more than a fiftieth of the time.
POLL_S = 15.0
POLL_SHARE = 50

Folders = Callable[[str], Iterable[str]]  # the wanted folders at and below a path (all absolute)


class Watcher:
    """Watches a project and calls `on_change` with the absolute paths that changed, on a thread of its own. The root
    among them means everything. `on_trouble` gets a sentence for the user, on that thread.
    """

    def __init__(
        self,
        root: Path,
        folders: Folders,
        on_change: Callable[[frozenset[str]], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._root = str(root)
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._pending: set[str] = set()
        self._first = self._last = 0.0
        self._changed = threading.Condition()
        self._closing = False
        self._beginning = True
        self._source: _Source = (_Folders if sys.platform == "linux" else _Tree)(self._root, folders, self._note)
        self._poll = _Poll(self._root, folders, self._note, self._trouble)
        self._watching = threading.Thread(target=self._watch, name="dovetail-watch-disk", daemon=True)
        self._telling = threading.Thread(target=self._tell, name="dovetail-watch", daemon=True)

    def start(self) -> None:
        """Start watching. Report changes from before everything was watched as a change of the root."""
        self._watching.start()
        self._telling.start()

    def refresh(self) -> None:
        """Other folders may be wanted now."""
        self._source.refresh()

    def close(self) -> None:
        """Stop and join; may be called more than once, and without `start`."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._source.stop()
        self._poll.stop()
        for thread in (self._watching, self._telling):
            if thread.is_alive():
                thread.join()

    @property
    def pending(self) -> bool:
        """Whether some changes have not been reported yet, or some folders are not watched yet."""
        with self._changed:
            return bool(self._pending) or self._beginning

    def _watch(self) -> None:
        try:
            self._source.run(self._begun)
        except Exception as error:  # noqa: BLE001 - whatever it is, changes must still be found
            self._trouble(_advice(error))
            self._begun()
            self._poll.run(lambda: None)

    def _begun(self) -> None:
        self._note(self._root)
        with self._changed:
            self._beginning = False

    def _note(self, path: str) -> None:
        with self._changed:
            now = time.monotonic()
            if not self._pending:
                self._first = now
            self._last = now
            self._pending.add(path)
            self._changed.notify_all()

    def _tell(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._due():
                    self._changed.wait(QUIET_S if self._pending else None)
                if self._closing:
                    return
                paths = frozenset(self._pending)
                try:
                    self._on_change(paths)
                except Exception as error:  # noqa: BLE001 - later changes must still be reported
                    self._trouble(f"a change on disk could not be followed ({type(error).__name__}: {error})")
                self._pending.clear()

    def _trouble(self, message: str) -> None:
        with suppress(Exception):  # if even that fails, there is nobody to notify
            self._on_trouble(message)

    def _due(self) -> bool:
        now = time.monotonic()
        return bool(self._pending) and (now - self._last >= QUIET_S or now - self._first >= LONGEST_WAIT_S)


class _Source(Protocol):
    """Reports paths until it is stopped. Calls `begun` once it misses no change. Raises OSError if it cannot watch."""

    def run(self, begun: Callable[[], None]) -> None: ...

    def refresh(self) -> None: ...

    def stop(self) -> None: ...


class _Folders:
    """Linux: each wanted folder by itself."""

    def __init__(self, root: str, folders: Folders, note: Callable[[str], None]) -> None:
        self._root = root
        self._wanted = folders
        self._note = note
        self._stale = threading.Event()
        self._stopping = threading.Event()
        self._inotify: Inotify | None = None
        self._outside = ignore_files_outside(Path(root))
        self._lock = threading.Lock()  # against waking what has been closed

    def run(self, begun: Callable[[], None]) -> None:
        inotify = Inotify()
        with self._lock:
            self._inotify = inotify
        try:
            self._add_below(inotify, self._root)
            for folder in self._folders_outside():
                inotify.add(folder)
            begun()
            while not self._stopping.is_set():
                self._follow(inotify)
        finally:
            with self._lock:
                self._inotify = None
            inotify.close()

    def refresh(self) -> None:
        self._stale.set()

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            if self._inotify is not None:
                self._inotify.wake()

    def _follow(self, inotify: Inotify) -> None:
        events = inotify.wait(LONGEST_WAIT_S)
        if events is None:  # some were lost
            self._stale.set()
            self._note(self._root)
        outside = self._folders_outside()
        for event in events or ():
            if event.path.rpartition("/")[0] in outside:
                if event.path in self._outside:
                    self._stale.set()
                    self._note(self._root)
                continue
            if event.vanished:
                prefix = event.path + "/"
                for folder in [one for one in inotify.folders if one == event.path or one.startswith(prefix)]:
                    inotify.remove(folder)
            if event.appeared:  # watch before notifying: so the receiver finds files added meanwhile
                self._add_below(inotify, event.path)
            if event.path.endswith(("/" + GITIGNORE, "/" + RULES_FILE)):
                self._stale.set()
            self._note(event.path)
        if self._stale.is_set():
            self._stale.clear()
            wanted = self._add_below(inotify, self._root)
            for folder in inotify.folders - wanted - outside:
                inotify.remove(folder)

    def _folders_outside(self) -> set[str]:
        return {path.rpartition("/")[0] for path in self._outside}

    def _add_below(self, inotify: Inotify, path: str) -> set[str]:
        wanted = set()
        for folder in self._wanted(path):
            if self._stopping.is_set():
                break
            inotify.add(folder)
            wanted.add(folder)
        return wanted


class _Tree:
    """macOS and Windows: the whole tree, by the system's own means."""

    def __init__(self, root: str, folders: Folders, note: Callable[[str], None]) -> None:
        self._root = root
        self._note = note
        self._stopping = threading.Event()

    def run(self, begun: Callable[[], None]) -> None:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler  # not needed on Linux
        from watchdog.observers import Observer

        root, note = self._root, self._note

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                is_content = event.is_directory and event.event_type == "modified"
                if event.event_type in ("opened", "closed_no_write") or is_content:
                    return
                for path in (event.src_path, event.dest_path):
                    if path and _may_count(root, path if isinstance(path, str) else path.decode("utf-8", "replace")):
                        note(str(path))

        outside = ignore_files_outside(Path(root))

        class OutsideHandler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if outside & {str(event.src_path), str(event.dest_path)}:
                    note(root)

        observer = Observer()
        observer.schedule(Handler(), self._root, recursive=True)
        for folder in {str(Path(path).parent) for path in outside}:
            observer.schedule(OutsideHandler(), folder, recursive=False)
        observer.start()
        begun()
        self._stopping.wait()
        observer.stop()
        observer.join()

    def refresh(self) -> None:
        """Everything is watched at all times."""

    def stop(self) -> None:
        self._stopping.set()


class _Poll:
    """Where nothing can be watched: now and then everything may have changed."""

    def __init__(
        self, root: str, folders: Folders, note: Callable[[str], None], trouble: Callable[[str], None]
    ) -> None:
        self._root = root
        self._wanted = folders
        self._note = note
        self._trouble = trouble
        self._stopping = threading.Event()

    def run(self, begun: Callable[[], None]) -> None:
        begun()
        started = time.monotonic()
        try:
            for _ in self._wanted(self._root):
                pass
        except Exception as error:  # noqa: BLE001 - only the time that a walk takes was wanted
            self._trouble(f"the folders of the project cannot be listed ({type(error).__name__}: {error})")
        interval = max(POLL_S, POLL_SHARE * (time.monotonic() - started))
        while not self._stopping.wait(interval):
            self._note(self._root)

    def refresh(self) -> None:
        """It has nothing to forget."""

    def stop(self) -> None:
        self._stopping.set()


def _may_count(root: str, path: str) -> bool:
    """Whether no folder between the root and the path is unwanted by its name alone."""
    inner = Path(path).parts[len(Path(root).parts) : -1]
    return all(excluded_folder(part, frozenset()) is None for part in inner)


def _advice(error: Exception) -> str:
    """What the user should know about a system that does not watch."""
    missing = f"the disk is searched for changes every {POLL_S:.0f} s or less often, as the system reports none"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOSPC:
        return f"{missing}: its limit of watched folders is reached (raise fs.inotify.max_user_watches)"
    if code in (errno.EMFILE, errno.ENFILE):
        return f"{missing}: its limit of watchers is reached (raise fs.inotify.max_user_instances)"
    return f"{missing} ({error})"
