"""Where includes lead: to headers beside the file, in the compiler's include folders, in `include` and `src`."""

import json
import shlex
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".m", ".mm")
# Folders from which includes start, by convention.
_ROOTS = frozenset({"", "include", "includes", "inc", "src", "source", "lib", "headers", "public"})
_FLAGS = ("-I", "-isystem", "-iquote", "/I", "--include-directory=")


class CppResolver:
    """Resolves includes among one set of files."""

    def __init__(self, paths: Collection[str], projects: Mapping[str, str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_class: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            name = path.rpartition("/")[2]
            self._by_name[name].append(path)
            self._by_stem[name.partition(".")[0]].append(path)
            self._by_class[_plain(name.partition(".")[0])].append(path)
        self._include_folders = tuple(dict.fromkeys(_include_folders(self._paths, projects)))
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file that an include (with its quotes or angle brackets) names; `::` is what the file itself sees.

        `class VersionSet`, which a header only announces, is looked for in headers called `version_set`.
        """
        if module == "::":
            return (from_path,)
        if module.startswith("class "):
            return self._headers_named(_plain(module.removeprefix("class ")), from_path)
        key = (module, from_path.rpartition("/")[0])
        if key not in self._known:
            found = self._included(module[1:-1], key[1], module.startswith('"'))
            self._known[key] = tuple(path for path in found if path != from_path)[:1]
        return self._known[key]

    def is_package(self, module: str, from_path: str) -> bool:
        """A header is a file."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """Namespaces are transparent: one inside another shows the same."""
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """Nothing is visible without an include."""
        return ()

    def companions(self, path: str) -> tuple[str, ...]:
        """Header and source of the same name: in one folder, else anywhere (`include/a.h`, `src/a.cc`)."""
        folder, _, name = path.rpartition("/")
        same = [other for other in self._by_stem[name.partition(".")[0]] if other != path]
        beside = [other for other in same if other.rpartition("/")[0] == folder]
        return tuple(beside or same[:4])

    def _headers_named(self, name: str, from_path: str) -> tuple[str, ...]:
        folder = from_path.rpartition("/")[0]
        headers = [path for path in self._by_class.get(name, ()) if path != from_path and not path.endswith(_SOURCES)]
        return tuple(sorted(headers, key=lambda path: (-_shared(path, folder), path)))

    def _included(self, written: str, folder: str, quoted: bool) -> Iterator[str]:
        target = _joined("", written) if not written.startswith("..") else ""
        if quoted:
            beside = _joined(folder, written)
            if beside in self._paths:
                yield beside
        for root in self._include_folders:
            if target and (found := _joined(root, target)) in self._paths:
                yield found
        if target:
            yield from sorted(self._by_ending(target, quoted), key=lambda path: (-_shared(path, folder), path))

    def _by_ending(self, target: str, quoted: bool) -> Iterator[str]:
        """Files that end like the include; in angle brackets only below a folder from which includes start."""
        for path in self._by_name.get(target.rpartition("/")[2], ()):
            if path == target or path.endswith("/" + target):
                root = path[: -len(target)].rstrip("/").rpartition("/")[2]
                if root in _ROOTS or (quoted and not path.endswith(_SOURCES)) or "/" in target:
                    yield path


def _include_folders(paths: frozenset[str], projects: Mapping[str, str]) -> Iterator[str]:
    """The include folders of compile_commands.json files, relative to the workspace's root."""
    for path, text in sorted(projects.items()):
        if PurePosixPath(path).name != "compile_commands.json":
            continue
        try:
            entries = json.loads(text)
        except ValueError:
            continue
        base: str | None = None
        seen: set[str] = set()
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            directory = str(entry.get("directory") or "").replace("\\", "/")
            if base is None:
                base = _workspace_root(_absolute(directory, str(entry.get("file") or "").replace("\\", "/")), paths)
            for folder in _folders_in(entry):
                absolute = _absolute(directory, folder.replace("\\", "/"))
                if absolute not in seen and base is not None and (absolute + "/").startswith(base + "/"):
                    seen.add(absolute)
                    yield absolute[len(base) :].strip("/")


def _folders_in(entry: Mapping[str, object]) -> Iterator[str]:
    """The folders that a compile command names with `-I` and the like."""
    arguments = entry.get("arguments")
    if not isinstance(arguments, list):
        try:
            arguments = shlex.split(str(entry.get("command") or ""), posix=True)
        except ValueError:
            return
    words = [str(argument) for argument in arguments]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        for flag in _FLAGS:
            if word == flag and following:
                yield following
            elif word.startswith(flag) and len(word) > len(flag):
                yield word[len(flag) :]


def _workspace_root(file: str, paths: frozenset[str]) -> str | None:
    """The absolute folder below which `file` is one of `paths`."""
    parts = file.split("/")
    for start in range(1, len(parts)):
        if "/".join(parts[start:]) in paths:
            return "/".join(parts[:start])
    return None


def _absolute(directory: str, path: str) -> str:
    if path.startswith("/") or path[1:2] == ":":
        return _joined("", path) if path[1:2] == ":" else "/" + _joined("", path)
    return ("/" if directory.startswith("/") else "") + _joined(directory.strip("/"), path)


def _joined(base: str, relative: str) -> str:
    """`relative` to the folder `base`, both posix; what leads out of the workspace stays at its root."""
    parts = base.split("/") if base else []
    for part in relative.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _shared(path: str, folder: str) -> int:
    """How many leading folders a path shares with a folder."""
    shared = 0
    for one, other in zip(path.split("/"), folder.split("/"), strict=False):
        if one != other:
            break
        shared += 1
    return shared


def _plain(name: str) -> str:
    """A name as those of classes and files agree: `VersionSet` and `version_set` are `versionset`."""
    return name.replace("_", "").replace("-", "").lower()
