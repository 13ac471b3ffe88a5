"""Where Python's imports lead: from module names to files of the workspace."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from dovetail_context.languages.python.settings import folders_of_setups, source_folders

_FIXTURES = "conftest.py"
_PACKAGE_FILES = ("__init__.pyi", "__init__.py")
_SUFFIXES = (".pyi", ".py")  # a stub contains more type information than the code it describes
# Folders that hold packages without being one, by convention.
_SOURCE_FOLDERS = ("src", "lib", "python", "source", "typings", "stubs")
_STUBS = "-stubs"  # behind the name of a package that holds another's stubs (PEP 561)


class PythonResolver:
    """Resolves imports among one set of files.

    A *source root* is a folder from which absolute imports start: those that pyproject.toml and its like name, the
    folder of a setup.py, the parent of every outermost package (a folder with `__init__.py` whose parent has none),
    `src` and the like, and the workspace's root. Of several roots that know a module, the one nearest to the importing
    file wins. A module whose folder has another name is found by what the project files say.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._paths = frozenset(paths)
        self._folders = frozenset(_folders(self._paths))
        configured, written = source_folders(projects), folders_of_setups(paths)
        built = (path.rpartition("/")[0] for path in self._paths if path.endswith("/setup.py"))
        found = {"", *self._package_parents(), *self._conventional(), *configured.roots, *written.roots, *built}
        self._roots = tuple(sorted(found))
        self._named: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for module, place in (*configured.named, *written.named):
            self._named[module.partition(".")[0]].append((module, place))
        self._by_first: dict[str, tuple[str, ...]] = self._roots_by_first_name()
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file of `module` (at most one) as written in `from_path`; a namespace package has none."""
        folder = from_path.rpartition("/")[0]
        key = (module, folder)
        if key not in self._known:
            found = self._relative(module, folder) if module.startswith(".") else self._absolute(module, folder)
            self._known[key] = tuple(path for path in found if path != from_path or module.startswith("."))
        return self._known[key]

    def is_package(self, module: str, from_path: str) -> bool:
        """Whether `module` is a namespace package: a folder under a source root, without `__init__.py`."""
        tail = module.replace(".", "/")
        roots = self._by_first.get(module.partition(".")[0], ()) if not module.startswith(".") else ()
        return any((f"{root}/{tail}" if root else tail) in self._folders for root in roots) or any(
            place in self._folders for place in self._by_other_name(module, "")
        )

    def submodule(self, module: str, name: str) -> str:
        """`name` as a module inside the package `module`."""
        return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The `conftest.py` files whose fixtures a test may name: those of its folder and of the folders above it."""
        folder, _, name = from_path.rpartition("/")
        parts = folder.split("/") if folder else []
        if not name.startswith(("test", "conftest")) and not name.endswith("_test.py"):
            return ()
        places = ("/".join(parts[:length]) for length in range(len(parts), -1, -1))
        found = (f"{place}/{_FIXTURES}" if place else _FIXTURES for place in places)
        return tuple(path for path in found if path in self._paths and path != from_path)

    def companions(self, path: str) -> tuple[str, ...]:
        """A Python class is defined in one file."""
        return ()

    def _relative(self, module: str, folder: str) -> tuple[str, ...]:
        name = module.lstrip(".")
        parts = folder.split("/") if folder else []
        up = len(module) - len(name) - 1
        if up > len(parts):
            return ()
        return self._file("/".join([*parts[: len(parts) - up], *(name.split(".") if name else [])]))

    def _absolute(self, module: str, folder: str) -> tuple[str, ...]:
        first, tail = module.partition(".")[0], module.replace(".", "/")
        roots = list(self._by_first.get(first, ()))
        if f"{folder}/__init__.py" not in self._paths and folder not in roots:
            roots.append(folder)  # a script sees the modules beside it
        for place in self._by_other_name(module, folder):
            found = self._file(place)
            if found:
                return found
        for root in self._by_first.get(first + _STUBS, ()):
            stub = tail.replace(first, first + _STUBS, 1)
            found = self._file(f"{root}/{stub}" if root else stub)
            if found:
                return found
        for root in sorted(roots, key=lambda root: (-_common_length(root, folder), root)):
            found = self._file(f"{root}/{tail}" if root else tail)
            if found:
                return found
        return ()

    def _by_other_name(self, module: str, folder: str) -> Iterator[str]:
        """Where a module is whose folder bears another name: the nearest to `folder` first, then the longest name."""
        named = self._named.get(module.partition(".")[0], ())
        for name, place in sorted(named, key=lambda one: (-_common_length(one[1], folder), -len(one[0]))):
            if module == name:
                yield place
            elif module.startswith(name + "."):
                rest = module[len(name) + 1 :].replace(".", "/")
                yield f"{place}/{rest}" if place else rest

    def _file(self, base: str) -> tuple[str, ...]:
        for candidate in (
            *(f"{base}/{name}" if base else name for name in _PACKAGE_FILES),
            *(base + end for end in _SUFFIXES if base),
        ):
            if candidate in self._paths:
                return (candidate,)
        return ()

    def _package_parents(self) -> Iterator[str]:
        packages = {path.rpartition("/")[0] for path in self._paths if path.endswith(("/__init__.py", "/__init__.pyi"))}
        for package in packages:
            parent = package.rpartition("/")[0]
            if parent not in packages:
                yield parent

    def _conventional(self) -> Iterator[str]:
        for folder in self._folders:
            if folder.rpartition("/")[2] in _SOURCE_FOLDERS and f"{folder}/__init__.py" not in self._paths:
                yield folder

    def _roots_by_first_name(self) -> dict[str, tuple[str, ...]]:
        """Return the roots that directly contain a module or folder of a name."""
        found: dict[str, set[str]] = defaultdict(set)
        roots = set(self._roots)
        for path in (*self._paths, *self._folders):
            parent, _, name = path.rpartition("/")
            if parent in roots:
                found[name.partition(".")[0]].add(parent)
        return {name: tuple(sorted(where)) for name, where in found.items()}


def _folders(paths: Collection[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in seen:
            seen.add(folder)
            yield folder
            folder = folder.rpartition("/")[0]


def _common_length(root: str, folder: str) -> int:
    """Return the number of leading parts of `folder` that are those of `root`; -1 if `folder` is not under it."""
    if root and folder != root and not folder.startswith(root + "/"):
        return -1
    return root.count("/") + 1 if root else 0
