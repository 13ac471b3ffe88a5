"""Where Rust's paths lead: from `crate::a::b` and names of crates to files of the workspace."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from dovetail_context.languages.paths import join_within
from dovetail_context.workspace.manifest import ProjectText, Shapes, kept_text, read_toml

# Folders whose files are crates of their own.
_CRATE_FOLDERS = ("tests", "examples", "benches", "src/bin")
# Targets that name their file: each is a crate of its own.
_TARGETS = ("bin", "example", "test", "bench")
_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")
MAX_SEGMENTS = 20
INLINE = "mod "  # before the name of a module between braces, in a file's `packages`
MACRO = "macro_rules! "  # how the signatures of macros begin
MACROS = "macros"  # the entry in a file's `packages` that reports macros in it
_SHAPES: Shapes = {
    ("package", "name"): (str,),
    ("package", "build"): (str, bool),
    ("lib", "name"): (str,),
    ("lib", "path"): (str,),
    ("workspace", "dependencies"): (dict,),
    ("target",): (dict,),
    **{(target,): (list,) for target in _TARGETS},
    **{(table,): (dict,) for table in _TABLES},
}


@dataclass(frozen=True, slots=True)
class Package:
    """A folder with a Cargo.toml: the name of its library crate, that crate's file, the files of other crates that it
    names, and the folders of dependencies (workspace ones by name alone) under the names that the code uses."""

    folder: str
    library: str = ""
    library_file: str = ""
    crate_files: tuple[str, ...] = ()
    dependencies: Mapping[str, str] = field(default_factory=dict)


def read_cargo(text: str) -> ProjectText:
    """Read a Cargo.toml."""
    return kept_text(read_toml(text), _SHAPES)


class RustResolver:
    """Resolves paths among one set of files.

    A module is a file: the children of `a.rs` and `a/mod.rs` are in the folder `a`, those of a crate's own file
    (`lib.rs`, `main.rs`, a file of `tests`, `examples`, `benches` or `src/bin`) are beside it.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._paths = frozenset(paths)
        self._inline = {path: facts for path, facts in paths.items() if any(fact.startswith(INLINE) for fact in facts)}
        self._packages = _packages(projects)
        self._libraries = {
            package.library: package.library_file
            for package in sorted(self._packages.values(), key=lambda package: package.folder)
            if package.library_file in self._paths
        }
        self._package_of: dict[str, Package | None] = {}
        self._together: dict[str, list[str]] = defaultdict(list)
        self._with_macros: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            package = self._package(path)
            self._together[package.folder if package is not None else ""].append(path)
            if MACROS in paths[path]:
                self._with_macros[package.folder if package is not None else ""].append(path)
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file of the module that a path names in `from_path` (at most one)."""
        key = (module, from_path)
        if key not in self._known:
            self._known[key] = tuple(islice(self._resolved(module, from_path), 1))
        return self._known[key]

    def is_package(self, module: str, from_path: str) -> bool:
        """A Rust module has a file of its own, or is part of one."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """`name` as a module inside `module`."""
        return f"{module}::{name}"

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The files with macros, of whose names the macros alone are visible: `#[macro_use]`, `#[macro_export]`."""
        package = self._package(from_path)
        return tuple(
            path for path in self._with_macros[package.folder if package is not None else ""] if path != from_path
        )

    def companions(self, path: str) -> tuple[str, ...]:
        """`impl` blocks may be anywhere in the crate."""
        package = self._package(path)
        return tuple(other for other in self._together[package.folder if package is not None else ""] if other != path)

    def _resolved(self, module: str, from_path: str) -> Iterator[str]:
        first, *rest = module.split("::")[:MAX_SEGMENTS]
        for start in self._starts(first, from_path):
            found: str | None = start
            for segment in rest:
                if found is not None:
                    found = self._parent(found) if segment == "super" else self._inside(found, segment)
            if found is not None:
                yield found

    def _inside(self, path: str, name: str) -> str | None:
        """The file of a module's child. One that is written between braces (`mod prelude { ... }`) is in the file
        itself: what it names is among the names and imports of that file."""
        is_inline = f"{INLINE}{name}" in self._inline.get(path, ())
        return self._child(path, name) or (path if is_inline else None)

    def _starts(self, first: str, from_path: str) -> Iterator[str]:
        """The files that the first part of a path may mean, the likeliest first."""
        if first.startswith("./"):
            yield from self._existing(join_within(from_path.rpartition("/")[0], first))
        elif first == "crate":
            yield from self._roots(from_path)
        elif first == "self":
            yield from_path
        elif first == "super":
            parent = self._parent(from_path)
            if parent is not None:
                yield parent
        else:
            child = self._child(from_path, first)
            if child is not None:
                yield child
            library = self._library(first, from_path)
            if library:
                yield library

    def _library(self, name: str, from_path: str) -> str:
        package = self._package(from_path)
        if package is not None and name in package.dependencies:
            folder = package.dependencies[name]
            other = self._packages.get(folder) or next(
                (each for each in self._packages.values() if each.library == folder), None
            )
            if other is not None and other.library_file in self._paths:
                return other.library_file
        return self._libraries.get(name, "")

    def _roots(self, path: str) -> Iterator[str]:
        """The crate's own files that `crate` may mean in `path`."""
        package = self._package(path)
        folder = package.folder if package is not None else ""
        inside = path.removeprefix(folder + "/") if folder else path
        for where in _CRATE_FOLDERS:
            if inside.startswith(where + "/"):
                parts = inside.removeprefix(where + "/").split("/")
                base = join_within(folder, where)
                if len(parts) == 1:
                    yield path
                else:
                    yield from self._existing(join_within(base, f"{parts[0]}/main.rs"))
                return
        named = package.crate_files if package is not None else ()
        if PurePosixPath(path).name == "main.rs" or path in named:
            yield path
        if package is not None and package.library_file:
            yield from self._existing(package.library_file)
        yield from self._existing(join_within(folder, "src/lib.rs"))
        yield from self._existing(join_within(folder, "src/main.rs"))
        near = [file for file in named if path.startswith(file.rpartition("/")[0] + "/")]
        for file in sorted(near, key=lambda file: (-file.count("/"), file)):
            yield from self._existing(file)
        above = path.rpartition("/")[0]
        while True:
            yield from self._existing(join_within(above, "lib.rs"))
            yield from self._existing(join_within(above, "main.rs"))
            if not above:
                return
            above = above.rpartition("/")[0]

    def _existing(self, path: str) -> Iterator[str]:
        if path in self._paths:
            yield path

    def _folder_of(self, path: str) -> str:
        """The folder that holds the children of a module's file."""
        folder, _, name = path.rpartition("/")
        if name in ("mod.rs", "lib.rs", "main.rs") or self._is_root(path):
            return folder
        return join_within(folder, name.removesuffix(".rs"))

    def _is_root(self, path: str) -> bool:
        package = self._package(path)
        if package is None:
            return False
        inside = path.removeprefix(package.folder + "/") if package.folder else path
        parent = inside.rpartition("/")[0]
        return (
            path == package.library_file
            or path in package.crate_files
            or inside == "build.rs"
            or parent in _CRATE_FOLDERS
        )

    def _child(self, path: str, name: str) -> str | None:
        base = join_within(self._folder_of(path), name)
        return next((each for each in (f"{base}.rs", f"{base}/mod.rs") if each in self._paths), None)

    def _parent(self, path: str) -> str | None:
        folder, _, name = path.rpartition("/")
        above = folder.rpartition("/")[0] if name == "mod.rs" else folder
        candidates = [f"{above}.rs", *(join_within(above, each) for each in ("mod.rs", "lib.rs", "main.rs"))]
        found = next((each for each in candidates if each in self._paths and each != path), None)
        return found if found is not None else next((root for root in self._roots(path) if root != path), None)

    def _package(self, path: str) -> Package | None:
        folder = path.rpartition("/")[0]
        if folder not in self._package_of:
            above, found = folder, self._packages.get(folder)
            while found is None and above:
                above = above.rpartition("/")[0]
                found = self._packages.get(above)
            self._package_of[folder] = found
        return self._package_of[folder]


def _packages(projects: Mapping[str, str]) -> dict[str, Package]:
    manifests: dict[str, dict[str, Any]] = {}
    for path, text in sorted(projects.items()):
        if PurePosixPath(path).name == "Cargo.toml":
            manifests[path.rpartition("/")[0]] = read_toml(text).value
    shared: dict[str, str] = {}
    for folder, manifest in manifests.items():
        shared.update(_dependencies(_table(_table(manifest, "workspace"), "dependencies"), folder, {}))
    return {
        folder: _read_package(folder, manifest, shared)
        for folder, manifest in manifests.items()
        if isinstance(manifest.get("package"), dict)
    }


def _read_package(folder: str, manifest: dict[str, Any], shared: Mapping[str, str]) -> Package:
    library = _table(manifest, "lib")
    name = _text(library, "name") or _text(_table(manifest, "package"), "name")
    path = _text(library, "path") or "src/lib.rs"
    dependencies: dict[str, str] = {}
    tables = [_table(manifest, key) for key in _TABLES]
    targets = _table(manifest, "target")
    tables.extend(_table(_table(targets, target), key) for target in targets for key in _TABLES)
    for table in tables:
        dependencies.update(_dependencies(table, folder, shared))
    return Package(
        folder, name.replace("-", "_"), join_within(folder, path), tuple(_crates(folder, manifest)), dependencies
    )


def _crates(folder: str, manifest: dict[str, Any]) -> Iterator[str]:
    """The files that targets name with a path."""
    listed = (manifest.get(kind) for kind in _TARGETS)
    targets = [each for targets in listed if isinstance(targets, list) for each in targets if isinstance(each, dict)]
    for path in (*(_text(each, "path") for each in targets), _text(_table(manifest, "package"), "build")):
        if path:
            yield join_within(folder, path)


def _dependencies(table: dict[str, Any], folder: str, shared: Mapping[str, str]) -> dict[str, str]:
    """By the name that code uses: the folder of a path dependency, or the crate's name where another name is given."""
    found: dict[str, str] = {}
    for name, value in table.items():
        code_name = name.replace("-", "_")
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("path"), str):
            found[code_name] = join_within(folder, value["path"])
        elif isinstance(value.get("package"), str):
            found[code_name] = value["package"].replace("-", "_")
        elif value.get("workspace") is True and code_name in shared:
            found[code_name] = shared[code_name]
    return found


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
