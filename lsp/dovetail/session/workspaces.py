"""The projects that are open: each root with its own index and rules, and which of them a file belongs to."""

from __future__ import annotations

from collections.abc import Callable
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

    def excludes(self, file: str) -> bool:
        """Whether a file (absolute path) of this workspace may not be shown, or is gone. Asks the disk."""
        path = Path(file)
        if not path.is_relative_to(self.root):
            return False
        return not path.exists() or is_excluded(self.root, self.relative(path), self.rules.rules.selection) is not None


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

    def close_all(self) -> None:
        """Stop every index, and wait for it."""
        while self._by_root:
            _, workspace = self._by_root.popitem()
            workspace.index.close()
