"""`IndexSnapshot`: an immutable picture of the whole project, open buffers over disk.

It is replaced as a whole, never changed. What it derives from its files (import resolvers) is computed when first asked
for and kept, which no reader can observe.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from dovetail_context.index.record import FileRecord
from dovetail_context.languages.language import ImportResolver
from dovetail_context.languages.registry import language_named


class IndexSnapshot:
    """The records of all files by path (posix, relative to `root`), and the text of project files.

    `version` counts the snapshots of one index; `complete` is false until the first build is done.
    """

    __slots__ = ("_resolvers", "complete", "files", "projects", "root", "version")

    def __init__(
        self,
        root: Path,
        version: int = 0,
        files: Mapping[str, FileRecord] = MappingProxyType({}),
        projects: Mapping[str, str] = MappingProxyType({}),
        complete: bool = False,
        resolvers: dict[str, ImportResolver] | None = None,
    ) -> None:
        self.root = root
        self.version = version
        self.files = MappingProxyType(dict(files))
        self.projects = MappingProxyType(dict(projects))
        self.complete = complete
        self._resolvers: dict[str, ImportResolver] = {} if resolvers is None else resolvers

    def updated(
        self,
        records: Iterable[FileRecord] = (),
        removed: Iterable[str] = (),
        projects: Mapping[str, str] | None = None,
        complete: bool | None = None,
    ) -> "IndexSnapshot":
        """The next snapshot, with `records` in place of those of the same paths and without `removed`."""
        files = dict(self.files)
        for record in records:
            files[record.path] = record
        for path in removed:
            files.pop(path, None)
        same_paths = projects is None and files.keys() == self.files.keys()
        return IndexSnapshot(
            self.root,
            self.version + 1,
            files,
            self.projects if projects is None else projects,
            self.complete if complete is None else complete,
            self._resolvers if same_paths else None,
        )

    def with_record(self, record: FileRecord) -> "IndexSnapshot":
        """This snapshot as it would be if `record` were its file's content; the version stays."""
        changed = self.updated([record])
        changed.version = self.version
        return changed

    def resolver(self, language: str) -> ImportResolver:
        """The import resolver of a language for the files of this snapshot."""
        found = self._resolvers.get(language)
        if found is None:
            paths = frozenset(path for path, record in self.files.items() if record.language == language)
            found = self._resolvers[language] = language_named(language).resolver(paths, self.projects)
        return found
