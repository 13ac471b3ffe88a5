"""Project files, such as `package.json`, as the index's worker knows them: what is kept of each, and what is wrong."""

from collections.abc import Iterable

from dovetail_context.languages.registry import is_project_file
from dovetail_context.workspace.scan import ScanResult, Skipped


class ProjectFiles:
    """The texts and the problems of project files by path. `is_touched` until the next snapshot has taken them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.is_touched = False
        self._problems: dict[str, str] = {}
        self._passed_over: dict[str, str] = {}  # by the last walk, though they would count

    def open(self, texts: dict[str, str], problems: dict[str, str]) -> None:
        """Begin with the contents of an image."""
        self.texts, self._problems, self.is_touched = texts, problems, bool(texts)

    def walked(self, found: ScanResult) -> None:
        """Note what a walk could not read."""
        skips = {skip.path: skip.reason for skip in found.skipped if skip.fault and is_project_file(skip.path)}
        folders = {folder: "is a folder, not a file" for folder in found.folders if is_project_file(folder)}
        self._passed_over = skips | folders

    def keep(self, path: str, text: str, problem: str) -> None:
        """Take in what was read."""
        self.is_touched |= self.texts.get(path) != text
        self.texts[path] = text
        self._passed_over.pop(path, None)
        self._problems.pop(path, None)
        if problem:
            self._problems[path] = problem

    def forget(self, path: str) -> bool:
        """The file was deleted, or can be read no longer; false if nothing was known of it."""
        self._problems.pop(path, None)
        is_known = self.texts.pop(path, None) is not None
        self.is_touched |= is_known
        return is_known

    def problem_of(self, path: str) -> str:
        """Return the problem of a file that was read, or ""."""
        return self._problems.get(path, "")

    def was_passed_over(self, path: str) -> bool:
        """Whether the last walk could not read this file."""
        return path in self._passed_over

    def problems(self, skipped: Iterable[tuple[str, str]]) -> tuple[Skipped, ...]:
        """Return the problems of project files, in path order. `skipped` are the files that could not be used."""
        found = dict(self._passed_over) | self._problems
        found.update((path, reason) for path, reason in skipped if is_project_file(path))
        return tuple(Skipped(path, reason) for path, reason in sorted(found.items()))
