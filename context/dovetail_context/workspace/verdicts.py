"""Decide whether files may be shown, by the current state of the disk.

`scan.is_excluded` reads every ignore file above a path. This module caches its answer while everything that decided it
has the same stamps, so checking the same files with every keystroke costs a few `stat` calls.
"""

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dovetail_context.workspace.ignore.gitignore import GITIGNORE, deciding_files
from dovetail_context.workspace.scan import is_excluded
from dovetail_context.workspace.selection import Selection

# File systems count times in steps of up to 2 s: what changed so recently may change again under the same stamp.
YOUNG_NS = 3_000_000_000
# Verdicts kept. A prompt holds text of some ten files, and each open document has a prompt.
CAPACITY = 4096

_Stamp = tuple[int, ...]
_ABSENT: _Stamp = ()
# Of these it counts whether they are there. Git itself writes to them all the time.
_KIND_COUNTS = (f"{os.sep}.git", f"{os.sep}HEAD")
# Of each path, the stamps of the file, of the folders above it and of the ignore files that decide about it.
State = tuple[tuple[_Stamp, ...], ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a path is excluded, None if it is not, and what that was read from."""

    reason: str | None
    selection: Selection
    stamps: tuple[_Stamp, ...]


class Verdicts:
    """The verdicts on the files of one workspace. Safe to use on several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._outside: tuple[str, ...] = ()  # what decides without being in a folder of the root
        self._known: dict[str, _Verdict] = {}

    def excluded(
        self, paths: Iterable[str], selection: Selection, unsaved: Collection[str] = ()
    ) -> tuple[dict[str, str], State]:
        """Return those of `paths` (posix, relative to the root) that may not be shown now, each with the reason. Also
        return the state of the disk that this result is based on.

        A path without a file is excluded, except for the `unsaved` ones, which exist in an editor only. Never raises:
        a path that cannot be examined is excluded.
        """
        paths = tuple(paths)
        if paths:
            self._outside = deciding_files(self._root)
        state = self.state(paths)
        found: dict[str, str] = {}
        for path, stamps in zip(paths, state, strict=True):
            if stamps[0]:
                reason = self._judged(path, selection, stamps)
            else:
                reason = _judged(self._root, path, selection) if path in unsaved else "is not there"
            if reason is not None:
                found[path] = reason
        return found, state

    def state(self, paths: Iterable[str]) -> State:
        """The stamps of all that decides whether `paths` may be shown. Reads no file."""
        seen: dict[str, _Stamp] = {}
        outside = tuple(_kind(each) if each.endswith(_KIND_COUNTS) else _stamp(each) for each in self._outside)
        return tuple((_kind(f"{self._root}/{path}"), *outside, *self._above(path, seen)) for path in paths)

    def _judged(self, path: str, selection: Selection, stamps: tuple[_Stamp, ...]) -> str | None:
        known = self._known.get(path)
        if known is not None and known.stamps == stamps and known.selection is selection:
            return known.reason
        reason = _judged(self._root, path, selection) if _is_file(self._root / path) else "not a plain file"
        if is_settled((stamps,)):
            while len(self._known) >= CAPACITY:
                self._known.pop(next(iter(self._known)), None)
            self._known[path] = _Verdict(reason, selection, stamps)
        return reason

    def _above(self, path: str, seen: dict[str, _Stamp]) -> Iterator[_Stamp]:
        """The stamps of the folders above a path, up to the root, and of their ignore files."""
        while path:
            path = path.rpartition("/")[0]
            folder = f"{self._root}/{path}" if path else str(self._root)
            # The folder's own stamp changes when a repository, an environment or a build file appears in it.
            for each in (folder, f"{folder}/{GITIGNORE}", f"{folder}/.git/info/exclude"):
                if each not in seen:
                    seen[each] = _stamp(each)
                yield seen[each]


def is_settled(state: State) -> bool:
    """Whether every later change of the disk shows in such a state."""
    return not any(_is_young(stamp) or _is_link(stamp) for stamps in state for stamp in stamps)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, RuntimeError):  # a loop of links
        return False


def _judged(root: Path, path: str, selection: Selection) -> str | None:
    try:
        return is_excluded(root, path, selection)
    except (OSError, ValueError) as error:
        return f"cannot be looked at: {getattr(error, 'strerror', None) or error}"


def _stamp(path: str) -> _Stamp:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):  # a name that no file can have
        return _ABSENT
    return status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _kind(path: str) -> _Stamp:
    """Return the kind of a path, regardless of its contents."""
    return _stamp(path)[:2]


def _is_young(stamp: _Stamp) -> bool:
    return len(stamp) > 3 and max(stamp[3:]) > time.time_ns() - YOUNG_NS


def _is_link(stamp: _Stamp) -> bool:
    return bool(stamp) and stat.S_ISLNK(stamp[0])
