"""Where TypeScript's imports lead: from module names to files of the workspace."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from posixpath import commonpath

from dovetail_context.languages.paths import join, parent
from dovetail_context.languages.typescript.bundler import Aliases
from dovetail_context.languages.typescript.deno import ImportMaps
from dovetail_context.languages.typescript.packages import Packages
from dovetail_context.languages.typescript.settings import CompilerSettings

# In the order in which the compiler tries them; a declaration contains more type information than JavaScript does.
_SUFFIXES = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".d.mts", ".d.cts", ".js", ".jsx", ".mjs", ".cjs")
# The suffixes that denote compiler output in an import, and those of its sources.
_SOURCES_OF = {
    ".js": (".ts", ".tsx", ".d.ts"),
    ".jsx": (".tsx", ".ts", ".d.ts"),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts", ".d.cts"),
}
# Folders that hold what is built; their sources are looked for in a folder of the other kind.
_BUILT = frozenset({"dist", "build", "lib", "out", "esm", "cjs", "es", "output", "types", "dts", "_esm", "_cjs"})
_SOURCE_FOLDERS = ("src", "source", "lib", "ts", "")

# Entries in a file's `packages`.
DECLARES = "declares "  # a module whose exports the file declares or adds to
GLOBAL = "global"  # the file's names are visible everywhere
SCRIPT = "script"  # the file is no module: its names are visible to other scripts
MAX_SCRIPTS = 64  # whose names one script sees, the nearest first: a page loads a handful


class TypeScriptResolver:
    """Resolves imports among one set of files.

    Tried in this order: relative paths; names of the package's own `imports` (`#x`); the `paths` and `baseUrl` of the
    nearest tsconfig.json; the nearest import map; the aliases of a bundler's configuration; packages of the workspace
    by the name in their package.json, or by the name that a dependency gives them.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._paths = frozenset(paths)
        self._maps = ImportMaps(projects)
        self._packages = Packages(projects, self._maps.packages)
        self._settings = CompilerSettings(projects, self._packages)
        self._aliases = Aliases(paths)
        self._below: dict[str, tuple[str, ...]] = {}
        self._global = tuple(sorted(path for path, facts in paths.items() if GLOBAL in facts))
        self._scripts = frozenset(path for path, facts in paths.items() if SCRIPT in facts)
        self._declared: dict[str, list[str]] = defaultdict(list)
        for path in sorted(path for path, facts in paths.items() if facts):
            for fact in paths[path]:
                if fact.startswith(DECLARES):
                    self._declared[fact.removeprefix(DECLARES)].append(path)
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file of `module` (at most one) as written in `from_path`."""
        folder = parent(from_path)
        key = (module, folder)
        if key not in self._known:
            found = next((file for place in self._places(module, folder) if (file := self._file(place))), "")
            declared = () if found or module.startswith(".") else tuple(self._declaring(module))
            self._known[key] = (found,) if found else declared
        return self._known[key]

    def is_package(self, module: str, from_path: str) -> bool:
        """A folder without an index file is no module."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """Modules hold no modules: what they offer they export."""
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The files whose declarations are global."""
        found = dict.fromkeys(path for path in self._global if path != from_path)
        if from_path in self._scripts:
            near = sorted(self._scripts, key=lambda path: (-len(commonpath((parent(path), parent(from_path)))), path))
            found.update(dict.fromkeys(path for path in near[: MAX_SCRIPTS + 1] if path != from_path))
        return tuple(found)

    def companions(self, path: str) -> tuple[str, ...]:
        """The files that add members to what a module defines: `declare module "./request" { interface ... }`."""
        return tuple(dict.fromkeys(other for other in self._adding.get(path, ()) if other != path))

    @cached_property
    def _adding(self) -> Mapping[str, list[str]]:
        """The files that add to each file."""
        found: dict[str, list[str]] = defaultdict(list)
        for module, paths in self._declared.items():
            for path in paths:
                place = next((file for each in self._places(module, parent(path)) if (file := self._file(each))), "")
                if place:
                    found[place].append(path)
        for path in self._global if len(self._global) > 1 else ():
            found[path].extend(self._global)
        return found

    def _declaring(self, module: str) -> Iterator[str]:
        yield from self._declared.get(module, ())
        for pattern, paths in self._declared.items():
            start, star, end = pattern.partition("*")
            if star and module.startswith(start) and module.endswith(end):
                yield from paths

    def _places(self, module: str, folder: str) -> Iterator[str]:
        """Return where the module's file may be, without its suffix or with one that denotes another."""
        module = module.partition("?")[0]
        if module.startswith(("./", "../")) or module in (".", ".."):
            place = join(folder, module)
            if place is not None:
                yield place
            return
        if module.startswith("#"):
            for place in self._packages.own_imports(module, folder):
                yield from _with_sources(place, self._packages.folder_of(place))
        yield from self._settings.places(module, folder)
        yield from self._maps.places(module, folder)
        yield from self._aliases.places(module, folder)
        exported = list(self._packages.exported(self._maps.specifier(module, folder), folder))
        for root, place in exported:
            yield from _with_sources(place, root)
        for root, place in exported:
            yield from self._elsewhere(place, root)

    def _elsewhere(self, place: str, root: str) -> Iterator[str]:
        """A built file's path in the other folders of its package, one of which holds the sources."""
        built, _, rest = place[len(root) + 1 if root else 0 :].partition("/")
        if not rest:
            return
        if root not in self._below:
            start = f"{root}/" if root else ""
            inside = (path[len(start) :].partition("/") for path in self._paths if path.startswith(start))
            self._below[root] = tuple(sorted({first for first, slash, _ in inside if slash}))
        for folder in self._below[root]:
            if folder != built:
                yield from (f"{root}/{folder}/{each}".lstrip("/") for each in (rest, _without_suffix(rest)))

    def _file(self, place: str) -> str:
        if place in self._paths:
            return place
        stem, dot, suffix = place.rpartition(".")
        for source in _SOURCES_OF.get(dot + suffix, ()):
            if stem + source in self._paths:
                return stem + source
        for base in (place, f"{place}/index" if place else "index"):
            for end in _SUFFIXES:
                if base + end in self._paths:
                    return base + end
        main = self._packages.main_of(place) if place else None
        if main is not None and main != place:
            return next((file for each in _with_sources(main, place) if (file := self._file(each))), "")
        return ""


def _with_sources(place: str, root: str) -> Iterator[str]:
    """A place and, if it is one of built files, those of their sources: `dist/a.js` comes from `src/a.ts`."""
    yield place
    inside = place[len(root) + 1 :] if root and place.startswith(root + "/") else place if not root else ""
    parts = inside.split("/")
    for built in range(1, len(parts)):
        if parts[built - 1] not in _BUILT:
            return
        rest = _without_suffix("/".join(parts[built:]))
        for source in _SOURCE_FOLDERS:
            yield "/".join(part for part in (root, source, rest) if part)


def _without_suffix(path: str) -> str:
    """A path without the suffix of a declaration file."""
    for suffix in (".d.ts", ".d.mts", ".d.cts"):
        path = path.removesuffix(suffix)
    return path
