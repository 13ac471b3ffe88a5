"""Where C#'s names lead: from namespaces to files of the workspace."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

from dovetail_context.languages.paths import parent
from dovetail_context.workspace.manifest import MAX_ENTRIES, ProjectText

# Entries in a file's `packages` beside its namespaces.
OPENS = "opens "  # a namespace that is visible in the whole project (global using)
PARTIAL = "partial "  # a class of which the file holds a part
EXTENDS = "extends"  # the file defines extension methods

PROJECT_FILES = ("*.csproj", "*.projitems", "Directory.Build.props", "Directory.Build.targets")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_USING = re.compile(r"<Using\s([^<>]{1,400})>")
_NAMESPACE = re.compile(r"""\bInclude\s*=\s*["']\s*([\w.;\s]+?)\s*["']""")
_LINE = re.compile(r"using ([\w.]+)")


def read_msbuild(text: str) -> ProjectText:
    """Read an MSBuild file: only the namespaces that it makes visible in all files are kept, one a line."""
    if not text.lstrip("\ufeff").lstrip().startswith("<"):
        kept = islice(_LINE.finditer(text), MAX_ENTRIES)
        return ProjectText("\n".join(f"using {found[1]}" for found in kept), "" if "using " in text else "is no XML")
    namespaces = dict.fromkeys(islice(_usings(_COMMENT.sub("", text)), MAX_ENTRIES))
    return ProjectText("\n".join(f"using {namespace}" for namespace in namespaces))


def _usings(xml: str) -> Iterator[str]:
    for using in _USING.finditer(xml):
        included = _NAMESPACE.search(using[1])
        if included and not re.search(r"\b(?:Static|Alias)\s*=", using[1]):
            yield from (part for part in re.split(r"[;\s]+", included[1]) if part)


class CSharpResolver:
    """Resolves names among one set of files. Namespaces have nothing to do with folders."""

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._namespaces_of: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, list[str]] = defaultdict(list)
        self._parts: dict[str, list[str]] = defaultdict(list)
        self._facts = {path: facts for path, facts in paths.items() if any(" " in fact for fact in facts)}
        self._extending: list[str] = []
        self._project_folders = frozenset(parent(path) for path in projects if path.endswith(".csproj"))
        self._project_of: dict[str, str] = {}
        opened: dict[str, dict[str, None]] = defaultdict(dict)
        for path, text in sorted(projects.items()):
            if path.endswith((".csproj", ".projitems", ".props", ".targets")):
                opened[parent(path)].update((found[1], None) for found in _LINE.finditer(read_msbuild(text).text))
        for path in sorted(paths):
            facts = paths[path]
            self._namespaces_of[path] = tuple(fact for fact in facts if " " not in fact and fact != EXTENDS)
            for namespace in self._namespaces_of[path] or ("",):
                self._files[namespace].append(path)
            for fact in facts:
                if fact.startswith(OPENS):
                    opened[self._project(parent(path))][fact.removeprefix(OPENS)] = None
                elif fact.startswith(PARTIAL):
                    self._parts[fact].append(path)
            if EXTENDS in facts:
                self._extending.append(path)
        self._opened = {folder: tuple(namespaces) for folder, namespaces in opened.items()}
        self._ambient: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The files that declare a namespace."""
        return tuple(self._files.get(module, ()))

    def is_package(self, module: str, from_path: str) -> bool:
        """Whether `module` is a namespace that only holds others."""
        return any(namespace.startswith(module + ".") for namespace in self._files)

    def submodule(self, module: str, name: str) -> str:
        """A namespace inside another."""
        return f"{module}.{name}" if module else name

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The files of the same namespace, of the namespaces around it, and of those opened for the whole project."""
        namespaces, project = self._namespaces_of.get(from_path, ()), self._project(parent(from_path))
        key = (project, namespaces)
        if key not in self._ambient:
            around = dict.fromkeys(outer for namespace in namespaces for outer in _outward(namespace))
            around.update(dict.fromkeys((*self._opened_in(project), "")))
            self._ambient[key] = tuple(
                dict.fromkeys(path for namespace in around for path in self._files.get(namespace, ()))
            )
        return self._ambient[key]

    def companions(self, path: str) -> tuple[str, ...]:
        """The other files of the partial classes of `path`, and all that define extension methods."""
        parts = [fact for fact in self._facts.get(path, ()) if fact.startswith(PARTIAL)]
        found = dict.fromkeys(other for part in parts for other in self._parts[part])
        found.update(dict.fromkeys(self._extending))
        found.pop(path, None)
        return tuple(found)

    def _project(self, folder: str) -> str:
        """The nearest folder upward with a project file; "" where there is none."""
        if folder not in self._project_of:
            above = folder
            while above and above not in self._project_folders:
                above = parent(above)
            self._project_of[folder] = above
        return self._project_of[folder]

    def _opened_in(self, project: str) -> Iterator[str]:
        """The namespaces that a project opens, and the settings that hold in all folders below theirs."""
        folder = project
        while True:
            yield from self._opened.get(folder, ())
            if not folder:
                return
            folder = parent(folder)


def _outward(namespace: str) -> list[str]:
    """A namespace and those around it, innermost first."""
    parts = namespace.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
