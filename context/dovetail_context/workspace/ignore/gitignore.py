"""What git ignores: the rules of all `.gitignore` files from the top of the repository downward, of
`.git/info/exclude` and of the user's own file. See gitignore(5); git itself is never run.
"""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from dovetail_context.workspace.ignore.gitconfig import config_files, ignore_config
from dovetail_context.workspace.ignore.patterns import Pattern, PatternList, parse_pattern
from dovetail_context.workspace.ignore.repository import UNREADABLE, bounded_bytes, repository_at, repository_of

GITIGNORE = ".gitignore"
_KEPT_BYTES = 4_000_000  # of the files whose compiled patterns are cached


@dataclass(frozen=True, slots=True)
class _Layer:
    """The patterns of one file. They hold below `inside` (relative to the root, "" for all of it); `above` leads from
    their own folder to the root if that is further down ("" or ending with a slash). None: the file could not be read.
    """

    patterns: PatternList | None
    inside: str
    above: str = ""

    def ignores(self, path: str, is_folder: bool) -> bool | None:
        """Whether a path (relative to the root) is ignored; None if no pattern matches it."""
        if self.patterns is None:
            return True  # what it would name may be secret
        number = self.patterns.last(self.above + path[len(self.inside) + 1 if self.inside else 0 :], is_folder)
        return None if number < 0 else not self.patterns.negated[number]


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder.

    A rule of a deeper file wins over one of a higher file, and within a file the last rule that matches wins. A
    repository inside another one has rules of its own, `outer` are those of the other: what either ignores is ignored.
    `problems` are the files that were not read in the last step, each with the reason.
    """

    layers: tuple[_Layer, ...] = ()
    fold: bool = False
    outer: IgnoreRules | None = None
    problems: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of_repository(root: Path) -> IgnoreRules:
        """Return the rules that apply in `root`, except for those of its own `.gitignore`.

        Users want to work on the folder that they open. So a rule that ignores the root itself is skipped, while a rule
        that matches files in it applies.
        """
        repository = repository_of(root)
        config = ignore_config(repository)
        top = Path(root) if repository is None else repository.top
        parts = Path(os.path.realpath(root)).relative_to(top).parts if repository else ()
        above = "".join(f"{part}/" for part in parts)
        rules = IgnoreRules(fold=config.ignore_case)
        for file in (config.excludes_file, repository.info_exclude if repository else None):
            if file is not None:
                rules = rules._with(file, str(file), above=above)
        for depth in range(len(parts)):
            name = str(top.joinpath(*parts[:depth], GITIGNORE))
            rules = rules._with(name, name, above="".join(f"{part}/" for part in parts[depth:]), follow=False)
        return rules

    def entering(self, folder: Path | str, relative: str) -> IgnoreRules:
        """The rules inside `folder`, whose path from the root is `relative` ("" for the root itself)."""
        rules = self._quiet()
        if relative:
            repository = repository_at(folder)
            if repository is not None:
                inner = IgnoreRules((), self.fold, outer=rules)
                rules = inner._with(repository.info_exclude, str(repository.info_exclude), relative)
        shown = f"{relative}/{GITIGNORE}" if relative else GITIGNORE
        return rules._with(f"{folder}/{GITIGNORE}", shown, relative, follow=False)

    def ignores(self, relative: str, is_folder: bool) -> bool:
        """Whether a path (posix, from the root) is ignored, provided that no folder above it is. A link is no folder,
        wherever it leads.
        """
        return self._ignores(_as_git_compares(relative), is_folder)

    def _ignores(self, path: str, is_folder: bool) -> bool:
        for layer in reversed(self.layers):
            verdict = layer.ignores(path, is_folder)
            if verdict is not None:
                if verdict:
                    return True
                break
        return self.outer is not None and self.outer._ignores(path, is_folder)

    def _with(
        self, file: Path | str, shown: str, inside: str = "", above: str = "", follow: bool = True
    ) -> IgnoreRules:
        """These rules with those of a file over them; `shown` is its path for problems."""
        data, problem = bounded_bytes(file, follow)
        patterns = None if data is None else _COMPILED.of(data, self.fold)
        layers, problems = self.layers, self.problems
        if patterns or problem.startswith(UNREADABLE):
            layers = (*layers, _Layer(patterns, _as_git_compares(inside), _as_git_compares(above)))
        if problem:
            effect = ", so all below it is left out" if problem.startswith(UNREADABLE) else ""
            problems = (*problems, (shown, problem + effect))
        return self if layers is self.layers and not problem else replace(self, layers=layers, problems=problems)

    def _quiet(self) -> IgnoreRules:
        return replace(self, problems=()) if self.problems else self


def deciding_files(root: Path) -> tuple[str, ...]:
    """All files, absolute, that decide what is ignored in `root` without being in one of its folders: whether a folder
    above is a repository, its ignore files, git's configuration and the user's own ignore file. Few of them exist.
    """
    repository = repository_of(root)
    above = [Path(os.path.realpath(root)), *Path(os.path.realpath(root)).parents]
    found = [folder / ".git" for folder in above] + [folder / GITIGNORE for folder in above[1:]]
    if repository is not None:
        found += [repository.info_exclude, repository.git / "HEAD", repository.git / "config.worktree"]
    excludes_file = ignore_config(repository).excludes_file
    return tuple(map(str, [*found, *config_files(repository), *([excludes_file] if excludes_file else [])]))


def ignore_files_outside(root: Path) -> frozenset[str]:
    """The files that decide what is ignored in `root` without being in one of its folders that count, absolute: those
    of the repository. Not all of them need exist, but the folders that they are in do.
    """
    repository = repository_of(root)
    if repository is None:
        return frozenset()
    real = Path(os.path.realpath(root))
    above = [folder / GITIGNORE for folder in real.parents if folder.is_relative_to(repository.top)]
    own = [repository.info_exclude] if repository.info_exclude.parent.is_dir() else []
    return frozenset(map(str, [*above, *own]))


def parse_ignore_file(data: bytes) -> list[Pattern]:
    """The patterns of a file, every byte as the character of the same number."""
    found = []
    for line in data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n"):
        if line.startswith("#"):
            continue
        line = _without_trailing_spaces(line.removesuffix("\r").partition("\0")[0])
        pattern = parse_pattern(line)
        if pattern.text:
            found.append(pattern)
    return found


def _without_trailing_spaces(line: str) -> str:
    """A space that a backslash precedes stays."""
    if not line.endswith(" "):
        return line
    bare = line.rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if backslashes % 2 else bare


def _as_git_compares(path: str) -> str:
    """Every byte of the path as the character of the same number."""
    if path.isascii():
        return path
    if sys.platform == "darwin":
        path = unicodedata.normalize("NFC", path)  # git does so there, and the disk does not
    try:
        return path.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:  # no file has such a name, but a client may send it
        return path.encode("utf-8", "replace").decode("latin-1")


class _Compiled:
    """Compiled files, by their content: every keystroke needs the same file again."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bool], PatternList] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, data: bytes, fold: bool) -> PatternList:
        """The patterns of a file with this content."""
        key = (data, fold)
        with self._lock:
            patterns = self._known.pop(key, None)
            if patterns is not None:
                self._known[key] = patterns  # the most recent one is the last
                return patterns
        patterns = PatternList(parse_ignore_file(data), fold)
        with self._lock:
            if key not in self._known:
                self._known[key] = patterns
                self._bytes += len(data)
            while self._bytes > _KEPT_BYTES:
                oldest = next(iter(self._known))
                del self._known[oldest]
                self._bytes -= len(oldest[0])
        return patterns


_COMPILED = _Compiled()
