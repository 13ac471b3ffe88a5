"""Dependency parsing by regular expressions (paper section 2.2): which files of the same project a file imports. Pure.

This is the seam for the product's own import graph: whatever answers `imported_files` may take its place.
"""

import posixpath
import re
import sys
from collections.abc import Iterable

from models.starter.corpus.projects import File

_PYTHON = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)"
    r"|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))",
    re.MULTILINE,
)
_SCRIPT = re.compile(
    r"""(?:^|[\s;])(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:import|require)\s*\(?\s*['"]([^'"]+)['"]""",
    re.MULTILINE,
)
_JAVA = re.compile(r"^import\s+(?:static\s+)?([\w.]+)", re.MULTILINE)
_GO = re.compile(r'^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./~-]+/[\w./~-]+)"', re.MULTILINE)
_RUST = re.compile(r"\b(?:use|mod)\s+(?:crate::|super::|self::)?([\w:]+)")
_C = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
_SCRIPT_ENDINGS = (
    "",
    ".ts",
    ".tsx",
    ".mts",
    ".js",
    ".mjs",
    ".jsx",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.mjs",
)


class ProjectPaths:
    """What a project's paths say about which file an import means."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.all = frozenset(paths)
        self.tails: dict[str, list[str]] = {}
        """`a/b/c.py` under `a/b/c`, `b/c` and `c`."""
        self.folders: dict[str, list[str]] = {}
        for path in sorted(self.all):
            self.folders.setdefault(posixpath.dirname(path), []).append(path)
            parts = posixpath.splitext(path)[0].removesuffix("/__init__").split("/")
            for start in range(len(parts)):
                self.tails.setdefault("/".join(parts[start:]), []).append(path)

    def unique(self, tail: str) -> list[str]:
        """The files with this tail, where it is no more than two: a common one (`utils`) says nothing."""
        found = self.tails.get(tail, ())
        return list(found) if len(found) <= 2 else []


def imported_files(file: File, paths: ProjectPaths) -> list[str]:
    """Paths of the project's files that `file` imports, in the order of its import statements."""
    found = list(_RESOLVERS[file.language](file, paths))
    return [path for path in dict.fromkeys(found) if path != file.path]


def _python(file: File, paths: ProjectPaths) -> Iterable[str]:
    folder = posixpath.dirname(file.path)
    package = folder.split("/") if folder else []
    for origin, names, plain in _PYTHON.findall(file.text):
        if plain:
            for module in re.split(r"[ \t]*,[ \t]*", plain):
                yield from _python_module(module.replace(".", "/"), folder, paths)
            continue
        level = len(origin) - len(origin.lstrip("."))
        inside = origin[level:].replace(".", "/")
        if level:
            base = "/".join([*package[: len(package) - level + 1], *([inside] if inside else [])])
            modules = [f"{base}/{name}" if base else name for name in re.findall(r"\w+", names)]
            endings = (".py", "/__init__.py")
            yield from (path for module in (*modules, base) for end in endings if (path := module + end) in paths.all)
        else:
            for name in re.findall(r"\w+", names):
                yield from _python_module(f"{inside}/{name}", folder, paths)
            yield from _python_module(inside, folder, paths)


def _python_module(module: str, folder: str, paths: ProjectPaths) -> Iterable[str]:
    """The file of an absolute import. A name without a package is at a source root or beside the file."""
    if "/" in module:
        return paths.unique(module)
    if module in sys.stdlib_module_names:
        return []
    roots = ("", "src", "lib", folder)
    return [
        path for path in paths.tails.get(module, ()) if posixpath.dirname(path.replace("/__init__.py", ".py")) in roots
    ]


def _script(file: File, paths: ProjectPaths) -> Iterable[str]:
    folder = posixpath.dirname(file.path)
    for origins in _SCRIPT.findall(file.text):
        origin = origins[0] or origins[1]
        if origin.startswith("."):
            base = posixpath.normpath(posixpath.join(folder, origin))
            without = re.sub(r"\.(m?js|jsx)$", "", base)  # TypeScript names the file that it becomes
            yield from (
                path
                for ending in _SCRIPT_ENDINGS
                for path in dict.fromkeys((base + ending, without + ending))
                if path in paths.all
            )


def _java(file: File, paths: ProjectPaths) -> Iterable[str]:
    for name in _JAVA.findall(file.text):
        parts = name.split(".")
        yield from paths.unique("/".join(parts)) or paths.unique("/".join(parts[:-1]))


def _go(file: File, paths: ProjectPaths) -> Iterable[str]:
    head = re.search(r"import\s*\([\s\S]*?\n\)|(?:^import[^\n]*\n)+", file.text, re.MULTILINE)
    for name in _GO.findall(head.group() if head else ""):
        parts = name.split("/")
        for start in range(len(parts)):
            if inside := paths.folders.get("/".join(parts[start:])):
                yield from sorted(path for path in inside if not path.endswith("_test.go"))
                break


def _rust(file: File, paths: ProjectPaths) -> Iterable[str]:
    for name in _RUST.findall(file.text):
        parts = [part for part in name.split("::") if part]
        for end in range(len(parts), 0, -1):
            tail = "/".join(parts[:end])
            if (
                found := paths.unique(f"src/{tail}")
                or paths.unique(f"{tail}/mod")
                or (paths.unique(tail) if end > 1 else [])
            ):
                yield from found
                break


def _c(file: File, paths: ProjectPaths) -> Iterable[str]:
    folder = posixpath.dirname(file.path)
    for name in _C.findall(file.text):
        beside = posixpath.normpath(posixpath.join(folder, name))
        if beside in paths.all:
            yield beside
        else:
            yield from (path for path in paths.tails.get(posixpath.splitext(name)[0], ()) if path.endswith(name))


_RESOLVERS = {
    "python": _python,
    "typescript": _script,
    "javascript": _script,
    "java": _java,
    "go": _go,
    "rust": _rust,
    "c": _c,
    "cpp": _c,
}
