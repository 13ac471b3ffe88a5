"""`WorkspaceIndex` (first form): builds snapshots synchronously."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dovetail_context.index.record import FileRecord
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import is_project_file, language_for
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import Skipped, scan


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: files by language, what was passed over and why, problems by path, seconds."""

    counts: dict[str, int]
    skipped: tuple[Skipped, ...]
    problems: tuple[Skipped, ...]
    seconds: float


class WorkspaceIndex:
    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._snapshot = IndexSnapshot(self.root)

    @property
    def snapshot(self) -> IndexSnapshot:
        return self._snapshot

    def build(self, progress: Callable[[int, int], None] | None = None) -> BuildReport:
        started = time.perf_counter()
        found = scan(self.root, lambda path: language_for(path) is not None or is_project_file(path))
        records: list[FileRecord] = []
        skipped, problems, projects = list(found.skipped), [], {}
        for done, file in enumerate(found.files):
            result = read_source(self.root / file.path)
            if result.text is None:
                skipped.append(Skipped(file.path, result.skipped))
                continue
            language = language_for(file.path)
            if language is None:
                projects[file.path] = result.text
                continue
            record = language.extract(file.path, result.text)
            problems += [Skipped(file.path, problem) for problem in (*record.problems, result.problem) if problem]
            records.append(record)
            if progress is not None:
                progress(done + 1, len(found.files))
        self._snapshot = self._snapshot.updated(records, projects=projects, complete=True)
        counts = Counter(record.language for record in records)
        return BuildReport(dict(counts), tuple(skipped), tuple(problems), time.perf_counter() - started)
