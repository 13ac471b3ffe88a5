"""Where Java's imports lead: from packages and classes to files of the workspace."""

from collections import defaultdict
from collections.abc import Mapping

from dovetail_context.languages.paths import nearest_first, parent


class JavaResolver:
    """Resolves imports among one set of files.

    Files belong to the package that they declare, regardless of their folder. So several source roots (main and test,
    modules of a build) need no configuration. Of several files for one class, the nearest to the importing file wins.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._package_of: dict[str, str] = {}
        self._members: dict[str, list[str]] = defaultdict(list)
        self._classes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in sorted(paths):
            package = paths[path][0] if paths[path] else ""
            self._package_of[path] = package
            self._members[package].append(path)
            self._classes[package, path.rpartition("/")[2].removesuffix(".java")].append(path)
        self._ambient: dict[tuple[str, str], tuple[str, ...]] = {}

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The file of a top-level class, or all files of a package, nearest to `from_path` first."""
        package, _, name = module.rpartition(".")
        found = self._classes.get((package, name)) or self._members.get(module, [])
        return tuple(path for path in nearest_first(found, parent(from_path)) if path != from_path)

    def is_package(self, module: str, from_path: str) -> bool:
        """Java names no package by itself: `java.util` alone is no value."""
        return False

    def submodule(self, module: str, name: str) -> str:
        """Java's modules have no names inside expressions."""
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """The other files of the package, the same folder first; without a package, those of the folder."""
        package, folder = self._package_of.get(from_path, ""), parent(from_path)
        key = (package, folder)
        if key not in self._ambient:
            near = nearest_first(self._members.get(package, []), folder)
            self._ambient[key] = tuple(path for path in near if package or parent(path) == folder)
        return self._ambient[key]

    def companions(self, path: str) -> tuple[str, ...]:
        """A Java class is defined in one file."""
        return ()
