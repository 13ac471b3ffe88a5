"""Where Go's imports lead: from import paths to the folders of packages in the workspace."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from posixpath import commonpath

from dovetail_context.languages.paths import join
from dovetail_context.workspace.manifest import MAX_ENTRIES, ProjectText

BY_NAME = "?"  # of a module: the package is meant by its last name alone
MAX_PARTS = 64  # of an import path; each length of it is looked up
MAX_LINE = 4096  # characters; longer ones are no module's path
_REPLACE = re.compile(r"(?:replace[ \t]+)?([^\s=(]+)(?:[ \t]+v\S+)?[ \t]*=>[ \t]*(\.\.?(?:/\S*)?)$")


FILE_NAMES = ("go.mod", "go.work")


def read_go_work(text: str) -> ProjectText:
    """Read a go.work: only its `replace` directives are kept."""
    lines = list(_lines(text))
    kept = [line for line in lines if _REPLACE.match(line) or line.split(None, 1)[0] in ("use", "go")]
    return ProjectText("\n".join(kept[:MAX_ENTRIES]), "" if kept else "uses no module")


def read_go_mod(text: str) -> ProjectText:
    """Read a go.mod: only the module's own path and its `replace` directives are kept."""
    lines = [line for line in _lines(text) if line.startswith("module") or _REPLACE.match(line)]
    has_module = any(line.split(None, 1)[0] == "module" for line in lines)
    kept = "\n".join(lines[: MAX_ENTRIES + 1])
    return ProjectText(kept, "" if has_module else "names no module")


class GoResolver:
    """Resolves imports among one set of files.

    A package is a folder. Its import path is the module path of the nearest go.mod above it and the folders between.
    Local `replace` directives name further module folders. Where no go.mod explains an import, the folder whose path
    ends like it is taken (GOPATH layouts, a workspace that is a part of a module). `vendor` holds other people's code.
    """

    def __init__(self, paths: Collection[str], projects: Mapping[str, str]) -> None:
        self._packages: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            folder = path.rpartition("/")[0]
            if "vendor" not in folder.split("/"):
                self._packages[folder].append(path)
        self._modules = dict(_modules(projects))
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for folder in self._packages:
            self._by_last[folder.rpartition("/")[2]].append(folder)

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The files of the package at the import path `module`, without its tests."""
        by_name = module.startswith(BY_NAME)
        folder = self._nearest(module.removeprefix(BY_NAME), from_path) if by_name else self._folder(module)
        if folder is None:
            return ()
        return tuple(path for path in self._packages[folder] if not path.endswith("_test.go"))

    def is_package(self, module: str, from_path: str) -> bool:
        """A Go package always has a file."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """Go packages have no members that are packages."""
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The other files of the same package; tests see the rest, the rest does not see tests."""
        together = self._packages.get(from_path.rpartition("/")[0], ())
        if from_path.endswith("_test.go"):
            return tuple(path for path in together if path != from_path)
        return tuple(path for path in together if path != from_path and not path.endswith("_test.go"))

    def companions(self, path: str) -> tuple[str, ...]:
        """Methods may be in any file of the package of their type."""
        return self.ambient(path)

    def _folder(self, module: str) -> str | None:
        parts = module.split("/")
        for length in range(min(len(parts), MAX_PARTS), 0, -1):
            base = self._modules.get("/".join(parts[:length]))
            if base is not None:
                folder = "/".join([*([base] if base else []), *parts[length:]])
                return folder if folder in self._packages else None
        return self._by_ending(parts)

    def _nearest(self, name: str, from_path: str) -> str | None:
        """The folder of a name that is nearest to a file in another folder."""
        own = from_path.rpartition("/")[0]
        found = [folder for folder in self._by_last.get(name, ()) if folder and folder != own]
        return min(found, key=lambda folder: (-len(commonpath((folder, own))), folder), default=None)

    def _by_ending(self, parts: list[str]) -> str | None:
        """The folder that shares the longest ending with an import path of another host, at least two parts of it."""
        if "." not in parts[0]:
            return None  # the standard library
        best, most = None, 1
        for folder in self._by_last.get(parts[-1], ()):
            shared = 0
            for one, other in zip(reversed(folder.split("/")), reversed(parts), strict=False):
                if one != other:
                    break
                shared += 1
            if shared > most:
                best, most = folder, shared
        return best


def _modules(projects: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Module paths with their folders: those that are replaced by a folder, then those that go.mod files declare."""
    files = sorted(projects.items(), key=lambda file: (PurePosixPath(file[0]).name != "go.work", file[0]))
    mods = [(path, text) for path, text in files if PurePosixPath(path).name == "go.mod"]
    for path, text in reversed(files):  # the last one holds: a go.work decides over the modules that it joins
        for line in _lines(text):
            replaced = _REPLACE.match(line)
            folder = None if replaced is None else join(path.rpartition("/")[0], replaced[2])
            if replaced is not None and folder is not None:
                yield replaced[1], folder
    for path, text in mods:
        for line in _lines(text):
            words = line.split(None, 2)
            if len(words) > 1 and words[0] == "module":
                yield words[1].strip('"`'), path.rpartition("/")[0]
                break


def _lines(text: str) -> Iterator[str]:
    """Return the lines that are not empty, without indentation and comments. A go.mod is read line by line, so that no
    pattern can search further than one line."""
    for line in text.splitlines():
        stripped = line.partition("//")[0].strip()
        if stripped and len(stripped) <= MAX_LINE:
            yield stripped
