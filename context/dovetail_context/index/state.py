"""What the index's worker knows: files on disk, open buffers over them, and what changed since the last snapshot.

Only one thread at a time works on it; readers see snapshots.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dovetail_context.index.build import BuildReport, ReadFile, is_wanted, read_file, read_text
from dovetail_context.index.record import FileRecord
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import is_project_file
from dovetail_context.workspace.exclude import excluded_folder
from dovetail_context.workspace.scan import ScannedFile, Skipped, is_excluded, scan
from dovetail_context.workspace.secrets import redact
from dovetail_context.workspace.selection import EVERYTHING, Selection, left_out

# With more changed paths than this (a branch switch), one walk over the tree is cheaper than judging each path.
MANY_PATHS = 300


class WorkspaceState:
    """Disk and buffers of one workspace."""

    def __init__(self, root: Path, selection: Selection = EVERYTHING) -> None:
        self._root = root
        self._selection = selection
        self._not_kept: set[str] = set()  # open buffers that do not count; asked once, until a walk
        self._disk: dict[str, FileRecord] = {}
        self._buffers: dict[str, FileRecord] = {}
        self._projects: dict[str, str] = {}
        self._stamps: dict[str, ScannedFile] = {}
        self._scan_skips: tuple[Skipped, ...] = ()
        self._skipped: dict[str, str] = {}
        self._problems: dict[str, tuple[str, ...]] = {}
        self._touched: set[str] = set()
        self._projects_touched = False
        self._seconds = 0.0

    def rebuild(self) -> Iterator[tuple[int, int]]:
        """Walk the tree and read what is new or changed; yields files done and files in all, after each file."""
        started = time.perf_counter()
        selection = self._selection
        found = scan(self._root, is_wanted, selection)
        self._scan_skips = found.skipped
        present = {file.path for file in found.files}
        for path in [path for path in self._stamps if path not in present]:
            self._forget(path)
        self._not_kept.clear()
        for path in [path for path in self._buffers.keys() - present if is_excluded(self._root, path, selection)]:
            del self._buffers[path]
            self._touched.add(path)
        for done, file in enumerate(found.files, start=1):
            if self._stamps.get(file.path) != file and (
                self._selection is selection or left_out(self._selection, file.path) is None
            ):
                self._stamps[file.path] = file
                self._keep(read_file(self._root, file.path))
            yield done, len(found.files)
        self._seconds = time.perf_counter() - started

    def change(self, paths: Iterable[str]) -> None:
        """Read anew what changed on disk: paths of files or folders, relative to the root or absolute."""
        relatives = {relative for path in paths if (relative := self.relative(path)) is not None}
        walk = len(relatives) > MANY_PATHS
        for path in sorted(relatives):
            walk = walk or self._change_one(path)
        if walk:
            for _ in self.rebuild():
                pass

    def select(self, selection: Selection) -> None:
        """Leave out from now on what `selection` says. What that brings back is read by the next `rebuild`."""
        self._selection = selection
        self._not_kept.clear()
        for path in [path for path in {*self._stamps, *self._buffers} if left_out(selection, path)]:
            self._forget(path)
            if self._buffers.pop(path, None) is not None:
                self._touched.add(path)

    def overlay(self, path: str, text: str | None) -> None:
        """Let `text` stand over what is on disk; None takes it away. What would not be read from disk is not kept."""
        relative = self.relative(path)
        if relative is None or (text is not None and not self._keeps_buffer(relative)):
            return
        if text is None:
            if self._buffers.pop(relative, None) is not None:
                self._touched.add(relative)
            return
        text = redact(text)
        known = self._buffers.get(relative) or self._disk.get(relative)
        read = ReadFile(relative, known) if known is not None and known.text == text else read_text(relative, text)
        if read.record is not None:
            self._buffers[relative] = read.record
            self._touched.add(relative)

    def next_snapshot(self, snapshot: IndexSnapshot, complete: bool | None = None) -> IndexSnapshot:
        """The snapshot after what has changed; the same one if nothing has."""
        touched, self._touched = sorted(self._touched), set()
        projects = dict(self._projects) if self._projects_touched else None
        self._projects_touched = False
        if not touched and projects is None and complete in (None, snapshot.complete):
            return snapshot
        effective = {path: self._buffers.get(path) or self._disk.get(path) for path in touched}
        records = [
            record
            for path, record in effective.items()
            if record is not None and snapshot.files.get(path) is not record
        ]
        removed = [path for path, record in effective.items() if record is None]
        return snapshot.updated(records, removed, projects, complete)

    def report(self) -> BuildReport:
        """What is known now, as the report of the last walk."""
        counts = Counter(record.language for record in self._disk.values())
        skipped = (*self._scan_skips, *(Skipped(path, reason) for path, reason in self._skipped.items()))
        problems = (Skipped(path, problem) for path, found in self._problems.items() for problem in found)
        return BuildReport(
            dict(sorted(counts.items())),
            tuple(sorted(skipped, key=lambda skip: skip.path)),
            tuple(sorted(problems, key=lambda skip: skip.path)),
            self._seconds,
        )

    def relative(self, path: str) -> str | None:
        """`path` posix and relative to the root; None if it does not lie under it."""
        given = Path(path)
        try:
            inside = given.relative_to(self._root) if given.is_absolute() else given
        except ValueError:
            return self._relative_by_links(given)
        posix = inside.as_posix()
        return None if posix == "." or ".." in inside.parts else posix

    def _relative_by_links(self, given: Path) -> str | None:
        """The root may be reached by a link (on macOS /tmp is one), and the system tells the real path."""
        try:
            return given.resolve().relative_to(self._root.resolve()).as_posix()
        except (ValueError, OSError, RuntimeError):
            return None

    def _keeps_buffer(self, path: str) -> bool:
        """Whether an open buffer counts: it is asked about with every keystroke, so a walk's answers are kept."""
        if path in self._stamps or path in self._buffers:
            return True
        if path not in self._not_kept and is_excluded(self._root, path, self._selection) is not None:
            self._not_kept.add(path)
        return path not in self._not_kept

    def _change_one(self, path: str) -> bool:
        """Follow one changed path; true if only a walk over the tree can tell what it means."""
        folder, _, name = path.rpartition("/")
        if any(excluded_folder(part, frozenset()) for part in folder.split("/") if part) and path not in self._stamps:
            return False
        full = self._root / path
        if name == ".gitignore":
            return True
        if not is_wanted(path):
            if full.is_dir():
                return (
                    excluded_folder(name, frozenset()) is None
                    and is_excluded(self._root, path, self._selection) is None
                )
            self._forget_below(path)
            return False
        if not full.is_file():
            self._forget(path)
            self._forget_below(path)
            return full.is_dir()
        reason = is_excluded(self._root, path, self._selection)
        if reason is not None:
            self._forget(path)
            return False
        try:
            status = full.stat()
        except OSError:
            self._forget(path)
            return False
        self._stamps[path] = ScannedFile(path, status.st_size, status.st_mtime_ns)
        self._keep(read_file(self._root, path))
        return False

    def _keep(self, read: ReadFile) -> None:
        path = read.path
        self._skipped.pop(path, None)
        self._problems.pop(path, None)
        if read.project is not None:
            self._projects_touched |= self._projects.get(path) != read.project
            self._projects[path] = read.project
            return
        if read.problems:
            self._problems[path] = read.problems
        if read.record is None:
            self._skipped[path] = read.skipped
            if self._disk.pop(path, None) is not None:
                self._touched.add(path)
        elif path not in self._disk or self._disk[path].digest != read.record.digest:
            self._disk[path] = read.record
            self._touched.add(path)

    def _forget(self, path: str) -> None:
        self._stamps.pop(path, None)
        self._skipped.pop(path, None)
        self._problems.pop(path, None)
        if self._disk.pop(path, None) is not None:
            self._touched.add(path)
        if is_project_file(path) and self._projects.pop(path, None) is not None:
            self._projects_touched = True

    def _forget_below(self, folder: str) -> None:
        prefix = folder + "/"
        for path in [path for path in self._stamps if path.startswith(prefix)]:
            self._forget(path)
