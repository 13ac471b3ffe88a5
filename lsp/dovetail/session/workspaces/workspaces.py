"""The projects that are open: each root with its own index and rules, and which of them a file belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dovetail.rules.live import OwnRules, WorkspaceRules
from dovetail.rules.source import RULES_FILE
from dovetail_context.api import OWN_RULES, IndexCache, Verdicts, WorkspaceIndex, find_root, is_excluded


@dataclass(slots=True, eq=False)
class Workspace:
    """A project root, its index and its rules.

    `withheld` are the paths that the index may still hold and that are excluded by now; `edition` counts the changes of
    that set. `is_ready` is whether the rules have been read and the index has begun its work.
    """

    root: Path
    index: WorkspaceIndex
    rules: WorkspaceRules
    verdicts: Verdicts = field(init=False)
    withheld: frozenset[str] = frozenset()
    edition: int = 0
    is_ready: bool = False

    def __post_init__(self) -> None:
        self.verdicts = Verdicts(self.root)

    def relative(self, path: Path) -> str:
        """Return the path of a file below the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def path_of(self, file: str) -> str | None:
        """Return the same for an absolute path as text; None for a file that is not below the root."""
        root = str(self.root).rstrip(os.sep) + os.sep
        return file[len(root) :].replace(os.sep, "/") if file.startswith(root) else None

    def project_inside(self, file: Path) -> Path | None:
        """Return the folder of this workspace that is a project of its own and holds a file; None if there is none."""
        folder = file.parent
        if (
            folder == self.root
            or is_excluded(self.root, self.relative(folder), self.rules.selection, True) != OWN_RULES
        ):
            return None
        inside = (each for each in (folder, *folder.parents) if each != self.root and (each / RULES_FILE).is_file())
        return next(inside, None)

    def excludes(self, file: Path) -> bool:
        """Return whether a file of this workspace may not be shown to the model. Asks the disk."""
        return is_excluded(self.root, self.relative(file), self.rules.selection) is not None


class Workspaces:
    """Roots to indexes. A file belongs to the innermost open root above it."""

    def __init__(
        self,
        start: Callable[[Workspace], None],
        own: Callable[[], OwnRules],
        cache: Callable[[], IndexCache | None] = lambda: None,
    ) -> None:
        """`start` reads a new workspace's rules and sets its index to work; it is called once for each root. `own` are
        the user's rules, `cache` is where indexes keep what they know between starts."""
        self._start = start
        self._cache = cache
        self._own = own
        self._by_root: dict[Path, Workspace] = {}

    def open(self, root: Path) -> Workspace:
        """Return the workspace of this root, started if it is new. Nothing of the project is read here."""
        root = root.resolve()
        workspace = self._by_root.get(root)
        if workspace is None:
            rules = WorkspaceRules(root, self._own(), read=False)
            index = WorkspaceIndex(root, rules.selection, self._cache())
            workspace = self._by_root[root] = Workspace(root, index, rules)
            self._start(workspace)
        return workspace

    def remove(self, root: Path) -> Workspace | None:
        """Forget a root. Its index still runs: the caller closes it."""
        return self._by_root.pop(root.resolve(), None)

    def around(self, path: Path) -> Workspace | None:
        """Return the innermost open workspace that holds a file."""
        return max(self._holding(path), key=lambda workspace: len(workspace.root.parts), default=None)

    def of(self, path: Path) -> Workspace:
        """Return the workspace of a file.

        A file outside every open root, or in a folder with rules of its own, opens the project that contains it.
        """
        around = self.around(path)
        inner = around.project_inside(path) if around is not None else None
        if inner is not None or around is None:
            return self.open(inner or find_root(path))
        return around

    def all(self) -> tuple[Workspace, ...]:
        """Every open workspace."""
        return tuple(self._by_root.values())

    def excludes(self, file: str) -> bool:
        """Return whether a file (absolute path) was deleted or is excluded by an open workspace. Asks the disk."""
        path = Path(file)
        try:
            return not path.is_file() or any(workspace.excludes(path) for workspace in self._holding(path))
        except OSError:
            return True  # what cannot be seen cannot be shown

    def includes(self, file: str) -> bool:
        """Return whether a file (absolute path) is there and may be shown by the rules of an open workspace."""
        return any(self._holding(Path(file))) and not self.excludes(file)

    def _holding(self, path: Path) -> Iterator[Workspace]:
        return (workspace for workspace in self.all() if path.is_relative_to(workspace.root))

    def close_all(self) -> None:
        """Stop every index, and wait for it."""
        while self._by_root:
            _, workspace = self._by_root.popitem()
            workspace.index.close()
