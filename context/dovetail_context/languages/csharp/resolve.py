"""Where C#'s names lead: from namespaces to files of the workspace."""

from collections import defaultdict
from collections.abc import Mapping

# Entries in a file's `packages` beside its namespaces.
OPENS = "opens "  # a namespace that is visible in the whole project (global using)
PARTIAL = "partial "  # a class of which the file holds a part
EXTENDS = "extends"  # the file defines extension methods


class CSharpResolver:
    """Resolves names among one set of files. Namespaces have nothing to do with folders."""

    def __init__(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> None:
        self._namespaces_of: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, list[str]] = defaultdict(list)
        self._parts: dict[str, list[str]] = defaultdict(list)
        self._facts = {path: facts for path, facts in paths.items() if any(" " in fact for fact in facts)}
        self._extending: list[str] = []
        opened: dict[str, None] = {}
        for path in sorted(paths):
            facts = paths[path]
            self._namespaces_of[path] = tuple(fact for fact in facts if " " not in fact and fact != EXTENDS)
            for namespace in self._namespaces_of[path] or ("",):
                self._files[namespace].append(path)
            for fact in facts:
                if fact.startswith(OPENS):
                    opened[fact.removeprefix(OPENS)] = None
                elif fact.startswith(PARTIAL):
                    self._parts[fact].append(path)
            if EXTENDS in facts:
                self._extending.append(path)
        self._opened = tuple(opened)
        self._ambient: dict[tuple[str, ...], tuple[str, ...]] = {}

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
        namespaces = self._namespaces_of.get(from_path, ())
        if namespaces not in self._ambient:
            around = dict.fromkeys(outer for namespace in namespaces for outer in _outward(namespace))
            around.update(dict.fromkeys((*self._opened, "")))
            self._ambient[namespaces] = tuple(
                dict.fromkeys(path for namespace in around for path in self._files.get(namespace, ()))
            )
        return self._ambient[namespaces]

    def companions(self, path: str) -> tuple[str, ...]:
        """The other files of the partial classes of `path`, and all that define extension methods."""
        parts = [fact for fact in self._facts.get(path, ()) if fact.startswith(PARTIAL)]
        found = dict.fromkeys(other for part in parts for other in self._parts[part])
        found.update(dict.fromkeys(self._extending))
        found.pop(path, None)
        return tuple(found)


def _outward(namespace: str) -> list[str]:
    """A namespace and those around it, innermost first."""
    parts = namespace.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
