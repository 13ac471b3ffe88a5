"""What the index's worker knows: files on disk, open buffers over them, and what changed since the last snapshot.

Only one thread at a time works on it; readers see snapshots. What is known of the disk is an image and what changed
since it was made; `settle` makes the next image.
"""

import os
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path

import numpy as np

from dovetail_context.index.buffers import OpenBuffers
from dovetail_context.index.extraction.build import (
    BuildReport,
    ReadFile,
    Task,
    is_wanted,
    language_of_script,
    odd_language,
    read_files,
    words_of_record,
)
from dovetail_context.index.extraction.crew import read_all
from dovetail_context.index.extraction.projects import ProjectFiles
from dovetail_context.index.extraction.report import report_of
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.storage.cache import IndexCache, image_in_memory
from dovetail_context.index.storage.image import Entry, Image
from dovetail_context.index.table import RecordTable, Unpacker
from dovetail_context.index.words import Ids, TextWords, WordLog, WordView
from dovetail_context.languages.registry import is_project_file, language_for
from dovetail_context.records.packed import DamagedError, PackedRecord, unpack
from dovetail_context.records.record import FileRecord
from dovetail_context.workspace.exclude import excluded_folder
from dovetail_context.workspace.root import RULES_FILE, is_folder, path_inside
from dovetail_context.workspace.scan import Skipped, Stamp, is_excluded, may_be_script, scan, stamp_of_file
from dovetail_context.workspace.selection import EVERYTHING, Selection, left_out, left_out_itself

# With more changed paths than this (a branch switch), one walk over the tree is cheaper than judging each path.
MANY_PATHS = 300
# A file written so shortly before it was looked at may be written again under the same times: file systems count them
# in steps of up to 2 s. It is read again at the next start.
YOUNG_NS = 3_000_000_000
# Writing an image takes about half a second for a million lines. This number or share of changed files justifies it.
STALE_FILES = 50
STALE_SHARE = 0.02

NO_IDS: Ids = np.zeros(0, dtype=np.uint32)


class WorkspaceState:
    """Disk and buffers of one workspace."""

    def __init__(
        self,
        root: Path,
        selection: Selection = EVERYTHING,
        cache: IndexCache | None = None,
        workers: int | None = None,
    ) -> None:
        self._root = root
        self._selection = selection
        self._cache = cache
        self._store = None if cache is None else cache.store(root)
        self._workers = workers
        self._image: Image | None = None
        self._unpacker = Unpacker(self._read_again)
        self._disk: dict[str, PackedRecord | None] = {}  # over the image
        self._words: dict[str, TextWords] = {}  # of files on disk that are not in a snapshot, or behind a buffer there
        self._projects = ProjectFiles()
        self._stamps: dict[str, Stamp] = {}
        self._open = OpenBuffers(root, lambda path: path in self._stamps)
        self._stale: set[str] = set()  # paths whose entry in the image is out of date
        self._young: set[str] = set()  # files whose stamps are good for this process only
        self._scan_skips: tuple[Skipped, ...] = ()
        self._unread: tuple[tuple[str, int], ...] = ()
        self._skipped: dict[str, str] = {}
        self._touched: set[str] = set()
        self._leaving: set[str] = set()  # paths that left the index, and the cache not yet
        self._in_image = False  # whether the image on disk still holds what has left the index
        self._orphans_dropped = False
        self._opened = False  # whether the image is newer than the snapshot
        self._seconds = 0.0
        self._faults: dict[str, None] = {}

    @property
    def faults(self) -> tuple[str, ...]:
        """The problems of the cache, without duplicates."""
        if self._store is not None and self._store.problem:
            self._faults[self._store.problem] = None
        return tuple(self._faults)

    @property
    def project_problems(self) -> tuple[Skipped, ...]:
        """Project files that are unreadable or have invalid contents, in path order."""
        return self._projects.problems(list(self._skipped.items()))

    @property
    def must_purge(self) -> bool:
        """Whether the cache may still hold what has left the index."""
        return self._in_image or (self._store is not None and not self._orphans_dropped)

    def rebuild(self) -> Generator[tuple[int, int], None, None]:
        """Walk the tree and read what is new or changed; yields files done and files in all, after each file."""
        started = time.perf_counter()
        if self._image is None:
            self._open_image()
        selection = self._selection
        young = time.time_ns() - YOUNG_NS
        found = scan(self._root, is_wanted, selection, language_of_script)
        self._scan_skips, self._unread = found.skipped, found.unclaimed
        self._projects.walked(found)
        stamps = {file.path: file.stamp for file in found.files}
        for path in [path for path in self._stamps if path not in stamps]:
            self._forget(path)
        self._purge()
        self._touched.update(self._open.drop_excluded(set(stamps), selection))
        tasks = [Task(path, self._digest(path)) for path, stamp in stamps.items() if self._stamps.get(path) != stamp]
        total = len(stamps)
        done = total - len(tasks)
        if done:
            yield done, total
        with closing(read_all(self._root, tasks, self._cache, self._store, self._workers)) as files:
            for read in files:
                done += 1
                language = odd_language(read.path, read.record)
                if self._selection is selection or left_out(self._selection, read.path, language) is None:
                    self._keep(read, stamps[read.path], young)
                yield done, total
        self._purge()
        self._seconds = time.perf_counter() - started

    def change(self, paths: Iterable[str]) -> Generator[tuple[int, int], None, None]:
        """Read changed files and folders again. Paths are relative to the root or absolute; the root itself means
        everything. Yield like `rebuild` if that takes a walk."""
        paths = set(paths)
        relatives = {relative for path in paths if (relative := path_inside(self._root, path)) is not None}
        walk = len(relatives) > MANY_PATHS or str(self._root) in paths
        for path in sorted(relatives):
            walk = walk or self._change_one(path)
        self._purge()
        if walk:
            yield from self.rebuild()

    def select(self, selection: Selection) -> None:
        """Exclude from now on what `selection` rejects. The next `rebuild` reads the files that this brings back."""
        self._selection = selection
        unwanted = [path for path in self._stamps if left_out(selection, path, self._odd_language(path))]
        for path in unwanted:
            self._forget(path)
        self._touched.update(self._open.drop_left_out(selection))
        self._purge()

    def overlay(self, path: str, text: str | None, language: str = "") -> None:
        """Lay `text` over the file on disk, as `OpenBuffers.lay` does."""
        relative = path_inside(self._root, path)
        if relative is not None and self._open.lay(relative, text, language, self._selection):
            self._touched.add(relative)

    def next_snapshot(self, snapshot: IndexSnapshot, complete: bool | None = None) -> IndexSnapshot:
        """The snapshot after what has changed; the same one if nothing has."""
        if self._opened:
            self._opened = False
            empty = IndexSnapshot(self._root, snapshot.version, analysis=snapshot.analysis)
            snapshot = empty.resting_on(*self._on_image())
        touched, self._touched = sorted(self._touched), set()
        projects = dict(self._projects.texts) if self._projects.is_touched else None
        self._projects.is_touched = False
        words = self._words
        self._words = {path: words[path] for path in words.keys() & self._open.records.keys()}
        if not touched and projects is None and complete in (None, snapshot.complete):
            return snapshot
        records: dict[str, PackedRecord | FileRecord | None] = {}
        new_words: dict[str, TextWords] = {}
        for path in touched:
            buffer = self._open.records.get(path)
            record = records[path] = self._packed(path) if buffer is None else buffer
            if isinstance(record, FileRecord):
                new_words[path] = self._open.words(path)
            elif record is not None:
                new_words[path] = words[path] if path in words else words_of_record(self._unpacked(path, record))
        return snapshot.updated(records, new_words, projects, complete)

    def settle(self, snapshot: IndexSnapshot, purge: bool) -> IndexSnapshot:
        """Make an image if enough has changed, on disk if there is a cache; the same snapshot over it. `purge`
        makes what has left the index leave the disk, too."""
        if self._store is not None:
            if purge and not self._orphans_dropped:  # a killed process may have put in what no image ever knew
                self._store.drop_all_but(self._stamps)
                self._orphans_dropped = True
            self._store.scrub()
        count = len(self._stamps)
        is_fresh = len(self._stale) <= max(STALE_FILES, STALE_SHARE * count)
        if self._image is not None and is_fresh and not (purge and self._in_image):
            return snapshot
        log = snapshot.words.log
        entries = [self._entry(path, snapshot, log) for path in sorted(self._stamps)]
        self._image = self._written(entries, log.words())
        self._in_image = False
        self._disk.clear()
        self._stale.clear()
        if self._store is not None:
            self._store.evict()
        return snapshot.resting_on(*self._on_image())

    def close(self) -> None:
        """Let go of the cache."""
        if self._store is not None:
            self._store.close()

    def report(self) -> BuildReport:
        """What is known now, as the report of the last walk."""
        skipped = (*self._scan_skips, *(Skipped(path, reason) for path, reason in self._skipped.items()))
        return report_of(self._image, self._disk, skipped, self.project_problems, self._seconds, self._unread)

    def _odd_language(self, path: str) -> str:
        return odd_language(path, self._packed(path)) if language_for(path) is None else ""

    def _change_one(self, path: str) -> bool:
        """Process one changed path. Return true if only a walk over the tree can show what changed."""
        folder, _, name = path.rpartition("/")
        if any(excluded_folder(part, frozenset()) for part in folder.split("/") if part) and path not in self._stamps:
            return False
        full = self._root / path
        if name == ".gitignore" or (name == RULES_FILE and folder):
            return True
        if not is_wanted(path) and path not in self._stamps and not may_be_script(full):
            if is_folder(full):
                return (
                    excluded_folder(name, frozenset()) is None
                    and is_excluded(self._root, path, self._selection, names_folder=True) is None
                )
            self._forget_below(path)
            return False
        stamp = stamp_of_file(full)
        if stamp is None:
            self._forget(path)
            self._forget_below(path)
            # Only a walk notes a path that has the name of a project file but is none, or was so until now.
            is_noted = is_project_file(path) and (os.path.lexists(full) or self._projects.was_passed_over(path))
            return is_noted or is_folder(full)
        reason = is_excluded(self._root, path, self._selection)
        if reason is None and not is_wanted(path):
            language = language_of_script(str(full))
            reason = left_out_itself(self._selection, path, language) if language else "no script"
        if reason is not None:
            self._forget(path)
            return is_project_file(path) and full.is_symlink()
        young = time.time_ns() - YOUNG_NS
        for read in read_files(self._root, [Task(path, self._digest(path))], self._store):
            self._keep(read, stamp, young)
        return False

    def _keep(self, read: ReadFile, stamp: Stamp, young: int) -> None:
        """Take in what was read. Stamps later than `young` are good for this process only."""
        path = read.path
        self._stale.add(path)
        self._stamps[path] = stamp
        if max(stamp.modified_ns, stamp.changed_ns) > young:
            self._young.add(path)
        else:
            self._young.discard(path)
        if read.unchanged:
            return
        self._skipped.pop(path, None)
        if read.project is not None:
            self._projects.keep(path, read.project, read.problem)
        elif read.record is None:
            if self._remove(path):
                self._leaving.add(path)
            self._skipped[path] = read.skipped
        else:
            self._disk[path] = read.record
            self._words[path] = read.words
            self._touched.add(path)

    def _purge(self) -> None:
        """Let what has left the index leave the cache: the records now, the image with the next one."""
        leaving, self._leaving = self._leaving, set()
        if leaving and self._cache is not None and self._store is not None:
            self._store.drop(leaving)
            self._in_image |= self._image is not None and any(map(self._image.holds, leaving))

    def _forget(self, path: str) -> None:
        self._stale.add(path)
        if self._stamps.pop(path, None) is not None:
            self._leaving.add(path)
        self._skipped.pop(path, None)
        self._remove(path)

    def _remove(self, path: str) -> bool:
        """Forget what a file held; false if nothing was known."""
        self._words.pop(path, None)
        is_known = self._projects.forget(path)
        if self._packed(path) is not None:
            self._disk[path] = None
            self._touched.add(path)
            is_known = True
        return is_known

    def _forget_below(self, folder: str) -> None:
        prefix = folder + "/"
        for path in [path for path in self._stamps if path.startswith(prefix)]:
            self._forget(path)

    def _packed(self, path: str) -> PackedRecord | None:
        """The record of a file on disk."""
        if path in self._disk:
            return self._disk[path]
        number = None if self._image is None else self._image.number_of(path)
        if number is None or self._image is None:
            return None
        try:
            return self._image.packed(number)
        except DamagedError:
            return self._read_packed(path)

    def _digest(self, path: str) -> str:
        """The digest of a file on disk, "" if there is no record of it."""
        if path in self._disk:
            record = self._disk[path]
            return "" if record is None else record.digest
        number = None if self._image is None else self._image.number_of(path)
        return "" if number is None or self._image is None else self._image.digests[number]

    def _unpacked(self, path: str, record: PackedRecord) -> FileRecord:
        return self._unpacker.record(path, record.digest, lambda: record)

    def _open_image(self) -> None:
        if self._cache is None:
            return
        image = self._cache.open_image(self._root, self._damaged)
        if image is None:
            return
        self._image, self._opened = image, True
        self._stamps, self._skipped = image.stamps(), image.skipped()
        self._projects.open(image.projects(), image.project_problems())
        self._touched.update(self._open.records)

    def _on_image(self) -> tuple[RecordTable, WordView]:
        """What the image holds, with the open buffers over it."""
        buffers = self._open.records
        words = [(path, self._open.words(path)) for path in buffers]
        return RecordTable(self._image, dict(buffers), self._unpacker), WordView(WordLog(self._image)).updated(
            words, ()
        )

    def _entry(self, path: str, snapshot: IndexSnapshot, log: WordLog) -> Entry:
        """What the next image holds of a file."""
        stamp = Stamp(-1, 0, 0) if path in self._young else self._stamps[path]
        record = self._packed(path)
        if record is None:
            problem = self._skipped.get(path) or self._projects.problem_of(path)
            return Entry(path, stamp, None, NO_IDS, problem, self._projects.texts.get(path))
        number = None if self._image is None or path in self._disk else self._image.number_of(path)
        if number is not None and self._image is not None:
            return Entry(path, stamp, record, self._image.word_ids(number))
        if path in self._open.records:  # the words that the snapshot knows are not those of the file
            return Entry(path, stamp, record, log.append(path, self._words_on_disk(path, record)).ids)
        return Entry(path, stamp, record, snapshot.words.files[path].ids)

    def _words_on_disk(self, path: str, record: PackedRecord) -> TextWords:
        """The words of a file over which a buffer lies."""
        if self._open.records[path].digest == record.digest:
            return self._open.words(path)
        if path not in self._words:
            self._words[path] = words_of_record(self._unpacked(path, record))
        return self._words[path]

    def _written(self, entries: list[Entry], words: list[str]) -> Image:
        if self._cache is not None:
            try:
                return self._cache.write_image(self._root, entries, words, self._damaged)
            except OSError as error:
                self._faults[f"{self._cache.folder} is not used: {error.strerror or error}"] = None
                if self._in_image:
                    self._cache.drop_images(self._root)
        return image_in_memory(entries, words)

    def _damaged(self, what: str) -> None:
        """Called on any thread. The next start makes the image again."""
        if self._cache is not None:
            self._faults[f"the image of {self._root} is damaged ({what}) and will be made again"] = None
            self._cache.drop_images(self._root)

    def _read_again(self, path: str) -> FileRecord | None:
        """The record of a file whose packed form is damaged."""
        packed = self._read_packed(path)
        return None if packed is None else unpack(path, packed)

    def _read_packed(self, path: str) -> PackedRecord | None:
        self._damaged(path)
        return next(iter(read_files(self._root, [Task(path)], None))).record
