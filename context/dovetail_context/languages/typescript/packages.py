"""The packages of a workspace: the names, exports and private imports that their package.json files declare."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dovetail_context.languages.paths import folders_up, join, parent, with_star
from dovetail_context.languages.typescript.deno import without_version
from dovetail_context.workspace.manifest import ProjectText, Shapes, kept_text, read_json

# Fields that name a package's entry, sources before what is built from them.
_ENTRIES = ("source", "types", "typings", "module", "main")
# Conditions of `exports` whose targets are tried first; any other comes after them, in file order.
_PREFERRED = ("source", "development", "types", "import", "default", "require")
_CONVENTIONAL = ("src/index", "index", "src/main", "lib/index")
_SHAPES: Shapes = {
    ("name",): (str,),
    ("exports",): (str, dict, list),
    ("imports",): (dict,),
    ("tsconfig",): (str,),
    **{(table,): (dict,) for table in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")},
    **{(entry,): (str, list, dict, bool) for entry in _ENTRIES},
}
_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
# What a dependency is that another name, or another folder, is given for.
_RENAMED = ("workspace:", "npm:", "file:", "link:", "portal:")


def read_package(text: str) -> ProjectText:
    """Read a package.json. Of the dependencies only those are kept that bear another name than their package."""
    manifest = read_json(text)
    value = dict(manifest.value)
    for table in _DEPENDENCIES:
        entries = value.pop(table, None)
        renamed = (
            {name: target for name, target in entries.items() if _other(target)} if isinstance(entries, dict) else {}
        )
        if renamed:
            value[table] = renamed
    return kept_text(replace(manifest, value=value), _SHAPES)


class Packages:
    """The package.json files of one workspace."""

    def __init__(self, projects: Mapping[str, str], others: Mapping[str, dict[str, Any]] | None = None) -> None:
        """`others` are further manifests with a name and exports, by path."""
        self._by_folder: dict[str, dict[str, Any]] = {}
        self._by_name: dict[str, str] = {}
        read = {
            path: read_json(text).value for path, text in projects.items() if path.rpartition("/")[2] == "package.json"
        }
        for path, content in sorted({**(others or {}), **read}.items()):
            self._by_folder[parent(path)] = content
            name = content.get("name")
            if isinstance(name, str):
                self._by_name.setdefault(name, parent(path))

    def folder_of(self, path: str) -> str:
        """Return the folder of the package that contains a path."""
        return next((folder for folder in folders_up(parent(path)) if folder in self._by_folder), "")

    def own_imports(self, module: str, folder: str) -> Iterator[str]:
        """Return where `#name` may lead, according to the `imports` of the package around `folder`."""
        for above in folders_up(folder):
            if above in self._by_folder:
                yield from _places(above, _targets(self._by_folder[above].get("imports"), module))
                return

    def folder_named(self, module: str, around: str = "") -> tuple[str | None, str]:
        """The folder of the package that a module of `around` begins with, None if it is not of the workspace; and what
        follows its name."""
        parts = module.split("/")
        name = "/".join(parts[: 2 if module.startswith("@") else 1])
        inside = module[len(name) + 1 :]
        for above in folders_up(around):
            for table in _DEPENDENCIES:
                entries = self._by_folder.get(above, {}).get(table)
                target = _other(entries.get(name)) if isinstance(entries, dict) else ""
                folder = join(above, target) if target.startswith(".") else self._by_name.get(target)
                if folder is not None:
                    return folder, inside
        return self._by_name.get(name), inside

    def settings_of(self, folder: str) -> str:
        """The compiler settings that a package offers to others."""
        named = self._by_folder.get(folder, {}).get("tsconfig")
        return named if isinstance(named, str) else "tsconfig.json"

    def exported(self, module: str, around: str = "") -> Iterator[tuple[str, str]]:
        """For the package that `module` names in the folder `around`, its folder with each place that may be meant."""
        folder, inside = self.folder_named(module, around)
        if folder is None:
            return
        content = self._by_folder.get(folder, {})
        for place in _places(folder, _targets(content.get("exports"), f"./{inside}" if inside else ".")):
            yield folder, place
        if not inside:
            main = self.main_of(folder)
            if main is not None:
                yield folder, main
        for relative in (inside, f"src/{inside}", f"lib/{inside}") if inside else _CONVENTIONAL:
            conventional = join(folder, relative)
            if conventional:
                yield folder, conventional

    def main_of(self, folder: str) -> str | None:
        """The entry that a folder's package.json names, None if it has none."""
        content = self._by_folder.get(folder, {})
        entries = (content[field] for field in _ENTRIES if isinstance(content.get(field), str))
        return next(_places(folder, entries), None)


def _other(target: Any) -> str:
    """The package, or the relative folder, that a dependency stands for; "" if that is the package of its own name."""
    if not isinstance(target, str) or not target.startswith(_RENAMED):
        return ""
    kind, _, rest = target.partition(":")
    if kind in ("file", "link", "portal") or rest.startswith("."):
        return rest if rest.startswith(".") else f"./{rest}"
    name = without_version(rest)
    return name if name[:1].isalpha() or name.startswith("@") else ""


def _places(folder: str, targets: Iterator[str]) -> Iterator[str]:
    for target in targets:
        place = join(folder, target)
        if place is not None:
            yield place


def _targets(table: Any, wanted: str) -> Iterator[str]:
    """Return what a table of `exports` or `imports` maps a name to; `*` matches the same text on both sides."""
    if isinstance(table, str) or (isinstance(table, dict) and not any(key.startswith((".", "#")) for key in table)):
        table = {".": table}
    for key, target in table.items() if isinstance(table, dict) else ():
        start, star, end = key.partition("*")
        if key == wanted:
            yield from _strings(target)
        elif star and wanted.startswith(start) and wanted.endswith(end) and len(wanted) >= len(start) + len(end):
            middle = wanted[len(start) : len(wanted) - len(end)]
            yield from (with_star(each, middle) for each in _strings(target))


def _strings(target: Any) -> Iterator[str]:
    if isinstance(target, str):
        yield target
    elif isinstance(target, dict):
        known = [key for key in _PREFERRED if key in target]
        for key in (*known, *(key for key in target if key not in known)):
            yield from _strings(target[key])
    elif isinstance(target, list):
        for each in target:
            yield from _strings(each)
