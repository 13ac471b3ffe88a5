"""The projects that are open: each root with its own index and rules, and which of them a file belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dovetail.rules.live import OwnRules, WorkspaceRules
from dovetail_context.index.cache import IndexCache
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.root import find_root
from dovetail_context.workspace.scan import is_excluded


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project root, its index and its rules."""

    root: Path
    index: WorkspaceIndex
    rules: WorkspaceRules

    def relative(self, path: Path) -> str:
        """The path of a file below the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def excludes(self, file: Path) -> bool:
        """Whether a file of this workspace may not be shown to the model. Asks the disk."""
        return is_excluded(self.root, self.relative(file), self.rules.rules.selection) is not None


class Workspaces:
    """Roots to indexes. A file belongs to the innermost open root above it."""

    def __init__(
        self,
        start: Callable[[Workspace], None],
        own: Callable[[], OwnRules],
        cache: Callable[[], IndexCache | None] = lambda: None,
    ) -> None:
        """`start` sets a new workspace's index to work; it is called once for each root. `own` are the user's rules,
        `cache` is where indexes keep what they know between starts."""
        self._start = start
        self._cache = cache
        self._own = own
        self._by_root: dict[Path, Workspace] = {}

    def open(self, root: Path) -> Workspace:
        """The workspace of this root, started if it is new."""
        root = root.resolve()
        workspace = self._by_root.get(root)
        if workspace is None:
            rules = WorkspaceRules(root, self._own())
            index = WorkspaceIndex(root, rules.rules.selection, self._cache())
            workspace = self._by_root[root] = Workspace(root, index, rules)
            self._start(workspace)
        return workspace

    def remove(self, root: Path) -> Workspace | None:
        """Forget a root. Its index still runs: the caller closes it."""
        return self._by_root.pop(root.resolve(), None)

    def of(self, path: Path) -> Workspace:
        """The workspace of a file. A file outside every open root opens the project that it stands in."""
        above = [root for root in self._by_root if path.is_relative_to(root)]
        return self._by_root[max(above, key=lambda root: len(root.parts))] if above else self.open(find_root(path))

    def all(self) -> tuple[Workspace, ...]:
        """Every open workspace."""
        return tuple(self._by_root.values())

    def excludes(self, file: str) -> bool:
        """Whether a file (absolute path) is gone, or may not be shown by the rules of an open workspace. Asks the
        disk."""
        path = Path(file)
        try:
            return not path.is_file() or any(workspace.excludes(path) for workspace in self._holding(path))
        except OSError:
            return True  # what cannot be seen cannot be shown

    def includes(self, file: str) -> bool:
        """Whether a file (absolute path) is there and may be shown by the rules of an open workspace."""
        return any(self._holding(Path(file))) and not self.excludes(file)

    def _holding(self, path: Path) -> Iterator[Workspace]:
        return (workspace for workspace in self.all() if path.is_relative_to(workspace.root))

    def close_all(self) -> None:
        """Stop every index, and wait for it."""
        while self._by_root:
            _, workspace = self._by_root.popitem()
            workspace.index.close()
