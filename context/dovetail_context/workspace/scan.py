"""Find the files of a workspace that count: a walk that obeys `.gitignore` and reports why it skips the others.

It lists files but reads only the first bytes of those that a language claims (`read.py` reads them entirely).
"""

import os
import stat
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dovetail_context.workspace.exclude import BUILD_FOLDERS, excluded_folder, excluded_name, max_bytes
from dovetail_context.workspace.ignore.gitignore import GITIGNORE, IgnoreRules
from dovetail_context.workspace.root import DATA_SUFFIXES, MAX_FILES, RULES_FILE, is_folder, is_too_wide
from dovetail_context.workspace.selection import EVERYTHING, Selection, left_out_itself

# A file without a suffix may be a script; larger ones, and a folder with more of them, are data.
MAX_SCRIPT_BYTES = 100_000
MAX_SCRIPTS = 100

IGNORED = "ignored by .gitignore"
TOO_MANY = (
    f"holds more than {MAX_FILES:,} files that count, and the rest is not read: "
    f"put a {RULES_FILE} into the folder that you work in"
)
TOO_WIDE = "is a home, system or library folder, which is not read whole: open the folder of a project"
OWN_RULES = f"a project of its own, with a {RULES_FILE}"
VENV = "virtual environment"
VENV_FILE = "pyvenv.cfg"
# Files that set the folder which holds them apart from the project around it, with the reason.
_APART = ((VENV_FILE, VENV), (RULES_FILE, OWN_RULES))


class Stamp(NamedTuple):
    """The attributes that show whether a file has changed, without reading it. Times are in nanoseconds: of the last
    write, and of the last change of any kind (on Windows of the creation). `size` -1 matches no file.
    """

    size: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file that counts. `path` is posix, relative to the root."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Skipped:
    """A skipped file or folder, with the reason. `fault`: it would count if it could be read."""

    path: str
    reason: str
    fault: bool = False


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan found, in path order, and the folders that it entered ("" is the root).

    `unclaimed` counts files that nothing wanted and that are no data, by suffix ("" for none), most first.
    """

    files: tuple[ScannedFile, ...]
    skipped: tuple[Skipped, ...]
    folders: tuple[str, ...] = ()
    unclaimed: tuple[tuple[str, int], ...] = ()


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def stamp_of_file(path: Path) -> Stamp | None:
    """The stamp of a regular file; None for anything else, and for what cannot be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return stamp_of(status) if stat.S_ISREG(status.st_mode) else None


def scan(
    root: Path,
    wanted: Callable[[str], bool] = lambda path: True,
    selection: Selection = EVERYTHING,
    script: Callable[[str], str] | None = None,
) -> ScanResult:
    """Walk `root`. Silently omit files for which `wanted(relative path)` is false. Never raises.

    Call `script(full path)` for those of them that may be scripts, but only once they may be opened. A script counts
    if the call returns the id of a language.
    """
    if is_too_wide(Path(root).absolute()):
        return ScanResult((), (Skipped(".", TOO_WIDE),))
    walk = _Walk(Path(root), wanted, selection, script)
    walk.everything()
    return walk.result()


def folders_below(root: Path, path: str, selection: Selection = EVERYTHING) -> tuple[str, ...]:
    """The folders that `scan` would enter at and below `path` (posix, relative, "" for all), relative; never raises."""
    if is_too_wide(Path(root).absolute()) or (path and is_excluded(root, path, selection, names_folder=True)):
        return ()
    walk = _Walk(Path(root), lambda path: False, selection)
    walk.everything(path)
    return tuple(walk.folders)


def may_be_script(file: "os.DirEntry[str] | Path") -> bool:
    """Return whether a file's first line may imply its language: it has no suffix and is small enough for a script."""
    try:
        return "." not in file.name and file.is_file() and 0 < file.stat().st_size <= MAX_SCRIPT_BYTES
    except OSError:
        return False


def is_excluded(
    root: Path, path: str, selection: Selection = EVERYTHING, names_folder: bool = False, language: str = ""
) -> str | None:
    """Return why one path (posix, relative) does not count, by the same rules as `scan`; None if it does. `language`
    is the language id of the file, if its path does not imply it."""
    folder, relative, rules = str(root), "", IgnoreRules.of_repository(Path(root))
    parts = path.split("/")
    for depth, part in enumerate(parts):
        is_folder = names_folder or depth < len(parts) - 1
        rules = rules.entering(folder, relative)
        siblings = _names(Path(folder)) if is_folder and part in BUILD_FOLDERS else frozenset()
        folder, relative = f"{folder}/{part}", f"{relative}/{part}" if relative else part
        in_folder = "/".join(folder.rsplit("/", 2)[-2:])
        reason = excluded_folder(part, siblings) if is_folder else excluded_name(in_folder)
        if reason is not None:
            return reason
        if rules.ignores(relative, is_folder and not os.path.islink(folder)):  # noqa: PTH114 - with every keystroke
            return IGNORED
        reason = selection.excluded(relative, True) if is_folder else left_out_itself(selection, relative, language)
        if reason is None and is_folder:
            reason = next((why for file, why in _APART if os.path.lexists(f"{folder}/{file}")), None)
        if reason is not None:
            return reason
    return _target_excluded(Path(root), Path(folder), path, selection)


class _Walk:
    """Collects files and skips.

    The walk identifies folders by their real identity, and visits links to folders last. So a loop ends, and a file
    that can be reached in two ways keeps its own name.
    """

    def __init__(
        self,
        root: Path,
        wanted: Callable[[str], bool],
        selection: Selection,
        script: Callable[[str], str] | None = None,
    ) -> None:
        self.files: list[ScannedFile] = []
        self.skipped: list[Skipped] = []
        self.folders: list[str] = []
        self.unclaimed: Counter[str] = Counter()
        self._root = root
        self._wanted = wanted
        self._script = script
        self._selection = selection
        self._visited: set[tuple[int, int]] = set()
        self._folders: deque[tuple[Path, str, IgnoreRules]] = deque()
        self._links: deque[tuple[Path, str, IgnoreRules]] = deque()

    def everything(self, path: str = "") -> None:
        """Visit the folder `path` (the root if "") and all below it."""
        folder, rules = self._root, IgnoreRules.of_repository(self._root)
        self._note(rules)
        parts = path.split("/") if path else []
        for depth, part in enumerate(parts):
            rules = rules.entering(folder, "/".join(parts[:depth]))
            folder = folder / part
        self._folders.append((folder, path, rules))
        while self._folders or self._links:
            folder, path, rules = (self._folders or self._links).popleft()
            self._folder(folder, path, rules)
            if len(self.files) > MAX_FILES:
                self._skip(".", TOO_MANY)
                return

    def result(self) -> ScanResult:
        """What was found."""
        files = sorted(self.files, key=lambda file: file.path)
        skipped = sorted(self.skipped, key=lambda skip: skip.path)
        return ScanResult(tuple(files), tuple(skipped), tuple(self.folders), tuple(self.unclaimed.most_common()))

    def _folder(self, folder: Path, base: str, above: IgnoreRules) -> None:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            identity = folder.stat()
        except OSError as error:
            self._skip(base or ".", f"unreadable: {error.strerror or type(error).__name__}")
            return
        key = (identity.st_dev, identity.st_ino)
        if key in self._visited and identity.st_ino:
            self._skip(base, "reached before by another path")
            return
        self._visited.add(key)
        siblings = frozenset(entry.name for entry in entries)
        apart = next((why for file, why in _APART if file in siblings), None) if base else None
        if apart is not None:
            self._skip(base, apart)
            return
        self.folders.append(base)
        rules = above.entering(folder, base) if GITIGNORE in siblings or ".git" in siblings else above
        if rules is not above:
            self._note(rules)
        scripts = 0
        for entry in entries:
            path = f"{base}/{entry.name}" if base else entry.name
            if not _is_folder(entry):
                if self._wanted(path):
                    self._file(entry, path, rules)
                elif self._script is not None and scripts < MAX_SCRIPTS and may_be_script(entry):
                    scripts += 1
                    self._file(entry, path, rules, self._script)
                else:
                    self._leave(entry.name, path, rules)
            elif self._enters(entry, path, rules, siblings):
                (self._links if entry.is_symlink() else self._folders).append((Path(entry.path), path, rules))

    def _leave(self, name: str, path: str, rules: IgnoreRules) -> None:
        """Count a file that nothing wants, unless it is data, hidden or ignored."""
        stem, dot, suffix = name.lower().rpartition(".")
        if stem and dot and f".{suffix}" not in DATA_SUFFIXES and not rules.ignores(path, False):
            self.unclaimed[f".{suffix}"] += 1

    def _enters(self, entry: "os.DirEntry[str]", path: str, rules: IgnoreRules, siblings: frozenset[str]) -> bool:
        if entry.name == ".git":
            return False
        reason = excluded_folder(entry.name, siblings)
        if reason is None and rules.ignores(path, not entry.is_symlink()):
            reason = IGNORED
        reason = reason or self._selection.excluded(path, True)
        if reason is None and entry.is_symlink():
            reason = _target_excluded(self._root, Path(entry.path), path, self._selection)
        if reason is not None:
            self._skip(path, reason)
        return reason is None

    def _file(
        self, entry: "os.DirEntry[str]", path: str, rules: IgnoreRules, script: Callable[[str], str] | None = None
    ) -> None:
        reason = excluded_name(f"{self._root.name}/{path}")
        if reason is None and rules.ignores(path, False):
            reason = IGNORED
        reason = reason or self._selection.excluded(path, False)
        fault = None
        if reason is None and entry.is_symlink():
            fault = _target_excluded(self._root, Path(entry.path), path, self._selection)
        if script is not None:
            language = script(entry.path) if reason is None and fault is None else ""
            if not language:
                return
            reason = left_out_itself(self._selection, path, language)
        if reason is None and fault is None:
            fault = self._measure(entry, path)
        if reason is not None or fault is not None:
            self._skip(path, reason or fault or "", fault is not None)

    def _measure(self, entry: "os.DirEntry[str]", path: str) -> str | None:
        """Record the file, or the reason why it does not count."""
        try:
            status = entry.stat()
            if not entry.is_file():
                return "not a plain file"
        except OSError as error:
            return f"unreadable: {error.strerror or type(error).__name__}"
        if status.st_size > max_bytes(entry.name):
            return f"larger than {max_bytes(entry.name) // 1000} kB"
        self.files.append(ScannedFile(path, stamp_of(status)))
        return None

    def _note(self, rules: IgnoreRules) -> None:
        """Report the pattern files that could not be read."""
        for path, problem in rules.problems:
            self._skip(path, problem)

    def _skip(self, path: str, reason: str, fault: bool = False) -> None:
        self.skipped.append(Skipped(path, reason, fault))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _target_excluded(root: Path, full: Path, path: str, selection: Selection) -> str | None:
    """Why what `path` leads to by links does not count: outside the root, or left out under its own name."""
    try:
        target = full.resolve().relative_to(root.resolve()).as_posix()
    except (OSError, RuntimeError, ValueError):  # a loop of links; ValueError: another folder
        return "links out of the workspace"
    if target in (path, "."):
        return None
    reason = is_excluded(root, target, selection, names_folder=is_folder(full))
    return None if reason is None else f"links to {target}: {reason}"


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):  # ValueError: a name that no folder can have
        return frozenset()
