"""Where includes lead: to headers beside the file, in the compiler's include folders, in `include` and `src`."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from dovetail_context.languages.paths import join_within, nearest_first
from dovetail_context.workspace.manifest import MAX_ENTRIES, ManifestError, ProjectText, json_entries

MODULE = "module "  # how the names of C++20 modules begin, in imports and in a file's `packages`
HEADER = "header "  # what a file sees that headers of its name include at their end
IMPLEMENTATIONS = (".tpp", ".txx", ".tcc", ".ipp", ".inl")
_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".m", ".mm")
# Folders from which includes start, by convention.
_ROOTS = frozenset({"", "include", "includes", "inc", "src", "source", "lib", "headers", "public"})
_FLAGS = ("-I", "-isystem", "-iquote", "/I", "--include-directory=")
MAX_COMMANDS = 20_000  # entries that are read; the files of a project share their include folders
MIN_FILES = 100  # entries of which the file is kept in any case
MAX_PATH = 1024  # characters; entries with longer ones are passed over
_OF_DEFINITIONS = re.compile(r"[-_](?:inl|impl)\Z")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*+"?|'[^']*+'?)++""", re.DOTALL)
_QUOTED = re.compile(r"""\\(.)|"((?:[^"\\]|\\.)*+)"?|'([^']*+)'?""", re.DOTALL)


class CppResolver:
    """Resolves includes among one set of files."""

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._modules: dict[str, list[str]] = defaultdict(list)
        self._by_class: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            name = path.rpartition("/")[2]
            self._by_name[name].append(path)
            self._by_stem[_stem(name)].append(path)
            for fact in paths[path]:
                self._modules[fact].append(path)
            self._by_class[_plain(name.partition(".")[0])].append(path)
        self._include_folders = tuple(dict.fromkeys(_include_folders(self._paths, projects)))
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file that an include (with its quotes or angle brackets) names; `::` is what the file itself sees.

        `class VersionSet`, which a header only announces, is looked for in headers called `version_set`.
        """
        if module == "::":
            return (from_path,)
        if module.startswith(MODULE):
            return tuple(path for path in self._modules.get(module, ()) if path != from_path)
        if module.startswith(HEADER):
            headers = (path for path in self.companions(from_path) if not path.endswith((*_SOURCES, *IMPLEMENTATIONS)))
            return tuple(headers)
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
        """Header and source of the same name: in one folder, else anywhere (`include/a.h`, `src/a.cc`). A header that
        holds definitions may say so in its name (`a-inl.h`)."""
        folder, _, name = path.rpartition("/")
        same = [other for other in self._by_stem[_stem(name)] if other != path]
        beside = [other for other in same if other.rpartition("/")[0] == folder]
        return tuple(beside or same[:4])

    def _headers_named(self, name: str, from_path: str) -> tuple[str, ...]:
        folder = from_path.rpartition("/")[0]
        headers = [path for path in self._by_class.get(name, ()) if path != from_path and not path.endswith(_SOURCES)]
        return tuple(nearest_first(headers, folder))

    def _included(self, written: str, folder: str, quoted: bool) -> Iterator[str]:
        target = join_within("", written) if not written.startswith("..") else ""
        if quoted:
            beside = join_within(folder, written)
            if beside in self._paths:
                yield beside
        for root in self._include_folders:
            if target and (found := join_within(root, target)) in self._paths:
                yield found
        if target:
            yield from nearest_first(self._by_ending(target, quoted), folder)

    def _by_ending(self, target: str, quoted: bool) -> Iterator[str]:
        """Files that end like the include; in angle brackets only below a folder from which includes start."""
        for path in self._by_name.get(target.rpartition("/")[2], ()):
            if path == target or path.endswith("/" + target):
                root = path[: -len(target)].rstrip("/").rpartition("/")[2]
                if root in _ROOTS or (quoted and not path.endswith(_SOURCES)) or "/" in target:
                    yield path


def read_compile_commands(text: str) -> ProjectText:
    """Read a compile_commands.json: what is kept is a shorter one, which names every include folder once."""
    kept: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    problem = ""
    try:
        for entry in islice(json_entries(text), MAX_COMMANDS):
            if not isinstance(entry, dict):
                problem = problem or "has an entry that is no table"
                continue
            directory, file = _text(entry, "directory"), _text(entry, "file")
            if max(len(directory), len(file)) > MAX_PATH:
                continue
            named = (folder for folder in _folders_in(entry) if len(folder) <= MAX_PATH)
            folders = [folder for folder in named if (directory, folder) not in seen]
            seen.update((directory, folder) for folder in folders)
            if folders or len(kept) < MIN_FILES:  # the files show where the workspace is
                arguments = [word for folder in folders for word in ("-I", folder)]
                kept.append({"directory": directory, "file": file, "arguments": arguments})
            if len(seen) > MAX_ENTRIES:
                break
    except ManifestError as error:
        problem = str(error)
    return ProjectText(json.dumps(kept), problem)


def _include_folders(paths: frozenset[str], projects: Mapping[str, str]) -> Iterator[str]:
    """The include folders of compile_commands.json files, relative to the workspace's root."""
    for path, text in sorted(projects.items()):
        if PurePosixPath(path).name != "compile_commands.json":
            continue
        base: str | None = None
        for entry in json.loads(read_compile_commands(text).text):
            directory, file = entry["directory"].replace("\\", "/"), entry["file"].replace("\\", "/")
            if base is None:
                base = _workspace_root(_absolute(directory, file), paths)
            for folder in entry["arguments"][1::2]:
                absolute = _absolute(directory, folder.replace("\\", "/"))
                if base is not None and (absolute + "/").startswith(base + "/"):
                    yield absolute[len(base) :].strip("/")


def _folders_in(entry: Mapping[str, Any]) -> Iterator[str]:
    """The folders that a compile command names with `-I` and the like."""
    arguments = entry.get("arguments")
    if isinstance(arguments, list):
        words = [argument for argument in arguments if isinstance(argument, str)]
    else:
        words = [_unquoted(word[0]) for word in _WORD.finditer(_text(entry, "command"))]
    for word, following in zip(words, (*words[1:], ""), strict=False):
        for flag in _FLAGS:
            if word == flag and following:
                yield following
            elif word.startswith(flag) and len(word) > len(flag):
                yield word[len(flag) :]


def _unquoted(word: str) -> str:
    """A word as a shell reads it. (`shlex` takes a thousand times as long.)"""
    if '"' not in word and "'" not in word and "\\" not in word:
        return word
    return _QUOTED.sub(lambda found: next(part for part in (*found.groups(), "") if part is not None), word)


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _workspace_root(file: str, paths: frozenset[str]) -> str | None:
    """The absolute folder below which `file` is one of `paths`."""
    parts = file.split("/")
    for start in range(1, len(parts)):
        if "/".join(parts[start:]) in paths:
            return "/".join(parts[:start])
    return None


def _absolute(directory: str, path: str) -> str:
    if path.startswith("/") or path[1:2] == ":":
        return join_within("", path) if path[1:2] == ":" else "/" + join_within("", path)
    return ("/" if directory.startswith("/") else "") + join_within(directory.strip("/"), path)


def _stem(name: str) -> str:
    """The name of a file without its endings, and without what marks a header that holds definitions."""
    return _OF_DEFINITIONS.sub("", name.partition(".")[0])


def _plain(name: str) -> str:
    """A name as those of classes and files agree: `VersionSet` and `version_set` are `versionset`."""
    return name.replace("_", "").replace("-", "").lower()
