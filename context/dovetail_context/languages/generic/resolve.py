"""Where imports lead, in languages whose files say what they define: by qualified name, by package, by path."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from posixpath import normpath

from dovetail_context.languages.generic.extract import DEFINES, EXTENDS
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.paths import nearest_first, parent

MAX_KEPT = 1000  # names whose files are kept in the order of their nearness to a folder
MAX_SEEN = 150  # files whose names are visible without an import, the nearest
MAX_OF_NAME = 6  # files that define one name; with more the name identifies none

# Before a name that stands for what is defined inside it, and not for itself.
NAMESPACE = "namespace "


class NameResolver:
    """Resolves imports among one set of files (see `ImportResolver` for what each member promises)."""

    def __init__(self, profile: Profile, paths: Mapping[str, tuple[str, ...]]) -> None:
        self._profile = profile
        self._paths = frozenset(paths)
        self._package_of: dict[str, str] = {}
        self._nests: dict[str, tuple[str, ...]] = {}
        self._nested: dict[str, list[str]] = defaultdict(list)
        self._packages: dict[str, list[str]] = defaultdict(list)
        self._defining: dict[str, list[str]] = defaultdict(list)
        self._by_last: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._extending: list[str] = []
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._ambient: dict[tuple[str, str], tuple[str, ...]] = {}
        self._near: dict[tuple[str, str], list[str]] = {}
        for path in sorted(paths):
            package, *declared = paths[path] or ("",)
            self._package_of[path] = package
            self._packages[package].append(path)
            names = [entry.removeprefix(DEFINES) for entry in declared if entry.startswith(DEFINES)]
            if not path.endswith(profile.suffixes):  # a neighbour's file, which is named after its class
                names = [f"{package}.{path.rpartition('/')[2].partition('.')[0]}".lstrip(".")]
            self._nests[path] = tuple(dict.fromkeys(name.rpartition(".")[0] for name in names))
            for nest in self._nests[path]:
                self._nested[nest].append(path)
            for name in names:
                self._defining[name].append(path)
                self._by_last[name.rpartition(".")[2]].append((name, path))
            if EXTENDS in declared:
                self._extending.append(path)
            for suffix in profile.suffixes:
                if path.endswith(suffix):
                    self._by_stem[path.removesuffix(suffix).rpartition("/")[2]].append(path)

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The files that define a name, or make up a package, or are meant by a path, the nearest first."""
        if module.startswith(NAMESPACE):
            return self._inside(module.removeprefix(NAMESPACE), from_path)
        if module in self._defining or (module and module in self._packages):
            return tuple(path for path in self._nearest(module, parent(from_path)) if path != from_path)
        found: list[str] = []
        if self._profile.by_last_name:
            found = self._by_last_name(module, from_path)
        if not found:
            found = list(self._at_path(module, from_path))
        return tuple(path for path in nearest_first(found, parent(from_path)) if path != from_path)

    def _nearest(self, module: str, folder: str) -> list[str]:
        """The files that define a name or make up a package. (Each file of a project may open its outermost module.)"""
        found = self._near.get((module, folder))
        if found is None:
            if len(self._near) >= MAX_KEPT:
                self._near = {}
            found = nearest_first(self._defining.get(module) or self._packages[module], folder)
            self._near[module, folder] = found
        return found

    def is_package(self, module: str, from_path: str) -> bool:
        """A package alone is no value in these languages."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """Modules have no names inside expressions."""
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The other files of the package; without one, of the folder; or all files where a program is one module."""
        sees, package, folder = self._profile.sees, self._package_of.get(from_path, ""), from_path.rpartition("/")[0]
        if sees == "nothing":
            return ()
        key = ("".join(self._nests.get(from_path, ())) if sees == "nest" else package, folder)
        if key not in self._ambient:
            found: Iterable[str] = self._packages.get(package, [])
            if sees == "everything":
                found = self._paths
            elif sees == "nest":
                found = {path for nest in self._nests.get(from_path, ()) if nest for path in self._nested[nest]}
            near = nearest_first(found, parent(from_path))
            if sees == "package" and not package:
                near = [path for path in near if path.rpartition("/")[0] == folder]
            self._ambient[key] = tuple(near[:MAX_SEEN])
        return self._ambient[key]

    def companions(self, path: str) -> tuple[str, ...]:
        """The files with functions that are called like members of what they extend, and with parts of classes."""
        return tuple(self._extending)

    def _inside(self, namespace: str, from_path: str) -> tuple[str, ...]:
        """The files that define something in a namespace, which may be written without its first parts."""
        found = dict.fromkeys(
            path
            for nest, paths in self._nested.items()
            if nest == namespace or nest.endswith("." + namespace)
            for path in paths
        )
        return tuple(nearest_first(found, parent(from_path))[:MAX_SEEN])

    def _by_last_name(self, module: str, from_path: str) -> list[str]:
        """The files that define a name written without its first parts: those around the current one win."""
        candidates = self._by_last.get(module.rpartition(".")[2], [])
        fitting = [(name, path) for name, path in candidates if name == module or name.endswith("." + module)]
        around = {
            nest.rsplit(".", count)[0] if count else nest
            for nest in self._nests.get(from_path, ())
            for count in range(nest.count(".") + 1)
        }
        own = [(name, path) for name, path in fitting if name.removesuffix(module).rstrip(".") in around]
        if own:
            deepest = max(len(name) for name, _ in own)
            return [path for name, path in own if len(name) == deepest][:MAX_OF_NAME]
        paths = list(dict.fromkeys(path for _, path in fitting))
        return paths if len(paths) <= MAX_OF_NAME else []

    def _at_path(self, module: str, from_path: str) -> Iterable[str]:
        """The file at a path as written: relative to the file or the root, or below any folder."""
        written = module if "/" in module or not self._profile.module_paths else module.replace(".", "/")
        written = written.removeprefix("./") if not written.startswith("../") else written
        if not written or written.startswith("/"):
            return
        folder = from_path.rpartition("/")[0]
        endings = tuple(pattern.format(written) for pattern in (*self._profile.module_paths, "{}"))
        for ending in endings:
            for base in (folder, ""):
                path = normpath(f"{base}/{ending}" if base else ending)
                if path in self._paths:
                    yield path
                    return
        for ending in endings:
            stem = ending.rpartition("/")[2].partition(".")[0]
            below = [path for path in self._by_stem.get(stem, ()) if path.endswith("/" + ending)]
            if below:
                yield from nearest_first(below, parent(from_path))[:1]
                return
