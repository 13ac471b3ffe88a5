"""The import settings of tsconfig.json and jsconfig.json: `baseUrl`, `paths`, `rootDirs`, `extends`."""

from collections.abc import Iterator, Mapping
from typing import Any

from dovetail_context.languages.paths import folders_up, join, parent, with_star
from dovetail_context.languages.typescript.packages import Packages
from dovetail_context.workspace.manifest import ProjectText, Shapes, kept_text, read_json_with_comments

FILE_NAMES = ("tsconfig.json", "jsconfig.json")
PATTERNS = ("tsconfig*.json", "jsconfig*.json")
SHARED_NAME = "base.json"  # what packages of shared settings call them
MAX_EXTENDS = 8  # longer chains are cycles
MAX_BASES = 16  # of one `extends`; more name nothing
MAX_REFERENCES = 64
# Other settings of a folder that apply where its tsconfig.json has none; any other comes after them.
_ORDER = ("base", "common", "build", "app", "lib", "src", "paths", "options")
_CONFIGURATION_FOLDER = "${configDir}"
_SHAPES: Shapes = {
    ("extends",): (str, list),
    ("references",): (list,),
    ("include",): (list,),
    ("compilerOptions", "baseUrl"): (str,),
    ("compilerOptions", "paths"): (dict,),
}
# The folders of `baseUrl`, and the patterns of `paths` with their targets.
_Rules = tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]


def read_settings(text: str) -> ProjectText:
    """Read a tsconfig.json or jsconfig.json."""
    return kept_text(read_json_with_comments(text), _SHAPES)


class CompilerSettings:
    """The tsconfig files of one workspace."""

    def __init__(self, projects: Mapping[str, str], packages: Packages) -> None:
        self._packages = packages
        self._files = {
            path: read_json_with_comments(text).value
            for path, text in sorted(projects.items())
            if path.endswith(".json") and path.rpartition("/")[2].startswith(("tsconfig", "jsconfig", SHARED_NAME))
        }
        self._others: dict[str, list[str]] = {}
        for path in self._files:
            if path.rpartition("/")[2] not in (*FILE_NAMES, SHARED_NAME):
                self._others.setdefault(parent(path), []).append(path)
        self._known: dict[str, _Rules] = {}

    def places(self, module: str, folder: str) -> Iterator[str]:
        """Where a module that is not relative may be by the settings nearest to `folder`: the longest pattern first.

        A tsconfig.json that has no such settings may be one of several projects: then those that it refers to apply,
        and the others beside it, first those that include `folder`.
        """
        for above in folders_up(folder):
            own = [path for name in FILE_NAMES if (path := join(above, name) or name) in self._files]
            found = next((rules for path in own if any(rules := self._of_file(path))), None)
            several = [found] if found else [self._of_file(path) for path in self._projects(above, own, folder)]
            for bases, patterns in several:
                for pattern, targets in patterns:
                    yield from _mapped(module, pattern, targets)
                for base in bases:
                    place = join(base, module)
                    if place is not None:
                        yield place
            if any(any(rules) for rules in several):
                return

    def _projects(self, above: str, own: list[str], folder: str) -> list[str]:
        """The other settings in `above` and those that its own refer to, the likeliest for `folder` first."""
        found = dict.fromkeys(self._others.get(above, ()))
        for path in own:
            references = self._files[path].get("references")
            for each in references[:MAX_REFERENCES] if isinstance(references, list) else ():
                target = each.get("path") if isinstance(each, dict) else None
                place = join(above, target) if isinstance(target, str) else None
                if place is not None and place.endswith(".json") and place in self._files:
                    found[place] = None

        def order(path: str) -> tuple[bool, int]:
            middle = path.rpartition("/")[2].split(".")[1]
            return not self._includes(path, folder), _ORDER.index(middle) if middle in _ORDER else len(_ORDER)

        return sorted(found, key=order)

    def _includes(self, path: str, folder: str) -> bool:
        """Whether the settings include files of a folder, as far as their patterns begin with folders."""
        included = self._files[path].get("include")
        for pattern in included if isinstance(included, list) else ():
            start = join(parent(path), pattern.partition("*")[0]) if isinstance(pattern, str) else None
            if start is not None and f"{folder}/".startswith(start):
                return True
        return False

    def _of_file(self, path: str) -> _Rules:
        """The folders of `baseUrl` and the patterns of `paths`, both with those of what is extended."""
        if path not in self._known:
            bases: list[str] = []
            patterns: dict[str, tuple[str, ...]] = {}
            for file in self._chain(path):
                options = self._files[file].get("compilerOptions")
                options = options if isinstance(options, dict) else {}
                base = options.get("baseUrl")
                folder = _from(path, file, base) if isinstance(base, str) else None
                if folder is not None and not bases:
                    bases.append(folder)
                paths = options.get("paths")
                if isinstance(paths, dict) and not patterns:
                    start = folder if folder is not None else parent(file)
                    patterns = {key: tuple(_joined(path, start, value)) for key, value in paths.items()}
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
                if isinstance(each, str):
                    pending.extend(self._extended(current, each))

    def _extended(self, path: str, written: str) -> tuple[str, ...]:
        """The files that an `extends` may mean: relative ones, or those of a package of the workspace."""
        if written.startswith("."):
            target = join(parent(path), written)
        else:
            folder, inside = self._packages.folder_named(written, parent(path))
            target = None if folder is None else join(folder, inside or self._packages.settings_of(folder))
        return () if target is None else (target, f"{target}.json", join(target, FILE_NAMES[0]) or FILE_NAMES[0])


def _from(configuration: str, file: str, written: str) -> str | None:
    """A path as written in `file`, which `configuration` extends and whose folder may be meant."""
    if written.startswith(_CONFIGURATION_FOLDER):
        return join(parent(configuration), written.removeprefix(_CONFIGURATION_FOLDER))
    return join(parent(file), written)


def _joined(configuration: str, folder: str, targets: Any) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else []:
        if not isinstance(target, str):
            continue
        is_own = target.startswith(_CONFIGURATION_FOLDER)
        place = _from(configuration, "", target) if is_own else join(folder, target)
        if place is not None:
            yield place


def _mapped(module: str, pattern: str, targets: tuple[str, ...]) -> Iterator[str]:
    start, star, end = pattern.partition("*")
    if not star:
        yield from targets if module == pattern else ()
    elif module.startswith(start) and module.endswith(end) and len(module) >= len(start) + len(end):
        middle = module[len(start) : len(module) - len(end)]
        yield from (with_star(target, middle) for target in targets)
