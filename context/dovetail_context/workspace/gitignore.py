"""What the `.gitignore` files of a workspace say. A thin layer over pathspec's implementation of git's rules."""

from pathlib import Path

from pathspec import GitIgnoreSpec

GITIGNORE = ".gitignore"


class IgnoreRules:
    """The rules that hold in one folder: its own file's and those of the folders above it.

    A rule of a deeper file wins over one of a higher file, and within a file the last rule that matches wins, as in
    git.
    """

    def __init__(self, layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> None:
        self._layers = layers

    def entering(self, folder: Path, relative: str) -> "IgnoreRules":
        """The rules inside `folder`, whose path from the root is `relative` ("" for the root itself)."""
        spec = _read(folder / GITIGNORE)
        return self if spec is None else IgnoreRules((*self._layers, (relative, spec)))

    @staticmethod
    def of_repository(root: Path) -> "IgnoreRules":
        """The rules of `.git/info/exclude`, which are the weakest."""
        spec = _read(root / ".git" / "info" / "exclude")
        return IgnoreRules() if spec is None else IgnoreRules((("", spec),))

    def ignores(self, relative: str, is_folder: bool) -> bool:
        """Whether git ignores the path (posix, from the root)."""
        for base, spec in reversed(self._layers):
            inner = relative[len(base) + 1 :] if base else relative
            verdict = spec.check_file(inner + "/" if is_folder else inner).include
            if verdict is not None:
                return verdict
        return False


def _read(path: Path) -> GitIgnoreSpec | None:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return None
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_valid(line)])


def _is_valid(line: str) -> bool:
    """Git passes over a pattern that it cannot read; so do we."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
