"""The import settings of tsconfig.json and jsconfig.json: `baseUrl`, `paths`, `rootDirs`, `extends`."""

from collections.abc import Iterator, Mapping
from typing import Any

from dovetail_context.languages.typescript.paths import folders_up, join, parent, with_star
from dovetail_context.workspace.manifest import ProjectText, Shapes, kept_text, read_json_with_comments

FILE_NAMES = ("tsconfig.json", "jsconfig.json")
# Settings that others extend bear other names; these are the usual ones.
BASE_NAMES = (
    "tsconfig.base.json",
    "tsconfig.common.json",
    "tsconfig.build.json",
    "tsconfig.app.json",
    "tsconfig.lib.json",
    "tsconfig.src.json",
    "tsconfig.paths.json",
    "tsconfig.options.json",
)
MAX_EXTENDS = 8  # longer chains are cycles

MAX_BASES = 16  # of one `extends`; more name nothing
_SHAPES: Shapes = {
    ("extends",): (str, list),
    ("compilerOptions", "baseUrl"): (str,),
    ("compilerOptions", "paths"): (dict,),
}


def read_settings(text: str) -> ProjectText:
    """Read a tsconfig.json or jsconfig.json."""
    return kept_text(read_json_with_comments(text), _SHAPES)


class CompilerSettings:
    """The tsconfig files of one workspace."""

    def __init__(self, projects: Mapping[str, str]) -> None:
        self._files = {
            path: read_json_with_comments(text).value
            for path, text in projects.items()
            if path.endswith(".json") and path.rpartition("/")[2].startswith(("tsconfig", "jsconfig"))
        }
        self._known: dict[str, tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]] = {}

    def places(self, module: str, folder: str) -> Iterator[str]:
        """Where a module that is not relative may be by the settings nearest to `folder`: the longest pattern first."""
        for above in folders_up(folder):
            names = [name for name in (*FILE_NAMES, *BASE_NAMES) if join(above, name) in self._files]
            for name in names:
                bases, patterns = self._of_file(join(above, name) or name)
                for pattern, targets in patterns:
                    yield from _mapped(module, pattern, targets)
                for base in bases:
                    place = join(base, module)
                    if place is not None:
                        yield place
                if bases or patterns:
                    return

    def _of_file(self, path: str) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
        """The folders of `baseUrl` and the patterns of `paths`, both with those of what is extended."""
        if path not in self._known:
            bases: list[str] = []
            patterns: dict[str, tuple[str, ...]] = {}
            for file in self._chain(path):
                options = self._files[file].get("compilerOptions")
                options = options if isinstance(options, dict) else {}
                base = options.get("baseUrl")
                folder = join(parent(file), base) if isinstance(base, str) else None
                if folder is not None and not bases:
                    bases.append(folder)
                paths = options.get("paths")
                if isinstance(paths, dict) and not patterns:
                    start = folder if folder is not None else parent(file)
                    patterns = {key: tuple(_joined(start, value)) for key, value in paths.items()}
            ordered = sorted(patterns.items(), key=lambda one: (-len(one[0].partition("*")[0]), one[0]))
            self._known[path] = (tuple(bases), tuple(ordered))
        return self._known[path]

    def _chain(self, path: str) -> Iterator[str]:
        """A file and what it extends, nearest first."""
        pending, seen = [path], set[str]()
        while pending and len(seen) < MAX_EXTENDS:
            current = pending.pop(0)
            if current in seen or current not in self._files:
                continue
            seen.add(current)
            yield current
            extended = self._files[current].get("extends")
            for each in reversed(extended[-MAX_BASES:]) if isinstance(extended, list) else [extended]:
                target = join(parent(current), each) if isinstance(each, str) and each.startswith(".") else None
                if target is not None:
                    pending.extend((target, f"{target}.json", f"{target}/tsconfig.json"))


def _joined(folder: str, targets: Any) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else []:
        place = join(folder, target) if isinstance(target, str) else None
        if place is not None:
            yield place


def _mapped(module: str, pattern: str, targets: tuple[str, ...]) -> Iterator[str]:
    start, star, end = pattern.partition("*")
    if not star:
        yield from targets if module == pattern else ()
    elif module.startswith(start) and module.endswith(end) and len(module) >= len(start) + len(end):
        middle = module[len(start) : len(module) - len(end)]
        yield from (with_star(target, middle) for target in targets)
