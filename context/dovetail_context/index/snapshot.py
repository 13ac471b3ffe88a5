"""`IndexSnapshot`: an immutable picture of the whole project, open buffers over disk.

It is replaced as a whole, never changed. What it derives from its files (import resolvers) is computed when first asked
for and kept, which no reader can observe. The same holds for `analysis`, which all snapshots of an index share.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from dovetail_context.index.analysis import AnalysisCache
from dovetail_context.index.table import RecordTable
from dovetail_context.index.words import TextWords, WordLog, WordView
from dovetail_context.languages.language import ImportResolver
from dovetail_context.languages.registry import language_named
from dovetail_context.records.packed import PackedRecord
from dovetail_context.records.record import FileRecord

# Snapshots without some files are numbered so far below those that an index publishes, edition by edition.
_EDITION = 1 << 40


class IndexSnapshot:
    """The records of all files by path (posix, relative to `root`), and the text of project files.

    `version` counts the snapshots of one index; `complete` is false until the first build is done.
    """

    __slots__ = ("_changes", "_resolvers", "analysis", "complete", "files", "projects", "root", "version", "words")

    def __init__(
        self,
        root: Path,
        version: int = 0,
        files: RecordTable | None = None,
        projects: Mapping[str, str] = MappingProxyType({}),
        words: WordView | None = None,
        complete: bool = False,
        analysis: AnalysisCache | None = None,
    ) -> None:
        self.root = root
        self.version = version
        self.files = RecordTable() if files is None else files
        self.projects = projects
        self.words = WordView(WordLog()) if words is None else words
        self.complete = complete
        self.analysis = AnalysisCache() if analysis is None else analysis
        self._resolvers: dict[str, ImportResolver] = {}
        # The file that changed last, and the version in which any other one did.
        self._changes: tuple[str, int] = ("", version)

    def updated(
        self,
        records: Mapping[str, PackedRecord | FileRecord | None],
        words: Mapping[str, TextWords],
        projects: Mapping[str, str] | None = None,
        complete: bool | None = None,
    ) -> "IndexSnapshot":
        """The next snapshot, with `records` and their `words` in place of those of the same paths; None removes one."""
        removed = [path for path, record in records.items() if record is None]
        changed = IndexSnapshot(
            self.root,
            self.version + 1,
            self.files.updated(records),
            self.projects if projects is None else MappingProxyType(dict(projects)),
            self.words.updated(words.items(), removed),
            self.complete if complete is None else complete,
            self.analysis,
        )
        if projects is None and not self._moved(records):
            changed._resolvers = self._resolvers
        if len(records) == 1 and projects is None and complete is None:
            (path,) = records
            changed._changes = (path, self.version_apart_from(path))
        return changed

    def version_apart_from(self, path: str) -> int:
        """Return the newest version in which anything but this file changed. Two snapshots with the same value agree
        about the rest of the project."""
        last, others = self._changes
        return others if path == last else self.version

    def resting_on(self, files: RecordTable, words: WordView) -> "IndexSnapshot":
        """This snapshot, with the same files and words in another form."""
        same = IndexSnapshot(self.root, self.version, files, self.projects, words, self.complete, self.analysis)
        same._resolvers, same._changes = self._resolvers, self._changes
        return same

    def with_record(self, record: FileRecord) -> "IndexSnapshot":
        """This snapshot as it would be if `record` were its file's content; version and words stay. A text that is no
        file of the project can be asked about so: others do not see it."""
        records = {record.path: record}
        files = self.files.updated(records)
        changed = IndexSnapshot(self.root, self.version, files, self.projects, self.words, self.complete, self.analysis)
        # No import leads to what is no file of the project, and a new resolver costs 10 ms for a thousand files.
        is_visitor = record.path not in self.files and not record.packages
        if is_visitor:
            self.resolver(record.language)  # made without it, as other questions share it
        if is_visitor or not self._moved(records):
            changed._resolvers = self._resolvers
        return changed

    def without(self, paths: Collection[str], edition: int) -> "IndexSnapshot":
        """This snapshot as it would be if it had never held `paths`; itself if it holds none of them.

        `edition`, at least 1, is another one for other `paths`: so no version of one is that of another.
        """
        removed = [path for path in paths if path in self.files]
        if not removed:
            return self
        files, words = self.files.updated(dict.fromkeys(removed)), self.words.updated((), removed)
        version = self.version - edition * _EDITION
        rest = IndexSnapshot(self.root, version, files, self.projects, words, self.complete, self.analysis)
        last, others = self._changes
        rest._changes = (last, others - edition * _EDITION)
        return rest

    def resolver(self, language: str) -> ImportResolver:
        """The import resolver of a language for the files of this snapshot."""
        found = self._resolvers.get(language)
        if found is None:
            paths, known = self.files.packages(language), language_named(language)
            for neighbour in known.rules.neighbours:
                paths |= self.files.packages(neighbour)
            found = self._resolvers[language] = known.resolver(paths, self.projects)
        return found

    def _moved(self, records: Mapping[str, PackedRecord | FileRecord | None]) -> bool:
        """Return whether a file is added, is removed, or declares another package than before."""
        return any(
            self.files.packages_of(path) != (None if record is None else record.packages)
            for path, record in records.items()
        )
