"""Changed paths on disk, debounced. The only module that imports watchdog."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

# Editors and git write a file in several steps within some milliseconds; after this quiet time the set is complete.
QUIET_S = 0.2
# A build tool may write without end; after this time what has changed so far is told.
LONGEST_WAIT_S = 2.0

_IGNORED_EVENTS = frozenset({"opened", "closed_no_write"})


class Watcher:
    """Watches a folder and calls `on_change` with the absolute paths that changed, on a thread of its own."""

    def __init__(self, root: Path, on_change: Callable[[frozenset[str]], None]) -> None:
        self._root = root
        self._on_change = on_change
        self._pending: set[str] = set()
        self._first = self._last = 0.0
        self._changed = threading.Condition()
        self._closing = False
        self._observer = Observer()
        self._thread = threading.Thread(target=self._run, name="dovetail-watch", daemon=True)

    def start(self) -> None:
        """Begin. Raises OSError if the system cannot watch the folder (too many folders, no such folder)."""
        self._observer.schedule(_Handler(self._note), str(self._root), recursive=True)
        self._observer.start()
        self._thread.start()

    def close(self) -> None:
        """Stop and join; may be called more than once, and without `start`."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def pending(self) -> bool:
        """Whether changes were seen that have not been told yet."""
        with self._changed:
            return bool(self._pending)

    def _note(self, path: str) -> None:
        with self._changed:
            now = time.monotonic()
            if not self._pending:
                self._first = now
            self._last = now
            self._pending.add(path)
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._due():
                    self._changed.wait(QUIET_S if self._pending else None)
                if self._closing:
                    return
                told = frozenset(self._pending)
                self._on_change(told)
                self._pending.clear()

    def _due(self) -> bool:
        now = time.monotonic()
        return bool(self._pending) and (now - self._last >= QUIET_S or now - self._first >= LONGEST_WAIT_S)


class _Handler(FileSystemEventHandler):
    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _IGNORED_EVENTS or (event.is_directory and event.event_type == "modified"):
            return
        for path in (event.src_path, event.dest_path):
            if path:
                self._note(path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path)
