"""Where Go's imports lead: from import paths to the folders of packages in the workspace."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

_MODULE = re.compile(r"^\s*module\s+\"?([^\s\"]+)\"?", re.MULTILINE)
_REPLACE = re.compile(
    r"^\s*(?:replace\s+)?([^\s=(]+)(?:\s+v\S+)?\s*=>\s*(\.\.?(?:/[^\s]*)?)\s*(?://.*)?$", re.MULTILINE
)


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
        folder = self._folder(module)
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
        """Methods may stand in any file of the package of their type."""
        return self.ambient(path)

    def _folder(self, module: str) -> str | None:
        parts = module.split("/")
        for length in range(len(parts), 0, -1):
            base = self._modules.get("/".join(parts[:length]))
            if base is not None:
                folder = "/".join([*([base] if base else []), *parts[length:]])
                return folder if folder in self._packages else None
        return self._by_ending(parts)

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
    """Module paths with their folders: those that go.mod files declare, then those that they replace by a folder."""
    mods = [(path, text) for path, text in sorted(projects.items()) if PurePosixPath(path).name == "go.mod"]
    for path, text in mods:
        for module, target in _REPLACE.findall(text):
            folder = _joined(path.rpartition("/")[0], target)
            if folder is not None:
                yield module, folder
    for path, text in mods:
        found = _MODULE.search(text)
        if found is not None:
            yield found[1], path.rpartition("/")[0]


def _joined(base: str, relative: str) -> str | None:
    """The folder `relative` to `base`; None if it leads out of the workspace."""
    parts = base.split("/") if base else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
