"""`IndexSnapshot`: an immutable picture of the whole project, open buffers over disk.

It is replaced as a whole, never changed. What it derives from its files (import resolvers) is computed when first asked
for and kept, which no reader can observe.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from dovetail_context.index.record import FileRecord
from dovetail_context.index.words import WordLog, WordView
from dovetail_context.languages.language import ImportResolver
from dovetail_context.languages.registry import language_named


class IndexSnapshot:
    """The records of all files by path (posix, relative to `root`), and the text of project files.

    `version` counts the snapshots of one index; `complete` is false until the first build is done.
    """

    __slots__ = ("_changes", "_resolvers", "complete", "files", "projects", "root", "version", "words")

    def __init__(
        self,
        root: Path,
        version: int = 0,
        files: Mapping[str, FileRecord] = MappingProxyType({}),
        projects: Mapping[str, str] = MappingProxyType({}),
        words: WordView | None = None,
        complete: bool = False,
    ) -> None:
        self.root = root
        self.version = version
        self.files = files
        self.projects = projects
        self.words = WordView(WordLog(), {}) if words is None else words
        self.complete = complete
        self._resolvers: dict[str, ImportResolver] = {}
        # The file that changed last, and the version in which any other one did.
        self._changes: tuple[str, int] = ("", version)

    def updated(
        self,
        records: Iterable[FileRecord] = (),
        removed: Iterable[str] = (),
        projects: Mapping[str, str] | None = None,
        complete: bool | None = None,
    ) -> "IndexSnapshot":
        """The next snapshot, with `records` in place of those of the same paths and without `removed`."""
        records, removed = list(records), list(removed)
        files = self._with(records, removed)
        words = self.words.updated(((record.path, record.text) for record in records), removed)
        changed = IndexSnapshot(
            self.root,
            self.version + 1,
            MappingProxyType(files),
            self.projects if projects is None else MappingProxyType(dict(projects)),
            words,
            self.complete if complete is None else complete,
        )
        if projects is None and files.keys() == self.files.keys() and not self._moved(records):
            changed._resolvers = self._resolvers
        paths = {record.path for record in records} | set(removed)
        if len(paths) == 1 and projects is None and complete is None:
            (path,) = paths
            changed._changes = (path, self.version_apart_from(path))
        return changed

    def version_apart_from(self, path: str) -> int:
        """The newest version in which anything but this file changed: two snapshots for which it is the same say the
        same about the rest of the project."""
        last, others = self._changes
        return others if path == last else self.version

    def with_record(self, record: FileRecord) -> "IndexSnapshot":
        """This snapshot as it would be if `record` were its file's content; version and words stay."""
        changed = IndexSnapshot(
            self.root,
            self.version,
            MappingProxyType(self._with([record], [])),
            self.projects,
            self.words,
            self.complete,
        )
        if record.path in self.files and not self._moved([record]):
            changed._resolvers = self._resolvers
        return changed

    def resolver(self, language: str) -> ImportResolver:
        """The import resolver of a language for the files of this snapshot."""
        found = self._resolvers.get(language)
        if found is None:
            paths = {path: record.packages for path, record in self.files.items() if record.language == language}
            found = self._resolvers[language] = language_named(language).resolver(paths, self.projects)
        return found

    def _moved(self, records: Iterable[FileRecord]) -> bool:
        """Whether one of `records` says that its file belongs to another package than before."""
        return any(record.packages != self.files.get(record.path, record).packages for record in records)

    def _with(self, records: list[FileRecord], removed: list[str]) -> dict[str, FileRecord]:
        files = dict(self.files)
        files.update((record.path, record) for record in records)
        for path in removed:
            files.pop(path, None)
        return files
